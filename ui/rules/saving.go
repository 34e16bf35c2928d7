package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// askSave saves the rule, after confirming a loss of encryption or stale sessions. The dialog stays open until the rule is stored.
func (e *ruleEditor) askSave() {
	rule, problems := e.read()
	if len(problems) > 0 {
		return
	}
	before := e.rule.Clone()
	e.save.Disable() // until it is known what became of it
	a := &page.Asking{
		Console: e.console, Change: e.change(rule), Question: fmt.Sprintf("Save the rule %q?", rule.Name),
		Failed: e.failed, Left: e.save.Enable,
	}
	a.Done = func(engine.Effect) {
		switch { // undo is to bring back what this was put over
		case a.Over.Rule != nil:
			before = a.Over.Rule.Clone()
		case a.Over.Removed:
			before = engine.Rule{}
		}
		e.dialog.Close()
		e.saved(before, rule)
	}
	a.Reload = func(now engine.Present) {
		e.dialog.Close()
		if now.Rule != nil {
			showRuleEditor(e.console, e.clock, now.Rule.Clone(), e.saved)
		}
	}
	a.Begin()
}

// refused shows beside its field what the engine finds wrong with a change, such as a name that is taken.
func (e *ruleEditor) refused(err error) {
	var field *engine.FieldError
	outdated, is := errors.AsType[*engine.OutdatedError](err)
	switch {
	case is && outdated.Now.Removed && e.rule.ID != "":
		e.addAnew(page.MeanwhileWords(&outdated.Now))
	case is:
		e.tell(page.MeanwhileWords(&outdated.Now)+" What you typed is still here; saving shows both first.", widget.NewButton("Show what differs", e.askSave))
	case errors.Is(err, engine.ErrNameTaken) && e.fields["name"] != nil:
		e.fields["name"].SetError(fmt.Errorf("another rule is called %q; choose another name, such as %q", e.name.Text, e.name.Text+" (2)"))
	case errors.Is(err, engine.ErrNotFound) && e.rule.ID != "":
		e.reread()
	case errors.As(err, &field) && e.fields[field.Field] != nil:
		e.fields[field.Field].SetError(field.Err)
	}
}

// failed shows why saving failed. The input stays.
func (e *ruleEditor) failed(err error) {
	e.save.Enable()
	var field *engine.FieldError
	beside := errors.As(err, &field) && e.fields[field.Field] != nil || errors.Is(err, engine.ErrNameTaken)
	if beside || errors.Is(err, engine.ErrNotFound) && e.rule.ID != "" {
		e.refused(err)
		return
	}
	kit.ShowError(e.console.Window, "The rule was not saved; what you typed is still here", err)
}

// reread looks whether somebody else removed the rule: the input stays then, and saving adds it anew.
func (e *ruleEditor) reread() {
	kit.Fetch(e.console.Background, func(ctx context.Context) (engine.RuleSet, error) { return e.console.Admin.RuleSet(ctx) }, func(set engine.RuleSet, err error) {
		if err != nil {
			kit.ShowError(e.console.Window, "The rule was changed by somebody else, and could not be read again", err)
			return
		}
		if slices.ContainsFunc(set.Rules, func(r engine.Rule) bool { return r.ID == e.rule.ID }) {
			return // this was about something else
		}
		e.addAnew(page.MeanwhileWords(&engine.Present{Removed: true}))
	})
}

// addAnew makes saving add the rule that somebody else removed.
func (e *ruleEditor) addAnew(words string) {
	e.rule.ID, e.rule.Revision = "", 0
	e.tell(words + " What you typed is still here; saving adds it anew.")
	e.changed()
}

// see looks, in a new state, whether somebody else changed or removed the rule, and then asks the broker who did.
func (e *ruleEditor) see(state *model.State) (closed bool) {
	if e.dialog.Done {
		return true
	}
	if e.rule.ID == "" || state.Problem != "" {
		return false
	}
	at := slices.IndexFunc(state.Rules.Rules, func(r engine.Rule) bool { return r.ID == e.rule.ID })
	now := int64(0) // it is gone
	if at >= 0 {
		now = state.Rules.Rules[at].Revision
	}
	if now == e.seen {
		return false
	}
	e.seen = now
	change := engine.Change{EditRule: &e.rule}
	kit.Fetch(e.console.Background, func(ctx context.Context) (engine.Effect, error) { return e.console.Admin.Preview(ctx, change) }, func(_ engine.Effect, err error) {
		if !e.dialog.Done && err != nil {
			e.refused(err)
		}
	})
	return false
}

// tell says above the fields what somebody else did meanwhile.
func (e *ruleEditor) tell(words string, actions ...fyne.CanvasObject) {
	e.outdated.Objects = []fyne.CanvasObject{kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, words)}
	if len(actions) > 0 {
		e.outdated.Add(container.NewHBox(actions...))
	}
	e.outdated.Refresh()
}
