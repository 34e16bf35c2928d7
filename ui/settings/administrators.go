package settings

import (
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// administratorList shows who reaches the broker from elsewhere. It is asked for again when something was changed.
type administratorList struct {
	page     *view
	content  *fyne.Container
	asked    bool
	revision uint64
	may      bool
	shown    []engine.Administrator
}

func newAdministratorList(p *view) *administratorList {
	return &administratorList{page: p, content: container.NewVBox(kit.Wrapped("Reading…"))}
}

func (l *administratorList) update(state *model.State) {
	if may := state.MayChange(); may != l.may {
		l.may = may
		if l.shown != nil {
			l.show(l.shown)
		}
	}
	if l.asked && l.revision == state.Revision {
		return
	}
	l.asked, l.revision = true, state.Revision
	l.ask()
}

func (l *administratorList) ask() {
	listAdministrators(l.page.console, func(administrators []engine.Administrator, err error) {
		if err != nil {
			l.content.Objects = []fyne.CanvasObject{kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "The administrators could not be read: "+err.Error()), container.NewHBox(widget.NewButton("Try again", l.ask))}
			l.content.Refresh()
			return
		}
		if l.shown == nil || !slices.Equal(l.shown, administrators) {
			l.show(append([]engine.Administrator{}, administrators...))
		}
	})
}

func (l *administratorList) show(administrators []engine.Administrator) {
	l.shown = administrators
	if len(administrators) == 0 {
		l.content.Objects = []fyne.CanvasObject{kit.Muted("There are none yet.")}
		l.content.Refresh()
		return
	}
	table := container.New(layout.NewGridLayoutWithColumns(5))
	for _, title := range []string{"Name", "May", "Certificate until", "State", ""} {
		table.Add(widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true}))
	}
	now := time.Time{}
	if l.page.state != nil {
		now = l.page.state.When
	}
	for _, a := range administrators {
		name := widget.NewLabel(a.Name)
		name.Truncation = fyne.TextTruncateEllipsis
		state := widget.NewLabel("in use")
		var action fyne.CanvasObject = layout.NewSpacer()
		switch {
		case !a.Revoked.IsZero():
			state.SetText("revoked " + text.Day(a.Revoked))
			state.Importance = widget.DangerImportance
		case a.CertificateExpires.Before(now):
			state.SetText("certificate ended")
			state.Importance = widget.WarningImportance
			fallthrough
		default:
			if l.may {
				action = container.NewHBox(widget.NewButton("Revoke…", func() { l.revoke(a) }))
			}
		}
		for _, o := range []fyne.CanvasObject{name, widget.NewLabel(string(a.Role)), widget.NewLabel(text.Day(a.CertificateExpires)), state, action} {
			table.Add(o)
		}
	}
	l.content.Objects = []fyne.CanvasObject{table}
	l.content.Refresh()
}

func (l *administratorList) revoke(a engine.Administrator) {
	c := l.page.console
	kit.Confirm(c.Window, "Revoke administrator "+a.Name+"?", kit.Wrapped("Access ends at once and cannot be given back to this certificate. A new token lets the same person in again."), "Revoke", func() {
		c.Background(func(ctx context.Context) error { return c.Admin.RevokeAdministrator(ctx, a.ID) }, func(err error) {
			if err != nil {
				kit.ShowError(c.Window, "Administrator "+a.Name+" was not revoked", err)
				return
			}
			c.Refresh()
			c.Tell("Administrator " + a.Name + " revoked")
			l.ask()
		})
	})
}

// addAdministrator is the dialog that makes a token for an administrator elsewhere.
type addAdministrator struct {
	console       *page.Console
	dialog        *kit.FormDialog
	name, brokers *kit.FormEntry
	role          *widget.Select
	nameField     *kit.FormField
	brokersField  *kit.FormField
	problem       *kit.Notice
	make          *widget.Button
	secret        *widget.Label
}

var administratorRoles = []struct {
	words string
	role  engine.AdministratorRole
}{{"view: sees everything, changes nothing", engine.MayView}, {"change: sees and changes everything", engine.MayChange}}

func (p *view) add() { showAddAdministrator(p.console, p.state) }

func showAddAdministrator(c *page.Console, state *model.State) *addAdministrator {
	a := &addAdministrator{console: c}
	a.dialog = kit.ShowForm(c.Window, "Add an administrator", fyne.NewSize(620, 440), func() {
		if a.secret != nil {
			a.secret.SetText("")
		}
	})
	changed := func(string) { a.check() }
	a.name = a.dialog.Entry("", "anna", changed)
	a.brokers = a.dialog.Entry(strings.Join(state.Installation.Addresses, ", "), "broker.example.org:"+model.BrokerPort, changed)
	a.role = widget.NewSelect([]string{administratorRoles[0].words, administratorRoles[1].words}, nil)
	a.role.Selected = administratorRoles[0].words
	a.nameField = kit.NewFormField("Name", a.name, "stands in Activity beside what this person does")
	a.brokersField = kit.NewFormField("Broker", a.brokers, "where that person's machine reaches this broker, as HOST:PORT")
	a.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	a.problem.Hide()
	a.make = widget.NewButton("Make the token", a.submit)
	a.make.Importance = widget.HighImportance
	a.dialog.Set(container.NewVBox(kit.Wrapped("An administrator elsewhere reaches this broker with a console or with lockwired, and a certificate that this token brings."),
		a.dialog.Rows(a.nameField, kit.NewFormRow("May", a.role), a.brokersField), a.problem), widget.NewButton("Cancel", a.dialog.Close), a.make)
	a.check()
	c.Window.Canvas().Focus(a.name)
	return a
}

func (a *addAdministrator) check() {
	nameErr := engine.CheckName(a.name.Text)
	_, brokersErr := model.ParseBrokers(a.brokers.Text)
	a.brokersField.SetError(brokersErr)
	if a.name.Text == "" {
		a.nameField.SetError(nil)
	} else {
		a.nameField.SetError(nameErr)
	}
	if nameErr == nil && brokersErr == nil {
		a.make.Enable()
	} else {
		a.make.Disable()
	}
}

func (a *addAdministrator) submit() {
	brokers, err := model.ParseBrokers(a.brokers.Text)
	if err != nil {
		return
	}
	request := engine.TokenRequest{Kind: engine.JoinAdministrator, Name: a.name.Text, Addresses: brokers, Administrator: engine.MayView}
	for _, role := range administratorRoles {
		if role.words == a.role.Selected {
			request.Administrator = role.role
		}
	}
	a.make.Disable()
	kit.Fetch(a.console.Background, func(ctx context.Context) (engine.Token, error) { return a.console.Admin.NewToken(ctx, request) }, func(token engine.Token, err error) {
		switch {
		case a.dialog.Done:
		case err != nil:
			a.make.Enable()
			if text.FieldOf(err) == "name" {
				a.nameField.SetError(err)
			}
			a.problem.SetText("No token was made: " + err.Error())
			a.problem.Show()
		default:
			a.showToken(request, token)
		}
	})
}

func (a *addAdministrator) showToken(request engine.TokenRequest, token engine.Token) {
	a.secret = kit.Monospaced(token.Secret)
	secret := kit.Copyable(a.secret)
	address := kit.Copyable(kit.Monospaced(request.Addresses[0]))
	closing := widget.NewButton("Close", a.dialog.Close)
	closing.Importance = widget.HighImportance
	a.dialog.Heading.SetText("Token for administrator " + request.Name)
	a.dialog.Set(container.NewVBox(
		kit.Wrapped("Give these to "+request.Name+", the token over a way that nobody else reads. The console there asks for both under Attach to a broker."),
		kit.Section("Address of the broker"), address,
		kit.Section("Token"), secret,
		kit.Muted("It lets one administrator in, once, until "+text.Time(token.Expires)+". It is shown only here and only now."),
	), closing)
}
