package tenants

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// confirmation is the dialog in which a fingerprint is typed as it was read out.
type confirmation struct {
	console *page.Console
	dialog  *kit.FormDialog
	tenant  engine.Tenant

	typed   *kit.FormEntry
	field   *kit.FormField
	problem *kit.Notice
	confirm *widget.Button
}

func (p *view) confirm() {
	if t := p.editable(); t != nil && t.State == engine.TenantPending {
		showConfirmation(p.console, t.Tenant)
	}
}

func showConfirmation(c *page.Console, tenant engine.Tenant) *confirmation {
	f := &confirmation{console: c, tenant: tenant}
	f.dialog = kit.ShowForm(c.Window, "Confirm tenant "+tenant.Name, fyne.NewSize(640, 320), nil)
	f.typed = f.dialog.Entry("", "64 digits, as they are read out", func(string) { f.check() })
	f.typed.TextStyle.Monospace = true
	f.typed.MultiLine, f.typed.Wrapping, f.typed.Scroll = true, fyne.TextWrapBreak, fyne.ScrollNone
	f.typed.SetMinRowsVisible(2)
	f.field = kit.NewFormField("Fingerprint", f.typed, "spaces and capital letters make no difference")
	f.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	f.problem.Hide()
	f.confirm = widget.NewButton("Confirm", f.submit)
	f.confirm.Importance = widget.HighImportance
	f.dialog.Set(container.NewVBox(
		kit.Wrapped("Call the customer at a telephone number that you know, and type the fingerprint that is read out to you. It belongs to the key of the customer's broker. If it differs from the key that redeemed the link, somebody else was quicker."),
		f.dialog.Rows(f.field), f.problem), widget.NewButton("Cancel", f.dialog.Close), f.confirm)
	f.check()
	c.Window.Canvas().Focus(f.typed)
	return f
}

func (f *confirmation) check() {
	_, err := engine.ParseFingerprint(f.typed.Text)
	f.problem.Hide()
	if err == nil {
		f.confirm.Enable()
	} else {
		f.confirm.Disable()
	}
}

func (f *confirmation) submit() {
	key, err := engine.ParseFingerprint(f.typed.Text)
	if err != nil {
		return
	}
	f.confirm.Disable()
	f.console.Background(func(ctx context.Context) error { return f.console.Admin.ConfirmTenant(ctx, f.tenant.ID, key) }, func(err error) {
		if err == nil {
			f.dialog.Close()
			f.console.Refresh()
			f.console.Tell("Tenant " + f.tenant.Name + " confirmed")
			return
		}
		f.confirm.Enable()
		if text.FieldOf(err) == "fingerprint" {
			err = errors.New("this is not the fingerprint of the key that redeemed the link. A digit was misread, or somebody else has redeemed it. Have it read out again; if it still differs, make a new link that replaces this key")
		}
		f.problem.SetText("Not confirmed: " + err.Error() + ".")
		f.problem.Show()
	})
}
