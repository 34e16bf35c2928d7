package rules

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// Actions on the selected rules. An action on several rules is one edit with one effect and one step of undo.

// duplicate opens the editor with a copy of the selected rule under another name. It copies several rules without the editor.
func (p *view) duplicate() {
	if !p.console.MayChange() {
		return
	}
	rows := p.table.Selection()
	var names []string
	for _, row := range p.table.Rows() {
		names = append(names, row.Name)
	}
	var copies []ruleStep
	for _, row := range rows {
		rule := row.Rule.Clone()
		rule.ID, rule.Revision = "", 0
		if rule.IsInternet() {
			rule.Name = "Internet, own"
		}
		rule.Name = model.FreeName(rule.Name, names)
		names = append(names, rule.Name)
		copies = append(copies, ruleStep{after: &rule})
	}
	switch len(copies) {
	case 0:
	case 1:
		p.editor = showRuleEditor(p.console, p.clock, *copies[0].after, func(_, rule engine.Rule) { p.note(ruleStep{after: &rule}) })
	default:
		p.editSeveral(copies, "Add "+text.Count(len(copies), "rule", "rules")+"?")
	}
}

// toggle turns the selected rule on or off. Several are turned on, or off where all of them are on.
func (p *view) toggle() {
	if !p.console.MayChange() {
		return
	}
	rows := p.table.Selection()
	var edits []ruleStep
	var change engine.Change
	on := turnsOn(rows)
	for _, row := range rows {
		if row.Enabled == on {
			continue
		}
		before, after := row.Rule.Clone(), row.Rule.Clone()
		after.Enabled = on
		edits = append(edits, ruleStep{before: &before, after: &after})
		change.SwitchRules = append(change.SwitchRules, engine.Switch{ID: row.ID, On: on})
	}
	turn := map[bool]string{true: "on", false: "off"}[on]
	switch len(edits) {
	case 0:
	case 1:
		page.ApplyChange(p.console, change, fmt.Sprintf("Turn the rule %q %s?", edits[0].after.Name, turn), func() { p.note(edits[0]) }, nil)
	default:
		page.ApplyChange(p.console, change, fmt.Sprintf("Turn %s %s?", text.Count(len(edits), "rule", "rules"), turn), func() { p.note(ruleStep{several: edits}) }, nil)
	}
}

// turnsOn reports whether toggling rules turns them on: it does if any of them is off.
func turnsOn(rows []ruleRow) bool {
	return slices.ContainsFunc(rows, func(row ruleRow) bool { return !row.Enabled })
}

// remove removes the selected rules after asking.
func (p *view) remove() {
	if !p.console.MayChange() {
		return
	}
	rows := p.table.Selection()
	selected := len(rows)
	rows = slices.DeleteFunc(rows, func(row ruleRow) bool { return row.IsInternet() })
	if len(rows) == 0 {
		if selected > 0 {
			kit.ShowError(p.console.Window, "The rule stays", engine.ErrPredefined)
		}
		return
	}
	var edits []ruleStep
	var lines []fyne.CanvasObject
	for i, row := range rows {
		before := row.Rule.Clone()
		edits = append(edits, ruleStep{before: &before})
		if i < namedRules {
			lines = append(lines, kit.Muted(row.Name))
		}
	}
	if more := len(rows) - namedRules; more > 0 {
		lines = append(lines, kit.Muted(fmt.Sprintf("and %s more", text.Number(more))))
	}
	question, button, words, all := fmt.Sprintf("Remove the rule %q?", rows[0].Name), "Remove rule", "Undo brings it back as long as this window is open.", "Remove it anyway?"
	if len(rows) > 1 {
		what := text.Count(len(rows), "rule", "rules")
		question, button, words, all = "Remove "+what+"?", "Remove "+what, "Undo brings them back as long as this window is open.", "Remove them anyway?"
	} else {
		lines = nil
	}
	if len(rows) < selected {
		words += " The predefined rule Internet stays."
	}
	kit.Confirm(p.console.Window, question, container.NewVBox(kit.Wrapped(words), kit.Dense(lines)), button, func() {
		if len(edits) == 1 {
			page.ApplyChange(p.console, engine.Change{RemoveRule: edits[0].before.ID}, all, func() { p.note(edits[0]) }, nil)
			return
		}
		p.editSeveral(edits, all)
	})
}

// namedRules is the number of rules that a question lists by name.
const namedRules = 8

// editSeveral applies edits as one: they are checked, stored and undone together.
func (p *view) editSeveral(edits []ruleStep, question string) {
	step := ruleStep{several: edits}
	change := engine.Change{EditRules: &engine.RuleEdits{}}
	for _, edit := range edits {
		if edit.after != nil {
			change.EditRules.Put = append(change.EditRules.Put, *edit.after)
		} else {
			change.EditRules.Remove = append(change.EditRules.Remove, edit.before.ID)
		}
	}
	page.ApplyChange(p.console, change, question, func() { p.note(step) }, nil)
}
