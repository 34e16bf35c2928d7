package tenants

import (
	"context"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
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
	kit.Confirm(p.console.Window, "Disable tenant "+t.Name+"?", kit.Wrapped(ends(t)+" It can begin none until it is enabled again. Nothing is forgotten, and what it has stored stays."), "Disable", turn)
}

// ends says what an order does to the live sessions of a tenant.
func ends(t *engine.TenantStatus) string {
	if t.Sessions == 0 {
		return "It has no live session now."
	}
	return text.Count(t.Sessions, "live session is", "live sessions are") + " cut within 5 seconds."
}

// remove ends the selected tenant for good, after saying what stays.
func (p *view) remove() {
	t := p.editable()
	if t == nil {
		return
	}
	id, name := t.ID, t.Name
	kit.Confirm(p.console.Window, "Remove tenant "+name+"?", kit.Wrapped(ends(t)+" Its key and those of its components count no more: to bring it back it needs a new link.\n\n"+
		"What it has stored stays where it is, as do receipts and activity: delete it in the repositories if it is to go."), "Remove", func() {
		p.do("Tenant "+name+" was not removed", "Tenant "+name+" removed", func(ctx context.Context) error { return p.console.Admin.RemoveTenant(ctx, id) })
	})
}
