package providers

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// addProvider is the dialog that redeems a link, and then shows the two fingerprints to compare.
type addProvider struct {
	console *page.Console
	dialog  *kit.FormDialog
	done    func(engine.ID)

	name, link           *kit.FormEntry // the link is never shown: its letters are dots
	nameField, linkField *kit.FormField
	busy                 *widget.Label
	problem              *kit.Notice
	add                  *widget.Button
}

func (p *view) addProvider() {
	if p.State != nil && p.State.MayChange() {
		showAdd(p.console, p.Choose)
	}
}

func showAdd(c *page.Console, done func(engine.ID)) *addProvider {
	a := &addProvider{console: c, done: done}
	a.dialog = kit.ShowForm(c.Window, "Add a service provider", fyne.NewSize(750, 400), a.forget)
	changed := func(string) { a.check() }
	a.name = a.dialog.Entry("", "cloud", changed)
	a.link = a.dialog.Entry("", "paste the link", changed)
	a.link.Password = true
	a.link.ActionItem = layout.NewSpacer() // instead of the button that would show the link
	a.nameField = kit.NewFormField("Name", a.name, "what you call it; to link with a provider again, give the name that it has here")
	a.linkField = kit.NewFormField("Link", a.link, "that the provider's administrator made for you; it can be used once")
	a.busy = kit.Muted("Asking the provider…")
	a.busy.Hide()
	a.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	a.problem.Hide()
	a.add = widget.NewButton("Add provider", a.submit)
	a.add.Importance = widget.HighImportance
	a.dialog.Set(container.NewVBox(kit.Wrapped("Your broker connects to the gateway that is named in the link; no port has to be opened here. What goes there is always encrypted."),
		a.dialog.Rows(a.nameField, a.linkField), a.busy, a.problem), widget.NewButton("Cancel", a.dialog.Close), a.add)
	a.check()
	c.Window.Canvas().Focus(a.name)
	return a
}

// forget removes the link from the window.
func (a *addProvider) forget() { a.link.SetText("") }

func (a *addProvider) check() {
	err := engine.CheckName(a.name.Text)
	if a.name.Text == "" {
		a.nameField.SetError(nil) // nothing has been typed yet
	} else {
		a.nameField.SetError(err)
	}
	a.linkField.SetError(nil)
	if err == nil && strings.TrimSpace(a.link.Text) != "" {
		a.add.Enable()
	} else {
		a.add.Disable()
	}
}

func (a *addProvider) submit() {
	link := engine.ProviderLink{Name: a.name.Text, Link: strings.TrimSpace(a.link.Text)}
	a.add.Disable()
	a.problem.Hide()
	a.busy.Show()
	kit.Fetch(a.console.Background, func(ctx context.Context) (engine.ProviderStatus, error) {
		return a.console.Admin.AddProvider(ctx, link)
	}, func(added engine.ProviderStatus, err error) {
		if err == nil {
			a.console.Refresh()
			a.done(added.ID)
		}
		switch {
		case a.dialog.Done && err != nil:
			kit.ShowError(a.console.Window, "Provider "+link.Name+" was not added", err)
		case a.dialog.Done: // closed meanwhile; the page shows the provider and its fingerprints
		case err != nil:
			a.busy.Hide()
			a.add.Enable()
			switch text.FieldOf(err) {
			case "name":
				a.nameField.SetError(err)
			case "link":
				a.linkField.SetError(err)
			}
			a.problem.SetText("The provider was not added: " + err.Error())
			a.problem.Show()
		default:
			a.forget()
			a.show(added)
		}
	})
}

// show is the second step: what to compare by telephone.
func (a *addProvider) show(added engine.ProviderStatus) {
	closing := widget.NewButton("Close", a.dialog.Close)
	closing.Importance = widget.HighImportance
	a.dialog.Heading.SetText("Compare two fingerprints with " + added.Name)
	a.dialog.Set(container.NewVBox(
		kit.Wrapped("Call the provider's administrator and read this one out. It is the fingerprint of this broker's key:"),
		kit.Copyable(kit.Monospaced(fingerprint(added.Key))),
		kit.Wrapped("Have this one read out to you. It is the fingerprint of the provider's authority. If you hear something else, remove the provider again:"),
		kit.Copyable(kit.Monospaced(fingerprint(added.CAPin))),
		kit.Muted("Both stay on this page. The provider is pending until its administrator has confirmed what you read out; then add a route that leads to one of its services."),
	), closing)
}
