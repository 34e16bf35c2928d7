package rules

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
)

// ruleStep is one edit: from before to after. A rule that was added has no before, one that was removed no after. Edits that were
// made as one are one step. An import that brought settings is whole instead: the rules as they were, what came in, and what it led to.
type ruleStep struct {
	before, after *engine.Rule

	several []ruleStep
	file    bool // they came from a file

	imported *engine.RuleImport
	replaced *engine.RuleSet
	led      []engine.RuleChange
}

// ruleHistory is what can be undone and redone in this window. A step moves from one to the other once it is stored.
type ruleHistory struct {
	done, undone []ruleStep
	moves        int // grows with each step that is made, undone or redone
}

// note records a stored step, and tells of it. The note's button undoes this step only, not a later one.
func (p *view) note(step ruleStep) {
	p.past.done, p.past.undone = append(p.past.done, step), nil
	p.past.moves++
	p.showHistory()
	p.console.Refresh()
	moves := p.past.moves
	p.console.TellUndo(step.told(), func() {
		if p.past.moves != moves {
			kit.ShowError(p.console.Window, "Nothing was undone", errors.New("rules were changed in this window after that; Undo takes the last change back first"))
			return
		}
		p.undo()
	})
}

// moved records that a step was undone or redone, and tells of it.
func (p *view) moved(told string) {
	p.past.moves++
	p.showHistory()
	p.console.Tell(told)
}

// showHistory lets the buttons be pressed only where there is something to undo or redo, and has them and the menu say what.
func (p *view) showHistory() {
	for _, b := range []struct {
		button *widget.Button
		verb   string
		steps  []ruleStep
	}{{p.back, "Undo", p.past.done}, {p.again, "Redo", p.past.undone}} {
		words := stepTitle(b.verb, b.steps, shortTitle)
		if b.button.Text != words {
			b.button.SetText(words)
		}
		if len(b.steps) == 0 {
			b.button.Disable()
		} else {
			b.button.Enable()
		}
	}
	p.console.MenuChanged()
}

const (
	// shortTitle is how many letters a button has for what it undoes.
	shortTitle = 22
	// longTitle is how many the menu has.
	longTitle = 60
)

// findsStep has Ctrl+K find undo and redo only where there is something to undo or redo.
func findsStep(steps []ruleStep) string {
	if len(steps) == 0 {
		return ""
	}
	return "take back"
}

// stepTitle says what a command would undo or redo: the last of the steps.
func stepTitle(verb string, steps []ruleStep, most int) string {
	if len(steps) == 0 {
		return verb
	}
	words := []rune(steps[len(steps)-1].words())
	if len(words) > most {
		words = append(words[:most-1], '…')
	}
	return verb + ": " + string(words)
}

func (p *view) undo() {
	n := len(p.past.done)
	if n == 0 || !p.console.MayChange() {
		return
	}
	step := p.past.done[n-1]
	moved := func() {
		p.past.done, p.past.undone = p.past.done[:n-1], append(p.past.undone, step)
		p.moved("Undone: " + step.words())
	}
	if step.imported != nil {
		kit.Fetch(p.console.Background, func(ctx context.Context) (engine.RuleSet, error) { return p.console.Admin.RuleSet(ctx) }, func(set engine.RuleSet, err error) {
			if err == nil {
				err = step.untouched(set)
			}
			if err != nil {
				kit.ShowError(p.console.Window, "Nothing was changed", err)
				return
			}
			// What somebody saves while the question stands would go with it, and is not asked about.
			back := engine.RuleImport{RuleSet: *step.replaced, Replace: true, WithSettings: step.imported.WithSettings, Over: set.Digest()}
			page.ApplyChange(p.console, engine.Change{ImportRules: &back}, "Undo: "+step.words()+"?", moved, nil)
		})
		return
	}
	p.restore(step.reversed(), "Undo: "+step.words()+"?", moved)
}

func (p *view) redo() {
	n := len(p.past.undone)
	if n == 0 || !p.console.MayChange() {
		return
	}
	step := p.past.undone[n-1]
	moved := func() {
		p.past.undone, p.past.done = p.past.undone[:n-1], append(p.past.done, step)
		p.moved("Done again: " + step.words())
	}
	if step.imported != nil {
		failed := func(err error) { kit.ShowError(p.console.Window, "Nothing was changed", err) }
		kit.Fetch(p.console.Background, func(ctx context.Context) (engine.RuleSet, error) { return p.console.Admin.RuleSet(ctx) }, func(set engine.RuleSet, err error) {
			if err != nil {
				failed(err)
				return
			}
			again := *step.imported
			again.Over = set.Digest()
			a := &page.Asking{Console: p.console, Change: engine.Change{ImportRules: &again}, Question: "Redo: " + step.words() + "?", Failed: failed}
			a.Done = func(effect engine.Effect) {
				step.replaced, step.led = &set, effect.Rules // another undo goes back to here
				moved()
			}
			a.Begin()
		})
		return
	}
	p.restore(step, "Redo: "+step.words()+"?", moved)
}

// untouched tells whether everything is still as an import left it. Its undo takes all of it back, and would take later edits with it.
func (s ruleStep) untouched(set engine.RuleSet) error {
	left := map[engine.ID]int64{}
	for i := range s.led {
		if rule := s.led[i].After; rule != nil {
			left[rule.ID] = rule.Revision
		}
	}
	same := len(set.Rules) == len(left) && set.PreferredRevision == s.replaced.PreferredRevision+1
	for i := range set.Rules {
		same = same && left[set.Rules[i].ID] == set.Rules[i].Revision
	}
	revisions := maps.Clone(s.replaced.SettingRevisions)
	if revisions == nil {
		revisions = map[string]int64{}
	}
	for _, name := range s.imported.RuleSet.Settings.Changed(&s.replaced.Settings) {
		revisions[name]++
	}
	if !same || !maps.Equal(revisions, set.SettingRevisions) {
		return errors.New("rules, settings or preferred networks were changed since the import, which the undo would take back too: undo it by hand, or import the older file")
	}
	return nil
}

// reversed is the step that undoes this one.
func (s ruleStep) reversed() ruleStep {
	back := ruleStep{before: s.after, after: s.before}
	for _, edit := range slices.Backward(s.several) {
		back.several = append(back.several, edit.reversed())
	}
	return back
}

// restore applies a step. It looks each rule up by its id, or by its name if the rule was created again meanwhile.
func (p *view) restore(step ruleStep, question string, done func()) {
	kit.Fetch(p.console.Background, func(ctx context.Context) (engine.RuleSet, error) { return p.console.Admin.RuleSet(ctx) }, func(set engine.RuleSet, err error) {
		if err == nil {
			var change engine.Change
			if change, err = step.change(set); err == nil {
				page.ApplyChange(p.console, change, question, done, nil)
				return
			}
		}
		kit.ShowError(p.console.Window, "Nothing was changed", err)
	})
}

// change turns a step into a change of the present rules.
func (s ruleStep) change(set engine.RuleSet) (engine.Change, error) {
	if len(s.several) == 0 {
		return changeTo(set, s.before, s.after)
	}
	edits := &engine.RuleEdits{}
	for _, edit := range s.several {
		change, err := changeTo(set, edit.before, edit.after)
		if err != nil {
			return engine.Change{}, err
		}
		switch {
		case change.AddRule != nil:
			edits.Put = append(edits.Put, *change.AddRule)
		case change.EditRule != nil:
			edits.Put = append(edits.Put, *change.EditRule)
		default:
			edits.Remove = append(edits.Remove, change.RemoveRule)
		}
	}
	return engine.Change{EditRules: edits}, nil
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
		return engine.Change{}, fmt.Errorf("the rule %q is not there any more", from.Name)
	}
	if to == nil {
		return engine.Change{RemoveRule: set.Rules[at].ID}, nil
	}
	present := set.Rules[at]
	rule, err := engine.TakeBack(fmt.Sprintf("rule %q", present.Name), present.Clone(), *to, *from)
	return engine.Change{EditRule: &rule}, err
}
