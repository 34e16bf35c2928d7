package overview

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// firstStep is one of what has to be done before backups go over Lockwire.
type firstStep struct {
	words  string
	done   bool
	action string // on its button; empty where there is nothing to press yet
	do     func()
}

// firstSteps lists them until all are done, or until somebody does not want to see them any more. Neither comes back.
type firstSteps struct {
	content *fyne.Container
	console *page.Console
	changed func() // is called when it has another height
	key     string // of what is shown
}

func newFirstSteps(c *page.Console, changed func()) *firstSteps {
	s := &firstSteps{console: c, changed: changed, content: container.NewVBox()}
	s.content.Hide()
	return s
}

// passed is the preference that says that an installation needs the list no more.
func passed(state *model.State) string { return "first-steps.passed." + string(state.Installation.ID) }

// update shows the steps. Backup tells whether a backup has gone over Lockwire; known, whether that is known yet.
func (s *firstSteps) update(state *model.State, backup, known bool) {
	if !known || !state.MayChange() || s.console.Preferences.Bool(passed(state)) {
		s.hide()
		return
	}
	steps := stepsOf(s.console, state, backup)
	if !slices.ContainsFunc(steps, func(step firstStep) bool { return !step.done }) {
		s.console.Preferences.SetBool(passed(state), true)
		s.hide()
		return
	}
	key := ""
	for _, step := range steps {
		key += fmt.Sprint(step.words, step.done, step.action, "\x00")
	}
	if key == s.key {
		return
	}
	s.key = key
	s.show(steps, func() {
		s.console.Preferences.SetBool(passed(state), true)
		s.hide()
	})
}

func (s *firstSteps) hide() {
	s.key = ""
	if s.content.Visible() {
		s.content.Objects = nil
		s.content.Hide()
		s.changed()
	}
}

func (s *firstSteps) show(steps []firstStep, dismiss func()) {
	done := 0
	list := container.NewGridWithColumns(2)
	for i := range steps {
		if steps[i].done {
			done++
		}
		list.Add(stepRow(i+1, &steps[i]))
	}
	hide := widget.NewButtonWithIcon("Do not show this again", theme.CancelIcon(), dismiss)
	hide.Importance = widget.LowImportance
	heading := kit.BoldLabel(fmt.Sprintf("First steps: %d of %d done", done, len(steps)))
	s.content.Objects = []fyne.CanvasObject{kit.Border(nil, nil, heading, hide), list, widget.NewSeparator()}
	s.content.Show()
	s.content.Refresh()
	s.changed()
}

// stepRow is a step with its sign, and with its button while it is not done.
func stepRow(number int, step *firstStep) fyne.CanvasObject {
	words := kit.Wrapped(fmt.Sprintf("%d. %s", number, step.words))
	var button fyne.CanvasObject
	if !step.done && step.action != "" {
		button = container.NewVBox(widget.NewButton(step.action, step.do))
	}
	if step.done {
		words.Importance = widget.LowImportance
	}
	return kit.Border(nil, nil, container.NewVBox(container.New(layout.NewCustomPaddedLayout(7, 0, 6, 0), widget.NewIcon(kit.Tick(step.done)))), button, words)
}

func stepsOf(c *page.Console, state *model.State, backup bool) []firstStep {
	joined := 0
	for i := range state.Components {
		if state.Components[i].Revoked.IsZero() {
			joined++
		}
	}
	between := joined > 1 || joined == 1 && len(state.Providers) > 0 // the other end may be a provider's
	component := firstStep{words: "Add the machines that backups go between", done: between, action: "Add component…", do: func() { c.Go("components", page.AddThing) }}
	if joined == 1 && !between {
		component.words += ": one has joined, two are needed"
	}
	route := firstStep{words: "Make a route from where the backup tool runs to where backups go", done: len(state.Routes) > 0, action: "Add route…", do: func() { c.Go("routes", page.AddThing) }}
	if !component.done {
		route.action = ""
	}
	own := slices.ContainsFunc(state.Rules.Rules, func(r engine.Rule) bool { return !r.IsInternet() }) // that one is there from the beginning
	rule := firstStep{words: "Say in a rule what has to be encrypted, and how fast it may go", done: own, action: "Add rule…", do: func() { c.Go("rules", page.AddThing) }}
	return []firstStep{component, route, rule, backupStep(c, state, backup)}
}

// backupStep says where the backup tool has to send its first backup.
func backupStep(c *page.Console, state *model.State, backup bool) firstStep {
	step := firstStep{words: "Run the first backup over the route", done: backup}
	at := slices.IndexFunc(state.Routes, func(r engine.RouteStatus) bool { return r.Enabled && len(r.Listeners) > 0 })
	if backup || at < 0 {
		return step
	}
	route := &state.Routes[at]
	step.words = fmt.Sprintf("Run the first backup: on %s, give the backup tool %s in place of its server's address", route.Listeners[0].ComponentName, route.Listen)
	step.action, step.do = "Show route", func() { c.Go("routes", string(route.ID)) }
	return step
}
