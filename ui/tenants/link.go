package tenants

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// newLink is the dialog that makes a tenant's link and shows it, once.
type newLink struct {
	console *page.Console
	dialog  *kit.FormDialog
	tenant  engine.Tenant

	gateways      *kit.FormEntry
	gatewaysField *kit.FormField
	replace       *widget.Check
	problem       *kit.Notice
	make          *widget.Button
	secret        *widget.Label // nil before there is a link, empty once the dialog is closed
}

func (p *view) link() {
	if t := p.editable(); t != nil {
		showLink(p.console, t.Tenant)
	}
}

func showLink(c *page.Console, tenant engine.Tenant) *newLink {
	l := &newLink{console: c, tenant: tenant}
	l.dialog = kit.ShowForm(c.Window, "Make a link for "+tenant.Name, fyne.NewSize(640, 400), func() {
		if l.secret != nil {
			l.secret.SetText("")
		}
	})
	l.gateways = l.dialog.Entry("", "those that were given last", func(string) { l.check() })
	l.gatewaysField = kit.NewFormField("Gateways", l.gateways, "where the tenant reaches them, such as gateway.example.org:6180")
	l.replace = widget.NewCheck("Replace the key that it has", func(bool) { l.check() })
	l.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	l.problem.Hide()
	l.make = widget.NewButton("Make the link", l.submit)
	l.make.Importance = widget.HighImportance
	rows := container.NewVBox(kit.Wrapped("With the link the customer's broker becomes known here. A link that was made before for this tenant is no longer valid."), l.dialog.Rows(l.gatewaysField))
	if l.linked() {
		rows.Add(l.replace)
		rows.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "This tenant has a key already. Once the new link is redeemed, that key and those of its components are no longer valid, all that runs is cut, and the new fingerprint has to be confirmed."))
	}
	rows.Add(l.problem)
	l.dialog.Set(rows, widget.NewButton("Cancel", l.dialog.Close), l.make)
	l.check()
	c.Window.Canvas().Focus(l.gateways)
	return l
}

// linked tells whether the tenant has a key that a link would replace.
func (l *newLink) linked() bool { return l.tenant.Key != engine.KeyID{} }

// read gives the gateways; none where the field is empty.
func (l *newLink) read() ([]string, error) {
	if strings.TrimSpace(l.gateways.Text) == "" {
		return nil, nil
	}
	return model.ParseBrokers(l.gateways.Text)
}

func (l *newLink) check() {
	_, err := l.read()
	l.gatewaysField.SetError(err)
	if err == nil && (!l.linked() || l.replace.Checked) {
		l.make.Enable()
	} else {
		l.make.Disable()
	}
}

func (l *newLink) submit() {
	gateways, err := l.read()
	if err != nil {
		return
	}
	request := engine.LinkRequest{Tenant: l.tenant.ID, Gateways: gateways, Replace: l.replace.Checked}
	l.make.Disable()
	kit.Fetch(l.console.Background, func(ctx context.Context) (engine.TenantLink, error) { return l.console.Admin.LinkTenant(ctx, request) }, func(link engine.TenantLink, err error) {
		switch {
		case l.dialog.Done: // closed meanwhile; the link is dropped
		case text.FieldOf(err) == "gateways" && len(gateways) == 0:
			l.make.Enable()
			l.gatewaysField.SetError(errors.New("none was given yet: write where the tenant reaches a gateway, as HOST:PORT"))
		case err != nil:
			l.make.Enable()
			l.problem.SetText("No link was made: " + err.Error())
			l.problem.Show()
		default:
			l.console.Refresh()
			l.show(link)
		}
	})
}

// show is the second step: the link, and what it is good for.
func (l *newLink) show(link engine.TenantLink) {
	l.secret = kit.Monospaced(link.Text)
	closing := widget.NewButton("Close", l.dialog.Close)
	closing.Importance = widget.HighImportance
	l.dialog.Heading.SetText("Link for " + l.tenant.Name)
	l.dialog.Set(container.NewVBox(
		kit.Wrapped("Give this link to the customer's administrator, who pastes it in the console there (Providers, Add service provider) or at lockwired providers add:"),
		kit.Copyable(l.secret),
		kit.Wrapped("The customer then sees a fingerprint. Have it read out over a telephone number that you know, and confirm it here: until then whoever has redeemed the link can do nothing."),
		kit.Muted("It can be redeemed once, until "+text.Time(link.Expires)+". It is shown only here and only now."),
	), closing)
}
