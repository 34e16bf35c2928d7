package tenants

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
)

// do changes something of a tenant in the background, and tells so, or says what was not done where it fails.
func (p *view) do(failed, told string, work func(context.Context) error) {
	p.console.Background(work, func(err error) {
		if err != nil {
			kit.ShowError(p.console.Window, failed, err)
			return
		}
		p.console.Refresh()
		p.console.Tell(told)
	})
}

// turnTenant disables the selected tenant, after saying what that cuts, or enables it.
func (p *view) turnTenant() {
	t := p.editable()
	if t == nil {
		return
	}
	tenant := t.Tenant
	tenant.Disabled = !t.Disabled
	turn := func() {
		p.do("Tenant "+tenant.Name+" was not changed", "Tenant "+tenant.Name+map[bool]string{true: " disabled", false: " enabled"}[tenant.Disabled], func(ctx context.Context) error {
			_, err := p.console.Admin.PutTenant(ctx, tenant)
			return err
		})
	}
	if t.Disabled {
		turn()
		return
	}
	kit.Confirm(p.console.Window, "Disable tenant "+t.Name+"?", p.ends(t, &tenant, "It can begin no session until it is enabled again. Nothing is forgotten, and what it has stored stays."), "Disable", turn)
}

// ends lists the live sessions of a tenant that an order ends, and says what else it does; after is nil where it is removed.
func (p *view) ends(t *engine.TenantStatus, after *engine.Tenant, words string) fyne.CanvasObject {
	rows := container.NewVBox(page.EndingSessions(t.Ending(after, p.State.Sessions, nil, p.State.When, p.State.Rules.Settings.Location()))...)
	if len(rows.Objects) == 0 {
		words = "It has no live session now. " + words
	}
	rows.Add(kit.Wrapped(words))
	return rows
}

// remove ends the selected tenant for good, after saying what stays.
func (p *view) remove() {
	t := p.editable()
	if t == nil {
		return
	}
	id, name := t.ID, t.Name
	kit.Confirm(p.console.Window, "Remove tenant "+name+"?", p.ends(t, nil, "Its key and those of its components are no longer valid: to bring it back, make a new link.\n\n"+
		"What it has stored stays where it is, as do receipts and activity: delete it in the repositories if it is to go."), "Remove", func() {
		p.do("Tenant "+name+" was not removed", "Tenant "+name+" removed", func(ctx context.Context) error { return p.console.Admin.RemoveTenant(ctx, id) })
	})
}
