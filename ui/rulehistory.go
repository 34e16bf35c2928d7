package ui

import (
	"context"
	"errors"
	"slices"

	"lockwire/engine"
)

// ruleStep is one edit: from before to after. A rule that was added has no before, one that was removed no after. An import is
// whole instead: the rules as they were, and what came in.
type ruleStep struct {
	before, after *engine.Rule

	imported *engine.RuleImport
	replaced *engine.RuleSet
}

// ruleHistory is what can be undone and redone in this window. A step moves from one to the other once it is stored.
type ruleHistory struct{ done, undone []ruleStep }

// note remembers a step that was stored.
func (p *rulesPage) note(step ruleStep) {
	p.past.done, p.past.undone = append(p.past.done, step), nil
	p.showHistory()
	p.console.Refresh()
}

// showHistory lets the buttons be pressed only where there is something to undo or redo.
func (p *rulesPage) showHistory() {
	if p.back == nil {
		return
	}
	p.back.Enable()
	p.again.Enable()
	if len(p.past.done) == 0 {
		p.back.Disable()
	}
	if len(p.past.undone) == 0 {
		p.again.Disable()
	}
}

func (p *rulesPage) undo() {
	n := len(p.past.done)
	if n == 0 || !p.console.MayChange() {
		return
	}
	step := p.past.done[n-1]
	moved := func() {
		p.past.done, p.past.undone = p.past.done[:n-1], append(p.past.undone, step)
		p.showHistory()
	}
	if step.imported != nil {
		back := engine.RuleImport{RuleSet: *step.replaced, Replace: true, WithSettings: step.imported.WithSettings}
		applyChange(p.console, engine.Change{ImportRules: &back}, "Undo the import?", moved, nil)
		return
	}
	p.restore(step.after, step.before, "Undo the last edit?", moved)
}

func (p *rulesPage) redo() {
	n := len(p.past.undone)
	if n == 0 || !p.console.MayChange() {
		return
	}
	step := p.past.undone[n-1]
	moved := func() {
		p.past.undone, p.past.done = p.past.undone[:n-1], append(p.past.done, step)
		p.showHistory()
	}
	if step.imported != nil {
		applyChange(p.console, engine.Change{ImportRules: step.imported}, "Import again?", moved, nil)
		return
	}
	p.restore(step.before, step.after, "Do the edit again?", moved)
}

// restore makes a rule that is as from says into what to says. It is looked up as it is now: by its id, or by its name where
// it was made anew meanwhile.
func (p *rulesPage) restore(from, to *engine.Rule, question string, done func()) {
	fetch(p.console, func(ctx context.Context) (engine.RuleSet, error) { return p.console.Admin.RuleSet(ctx) }, func(set engine.RuleSet, err error) {
		if err == nil {
			var change engine.Change
			if change, err = changeTo(set, from, to); err == nil {
				applyChange(p.console, change, question, done, nil)
				return
			}
		}
		showError(p.console.Window, "Nothing was changed", err)
	})
}

func changeTo(set engine.RuleSet, from, to *engine.Rule) (engine.Change, error) {
	if from == nil {
		rule := to.Clone()
		rule.ID, rule.Revision = "", 0
		return engine.Change{AddRule: &rule}, nil
	}
	at := slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.ID == from.ID })
	if at < 0 {
		at = slices.IndexFunc(set.Rules, func(r engine.Rule) bool { return r.Name == from.Name })
	}
	if at < 0 {
		return engine.Change{}, errors.New("the rule is not there any more")
	}
	if to == nil {
		return engine.Change{RemoveRule: set.Rules[at].ID}, nil
	}
	rule := to.Clone()
	rule.ID, rule.Revision = set.Rules[at].ID, set.Rules[at].Revision
	return engine.Change{EditRule: &rule}, nil
}
