package components

import (
	"context"
	"fmt"
	"strings"
	"time"

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

// addComponent is the dialog that adds a machine: its fields, the command and the token to use there, and then its arrival.
type addComponent struct {
	console *page.Console
	dialog  *kit.FormDialog
	state   *model.State

	name, brokers, backends                           *kit.FormEntry
	tags                                              *kit.PickEntry
	role, system                                      *widget.Select
	nameField, tagsField, backendsField, brokersField *kit.FormField
	several                                           severalFields
	problem                                           *kit.Notice
	make                                              *widget.Button

	request engine.TokenRequest
	allow   []string
	known   map[engine.ID]bool // components that were there before the token was made
	token   engine.ID

	secret  *widget.Label // empty once the dialog is closed
	expires time.Time
	expiry  *widget.Label
	arrival *kit.Notice
	phase   arrivalPhase
	stage   *fyne.Container
	closing *widget.Button
	another *widget.Button // makes another token; once this one was used, for another machine
}

// arrivalPhase is the progress of a machine that joins.
type arrivalPhase int

const (
	arrivalNone   arrivalPhase = iota // no token yet
	arrivalWait                       // the token is shown
	arrivalJoined                     // the component is in the record, and has not attached
	arrivalOnline                     // it is attached
	arrivalLate                       // the token has expired, and nobody came
)

const (
	systemLinux   = "Linux"
	systemWindows = "Windows"
	// anotherComponent is the title of the button for another token, once the machine is there.
	anotherComponent = "Add another component"
)

func showAddComponent(c *page.Console, state *model.State) *addComponent {
	a := &addComponent{console: c, state: state}
	a.dialog = kit.ShowForm(c.Window, "Add a component", fyne.NewSize(680, 600), a.forget)
	a.askFields()
	return a
}

// forget removes the token from the window.
func (a *addComponent) forget() {
	if a.secret != nil {
		a.secret.SetText("")
	}
	a.phase = arrivalNone
}

func (a *addComponent) askFields() {
	d := a.dialog
	changed := func(string) { a.check() }
	a.name = d.Entry("", "fileserver", changed)
	a.tags = d.PickEntry("", "branch, linux", func() []kit.Option { return page.TagOptions(a.state) }, changed)
	a.brokers = d.Entry(strings.Join(a.state.Installation.Addresses, ", "), "broker.example.org:"+model.BrokerPort, changed)
	a.backends = d.Entry("", "127.0.0.1:8000", changed)
	a.backends.MultiLine = true
	a.backends.SetMinRowsVisible(2)
	var roles []string
	for _, role := range engine.Roles {
		roles = append(roles, string(role))
	}
	a.role = widget.NewSelect(roles, changed)
	a.role.Selected = string(engine.Agent)
	a.system = widget.NewSelect([]string{systemLinux, systemWindows}, changed)
	a.system.Selected = systemLinux
	a.nameField = kit.NewFormField("Name", a.name, "what rules, routes and tables call the machine; for several machines a pattern with one *, such as branch-*")
	a.tagsField = kit.NewFormField("Tags", a.tags.WithPlus(), "optional; rules and routes can name all machines that carry a tag")
	a.backendsField = kit.NewFormField("Backends to offer", a.backends, "optional; HOST:PORT or NETWORK:PORTS that routes may reach through this machine, one a line. A machine that only sends backups needs none.")
	a.brokersField = kit.NewFormField("Broker", a.brokers, "where that machine reaches this broker, as HOST:PORT")
	a.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	a.problem.Hide()
	a.make = widget.NewButton("Make the token", a.submit)
	a.make.Importance = widget.HighImportance
	forWhom := a.several.ask(d, a.check)
	d.Set(container.NewVBox(
		kit.Wrapped("A component is a machine that runs the agent: where backups come from, or where they go."),
		d.Rows(kit.NewFormRow("For", forWhom), a.nameField, a.several.usesField, a.several.validField, kit.NewFormField("Role", a.role, "what the machine does in the backup infrastructure"), a.tagsField, a.backendsField,
			kit.NewFormRow("System", a.system), a.brokersField),
		a.problem), widget.NewButton("Cancel", d.Close), a.make)
	a.check()
	a.console.Window.Canvas().Focus(a.name)
}

// check shows beside the fields what is wrong with them.
func (a *addComponent) check() {
	tags, tagsErr := model.ParseTags(a.tags.Text)
	allow, backendsErr := model.ParseBackends(a.backends.Text)
	brokers, brokersErr := model.ParseBrokers(a.brokers.Text)
	nameErr := engine.CheckComponentName(a.name.Text)
	for i := range a.state.Components {
		if engine.SameName(a.state.Components[i].Name, a.name.Text) {
			nameErr = engine.ErrNameTaken
		}
	}
	a.request = engine.TokenRequest{Kind: engine.JoinComponent, Name: a.name.Text, Role: engine.Role(a.role.Selected), Tags: tags, Addresses: brokers}
	severalErr := error(nil)
	if a.several.on() {
		nameErr, severalErr = a.several.check(&a.request)
	}
	a.allow = allow
	shown := nameErr
	if a.name.Text == "" {
		shown = nil // nothing has been typed yet
	}
	a.nameField.SetError(shown)
	a.tagsField.SetError(tagsErr)
	a.backendsField.SetError(backendsErr)
	a.brokersField.SetError(brokersErr)
	if nameErr == nil && severalErr == nil && tagsErr == nil && backendsErr == nil && brokersErr == nil {
		a.make.Enable()
	} else {
		a.make.Disable()
	}
}

func (a *addComponent) submit() {
	a.make.Disable()
	a.known = map[engine.ID]bool{}
	for i := range a.state.Components {
		a.known[a.state.Components[i].ID] = true
	}
	request := a.request
	kit.Fetch(a.console.Background, func(ctx context.Context) (engine.Token, error) { return a.console.Admin.NewToken(ctx, request) }, func(token engine.Token, err error) {
		switch {
		case a.dialog.Done: // closed meanwhile; the token is dropped
		case err != nil && a.phase != arrivalNone: // the fields are not shown any more
			kit.ShowError(a.console.Window, "No other token was made", err)
		case err != nil:
			a.make.Enable()
			if text.FieldOf(err) == "name" {
				a.nameField.SetError(err)
			}
			a.problem.SetText("No token was made: " + err.Error())
			a.problem.Show()
			a.dialog.Grow()
		case request.Uses > 0:
			a.showSeveral(token)
		default:
			a.showToken(token)
		}
	})
}

// showToken is the second step: what to run, what to paste, and whether the machine has come.
func (a *addComponent) showToken(token engine.Token) {
	windows := a.system.Selected == systemWindows
	where := "In a terminal on " + a.request.Name + ":"
	if windows {
		where = "In a prompt that was started as administrator, on " + a.request.Name + ":"
	}
	command := kit.Copyable(kit.Monospaced(model.JoinCommand(windows, a.allow)))
	a.secret = kit.Monospaced(token.Secret)
	secret := kit.Copyable(a.secret)
	a.expires = token.Expires
	a.expiry = widget.NewLabel("")
	a.expiry.Wrapping = fyne.TextWrapWord
	a.expiry.Importance = widget.LowImportance
	a.phase = arrivalWait
	a.stage = container.NewStack()

	rows := container.NewVBox()
	step := 1
	numbered := func(text string) *widget.Label {
		label := kit.Wrapped(fmt.Sprintf("%d.  %s", step, text))
		label.TextStyle.Bold = true
		step++
		return label
	}
	if saves := a.saveButtons(windows); saves != nil {
		rows.Add(numbered("Bring the agent there, as a package or as this file:"))
		rows.Add(saves)
	}
	rows.Add(numbered(where))
	rows.Add(command)
	rows.Add(numbered("It asks for this token:"))
	rows.Add(secret)
	rows.Add(a.expiry)
	rows.Add(numbered("Wait until it is here:"))
	rows.Add(a.stage)
	a.dialog.Heading.SetText("Add component " + a.request.Name)
	a.closing = widget.NewButton("Close", a.dialog.Close)
	a.another = widget.NewButton("Make another token", a.submit)
	a.dialog.Set(rows, a.another, a.closing)
	a.show(arrivalWait, nil)
	a.update(a.state)
}

// saveButtons offers the agents in the console's folder; nil if there are none.
func (a *addComponent) saveButtons(windows bool) fyne.CanvasObject {
	if a.console.AgentBuilds == nil {
		return nil
	}
	buttons := container.NewHBox()
	for _, build := range a.console.AgentBuilds() {
		if (build.OS == "windows") != windows {
			continue
		}
		words := build.OS + "/" + build.Arch
		var button *widget.Button
		button = widget.NewButtonWithIcon("Save the agent for "+words+"…", theme.DocumentSaveIcon(), func() { saveAgent(a.console, build, button) })
		buttons.Add(button)
	}
	if len(buttons.Objects) == 0 {
		return nil
	}
	return container.NewHScroll(buttons)
}

// update checks a new state for the machine.
func (a *addComponent) update(state *model.State) {
	a.state = state
	if a.phase == arrivalNone {
		return
	}
	if a.request.Uses > 0 {
		a.updateSeveral()
		return
	}
	a.showExpiry(state.When)
	for i := range state.Components {
		c := &state.Components[i]
		if a.known[c.ID] || !engine.SameName(c.Name, a.request.Name) {
			continue
		}
		if c.Online && c.Problem == "" {
			a.show(arrivalOnline, c)
		} else {
			a.show(arrivalJoined, c)
		}
		return
	}
	if !state.When.IsZero() && state.When.After(a.expires) {
		a.show(arrivalLate, nil)
		return
	}
	a.show(arrivalWait, nil)
}

func (a *addComponent) showExpiry(now time.Time) {
	words := "It lets one machine in, once, until " + text.Time(a.expires) + "."
	importance := widget.LowImportance
	switch left := a.expires.Sub(now); {
	case a.phase == arrivalJoined || a.phase == arrivalOnline:
		words = "It has been used and lets no other machine in."
	case now.IsZero():
	case left <= 0:
		words, importance = "It expired at "+text.Time(a.expires)+". Make another one.", widget.DangerImportance
	default:
		words += fmt.Sprintf(" That is in %d min.", max(1, int((left+30*time.Second)/time.Minute)))
	}
	if a.expiry.Text != words {
		a.expiry.Importance = importance
		a.expiry.SetText(words)
	}
}

// show shows the machine's progress, and what to check if it does not arrive.
func (a *addComponent) show(phase arrivalPhase, machine *engine.ComponentStatus) {
	problem := ""
	if machine != nil && phase != arrivalOnline {
		problem = machine.Problem
	}
	var icon fyne.Resource
	color, text := kit.ColorMuted, ""
	switch phase {
	case arrivalWait:
		icon = theme.HistoryIcon()
		text = "Not here yet. If the command says that it does not reach the broker: the broker's TCP port must be open for that machine, at " + strings.Join(a.request.Addresses, " or ") + "."
	case arrivalJoined:
		icon, color = theme.WarningIcon(), kit.ColorPlain
		text = "Joined, but not ready: the machine has its certificate, and its agent has not attached. Check that the service runs there (lockwire-agent status) and still reaches the broker at " + strings.Join(a.request.Addresses, " or ") + "."
		if problem != "" {
			text = "Joined, but not ready: " + problem + ". Check that the agent runs there (lockwire-agent status), and that its " + model.DataPortOf(machine) + " is open in its firewall for the machines that send backups to it."
		}
	case arrivalOnline:
		icon, color = theme.ConfirmIcon(), kit.ColorSealed
		text = "Online: " + a.request.Name + " is here. If other machines send backups to it, its " + model.DataPortOf(machine) + " must be open for them; the test of a route shows it."
	case arrivalLate:
		icon, color = theme.ErrorIcon(), kit.ColorRefused
		text = "Nobody came before the token expired. Make another one."
	}
	if a.arrival == nil || a.arrival.Color != color || phase != a.phase || len(a.stage.Objects) == 0 {
		a.arrival = kit.NewNotice(icon, color, text)
		a.stage.Objects = []fyne.CanvasObject{a.arrival}
		a.stage.Refresh()
	}
	a.arrival.SetText(text)
	if used := phase == arrivalJoined || phase == arrivalOnline; used && a.another.Text != anotherComponent {
		a.another.OnTapped = func() {
			a.forget()
			a.dialog.Heading.SetText("Add a component")
			a.askFields()
		}
		a.another.SetText(anotherComponent)
	}
	if phase == arrivalOnline && a.phase != arrivalOnline {
		a.secret.SetText("")
		a.closing.Importance = widget.HighImportance
		a.closing.Refresh()
		a.dialog.OnEnter = a.dialog.Close
	}
	a.phase = phase
}
