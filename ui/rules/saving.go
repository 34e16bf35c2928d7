package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/engine"
	"lockwire/ui/kit"
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
		Done: func(engine.Effect) {
			e.dialog.Close()
			e.saved(before, rule)
		},
		Reload: func(now engine.Present) {
			e.dialog.Close()
			if now.Rule != nil {
				showRuleEditor(e.console, now.Rule.Clone(), e.saved)
			}
		},
	}
	a.Begin()
}

// refused shows beside its field what the engine finds wrong with a change, such as a name that is taken.
func (e *ruleEditor) refused(err error) {
	var field *engine.FieldError
	switch {
	case errors.Is(err, engine.ErrNameTaken) && e.fields["name"] != nil:
		e.fields["name"].SetError(fmt.Errorf("another rule is called %q; choose another name, such as %q", e.name.Text, e.name.Text+" (2)"))
	case errors.Is(err, engine.ErrOutdated), errors.Is(err, engine.ErrNotFound) && e.rule.ID != "":
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
	if beside || errors.Is(err, engine.ErrOutdated) || errors.Is(err, engine.ErrNotFound) && e.rule.ID != "" {
		e.refused(err)
		return
	}
	kit.ShowError(e.console.Window, "The rule was not saved; what you typed is still here", err)
}

// reread loads the rule after somebody else changed it. The input stays; saving overwrites the other edit.
func (e *ruleEditor) reread() {
	kit.Fetch(e.console.Background, func(ctx context.Context) (engine.RuleSet, error) { return e.console.Admin.RuleSet(ctx) }, func(set engine.RuleSet, err error) {
		if err != nil {
			kit.ShowError(e.console.Window, "The rule was changed by somebody else, and could not be read again", err)
			return
		}
		at := slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.ID == e.rule.ID })
		switch {
		case at < 0:
			e.rule.ID, e.rule.Revision = "", 0
			e.showOutdated("Somebody else removed this rule meanwhile. What you typed is still here; saving adds it anew.")
		case set.Rules[at].Revision != e.rule.Revision: // else this was about something else, and asking again would go on for ever
			now := set.Rules[at].Clone()
			words := "Somebody else changed this rule meanwhile. What you typed is still here; saving puts it over what is there now."
			if changed := ruleDifferences(&e.rule, &now); len(changed) > 0 {
				words += " Changed: " + strings.Join(changed, "; ") + "."
			}
			e.rule = now
			e.showOutdated(words)
		}
	})
}

func (e *ruleEditor) showOutdated(words string) {
	e.outdated.Objects = []fyne.CanvasObject{kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, words)}
	e.outdated.Refresh()
	e.changed()
}
