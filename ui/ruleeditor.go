package ui

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// ruleEditor is the dialog of one rule, its fields in the order that administrators know, beside what saving will change.
type ruleEditor struct {
	console *Console
	dialog  *formDialog
	rule    engine.Rule // as it was opened; the fields hold what is typed
	opened  string      // what typed gave at first; only something else is worth asking about before it is thrown away
	saved   func(before, after engine.Rule)

	name, source, target, value, relaxed, zone, reason, until, comment *formEntry
	public, encrypt, throttle, restores, hasRelaxed, scheduled, exempt *widget.Check
	unit, relaxedUnit                                                  *widget.Select
	schedule                                                           *scheduleGrid
	fields                                                             map[string]*formField
	limits, hours, exempts                                             []*formField    // shown where their check is set
	outdated                                                           *fyne.Container // what somebody else changed meanwhile
	effect                                                             *effectPanel
	save                                                               *widget.Button
}

// showRuleEditor opens the editor. Saved is told the rule once it is stored, and what it was before.
func showRuleEditor(c *Console, rule engine.Rule, saved func(before, after engine.Rule)) *ruleEditor {
	e := &ruleEditor{console: c, rule: rule, saved: saved, fields: map[string]*formField{}, outdated: container.NewVBox()}
	title := "Add traffic rule"
	if rule.ID != "" {
		title = "Edit traffic rule"
	}
	e.dialog = showForm(c.Window, title, fyne.NewSize(1080, 720), func() { e.effect.stop() })
	e.build()
	e.save = widget.NewButton("Save", e.askSave)
	e.save.Importance = widget.HighImportance
	split := container.NewHSplit(e.form(), container.NewPadded(e.effect.content))
	split.Offset = 0.62
	e.dialog.set(split, widget.NewButton("Cancel", e.leave), e.save)
	e.dialog.onEsc = e.leave
	e.opened = e.typed()
	e.changed()
	if !e.fixed() {
		c.Window.Canvas().Focus(e.name)
	}
	return e
}

// fixed tells whether name, source and target are those of the predefined rule.
func (e *ruleEditor) fixed() bool { return e.rule.ID != "" && e.rule.IsInternet() }

// leave closes the editor. What was typed is not thrown away without asking.
func (e *ruleEditor) leave() {
	if e.typed() == e.opened {
		e.dialog.close()
		return
	}
	confirm(e.console.Window, "Close without saving?", wrapped("What you changed in this rule is lost then."), "Close without saving", e.dialog.close)
}

// typed is all that the fields hold, as one text to compare.
func (e *ruleEditor) typed() string {
	var all []any
	for _, field := range []*formEntry{e.name, e.source, e.target, e.value, e.relaxed, e.zone, e.reason, e.until, e.comment} {
		all = append(all, field.Text)
	}
	for _, check := range []*widget.Check{e.public, e.encrypt, e.throttle, e.restores, e.hasRelaxed, e.scheduled, e.exempt} {
		all = append(all, check.Checked)
	}
	return fmt.Sprintf("%q %q %q %v", all, e.unit.Selected, e.relaxedUnit.Selected, e.schedule.days)
}

func (e *ruleEditor) build() {
	r := &e.rule
	changed := func(string) { e.changed() }
	text := func(text, placeholder string) *formEntry {
		entry := e.dialog.entry(text, placeholder, changed)
		entry.escape = e.leave
		return entry
	}
	check := func(label string, on bool) *widget.Check {
		c := widget.NewCheck(label, nil)
		c.Checked = on
		c.OnChanged = func(bool) { e.changed() }
		return c
	}
	e.effect = newEffectPanel(e.console, e.refused)
	e.name = text(r.Name, "such as Branch uplink")
	e.source = text(selectorWords(r.Source), "192.168.0.1-192.168.0.255, 10.1.0.0/16, component:fileserver, any")
	targets, hasPublic := []engine.Selector{}, false
	for _, selector := range r.Target {
		if selector.Kind == engine.SelectPublic {
			hasPublic = true
			continue
		}
		targets = append(targets, selector)
	}
	e.target = text(selectorWords(targets), "172.16.0.31, tag:vault, any")
	e.public = check("All public addresses", hasPublic)
	e.encrypt = check("Encrypt traffic between them", r.Encrypt)
	e.throttle = check("Limit throughput (not enforced yet)", r.Throttle != nil)
	limit, relaxed := engine.Throttle{Limit: engine.Limit{Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}, engine.Limit{Unit: engine.MegabitsPerSecond}
	if r.Throttle != nil {
		limit = *r.Throttle
		if limit.Relaxed != nil {
			relaxed = *limit.Relaxed
		}
	}
	e.value, e.relaxed = text(limitNumber(limit.Value), "100"), text(limitNumber(relaxed.Value), "400")
	e.unit, e.relaxedUnit = e.units(limit.Unit), e.units(relaxed.Unit)
	e.restores = check("Never throttle restores", limit.NeverThrottleRestores)
	e.hasRelaxed = check("Relaxed hours: unthrottle to", limit.Relaxed != nil)
	e.scheduled = check("Only in these hours", r.Schedule != nil)
	schedule := engine.AlwaysOn()
	if r.Schedule != nil {
		schedule = *r.Schedule
	}
	e.zone = text(schedule.TimeZone, "the broker's; or such as Europe/Berlin")
	e.schedule = newScheduleGrid(schedule.Days, e.changed)
	e.schedule.escape = e.leave
	e.exempt = check("Trusted link: no automatic encryption here", r.Exempt != nil)
	reason, until := "", ""
	if r.Exempt != nil {
		reason = r.Exempt.Reason
		if r.Exempt.Until != nil {
			until = r.Exempt.Until.String()
		}
	}
	e.reason, e.until = text(reason, "why this link needs no encryption"), text(until, "without end; or such as 2027-01-31")
	e.comment = text(r.Comment, "")
}

func limitNumber(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func (e *ruleEditor) units(chosen engine.Unit) *widget.Select {
	names := make([]string, len(engine.Units))
	for i, unit := range engine.Units {
		names[i] = string(unit)
	}
	s := widget.NewSelect(names, nil)
	s.Selected = string(chosen)
	s.OnChanged = func(string) { e.changed() }
	return s
}

// form lays the fields out.
func (e *ruleEditor) form() fyne.CanvasObject {
	field := func(key, title string, input fyne.CanvasObject, hint string) *formField {
		f := newFormField(title, input, hint)
		e.fields[key] = f
		return f
	}
	check := func(c *widget.Check) *formField { return newFormField("", c, "") }
	rows := []*formField{field("name", "Name", e.name, ""), field("source", "Source", e.source, "Rules hold both ways round."),
		field("target", "Target", container.NewVBox(e.target, e.public), "")}
	if e.fixed() {
		rows = []*formField{newFormField("Name", widget.NewLabel(e.rule.Name), "The predefined rule: its name, source and target are fixed."),
			newFormField("Source", widget.NewLabel(selectorWords(e.rule.Source)), ""), newFormField("Target", widget.NewLabel("all public addresses"), "")}
	}
	e.hours = []*formField{newFormField("", e.schedule.withTools(), ""), field("schedule", "Time zone", e.zone, "")}
	e.limits = []*formField{
		field("throttle", "Limit", border(nil, nil, nil, e.unit, e.value), ""), check(e.restores),
		check(e.hasRelaxed), field("relaxed", "Relaxed limit", border(nil, nil, nil, e.relaxedUnit, e.relaxed), "holds in the hours that are painted relaxed"), check(e.scheduled),
	}
	e.exempts = []*formField{field("exempt", "Reason", e.reason, ""), field("until", "Last day", e.until, "")}
	rows = append(append(append(rows, check(e.encrypt), check(e.throttle)), e.limits...), e.hours...)
	if !e.fixed() {
		rows = append(append(rows, check(e.exempt)), e.exempts...)
	}
	rows = append(rows, field("comment", "Comment", e.comment, ""))
	// The scroll bar must not lie over the fields.
	return container.NewVScroll(container.New(layout.NewCustomPaddedLayout(4, 4, 4, 16), container.NewVBox(e.outdated, formRows(rows...))))
}

// read makes the rule of what is typed. The problems are by the names of fields.
func (e *ruleEditor) read() (engine.Rule, map[string]error) {
	rule, problems := e.rule.Clone(), map[string]error{}
	rule.Encrypt, rule.Comment = e.encrypt.Checked, e.comment.Text
	if !e.fixed() {
		rule.Name = e.name.Text
		rule.Source, problems["source"] = parseEntries(e.source.Text)
		targets := e.target.Text
		if e.public.Checked {
			targets = strings.Trim(targets+", public", ", ")
		}
		rule.Target, problems["target"] = parseEntries(targets)
	}
	rule.Throttle, rule.Schedule, rule.Exempt = nil, nil, nil
	if e.throttle.Checked {
		e.readThrottle(&rule, problems)
	}
	if e.exempt.Checked {
		rule.Exempt = &engine.Exemption{Reason: e.reason.Text}
		if text := strings.TrimSpace(e.until.Text); text != "" {
			day, err := engine.ParseDate(text)
			problems["until"] = err
			rule.Exempt.Until = &day
		}
	}
	checkEach(rule.Clone(), problems)
	for name, err := range problems {
		if err == nil {
			delete(problems, name)
		}
	}
	return rule, problems
}

// checkEach finds what is wrong with each field, not only with the first: a field that is wrong is put right in the copy, and
// the copy is checked again.
func checkEach(rule engine.Rule, problems map[string]error) {
	mend := map[string]func(){
		"name": func() { rule.Name = "x" }, "source": func() { rule.Source = []engine.Selector{engine.Any} }, "target": func() { rule.Target = []engine.Selector{engine.Any} },
		"exempt": func() { rule.Exempt = nil }, "throttle": func() { rule.Throttle, rule.Schedule = nil, nil }, "schedule": func() { rule.Schedule = nil },
		"comment": func() { rule.Comment = "" },
	}
	for range mend {
		var field, inner *engine.FieldError
		if err := rule.Check(); !errors.As(err, &field) || mend[field.Field] == nil {
			return
		}
		name := field.Field
		if name == "throttle" && errors.As(field.Err, &inner) && inner.Field == "relaxed" {
			name = "relaxed" // it has a row of its own
		}
		if problems[name] == nil {
			problems[name] = field.Err
		}
		mend[field.Field]()
	}
}

func (e *ruleEditor) readThrottle(rule *engine.Rule, problems map[string]error) {
	number := func(text string) (uint64, error) {
		value, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("a whole number is needed, such as 100")
		}
		return value, nil
	}
	value, err := number(e.value.Text)
	problems["throttle"] = err
	rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: value, Unit: engine.Unit(e.unit.Selected)}, NeverThrottleRestores: e.restores.Checked}
	if e.hasRelaxed.Checked {
		value, err := number(e.relaxed.Text)
		problems["relaxed"] = err
		rule.Throttle.Relaxed = &engine.Limit{Value: value, Unit: engine.Unit(e.relaxedUnit.Selected)}
	}
	if e.scheduled.Checked {
		rule.Schedule = &engine.Schedule{TimeZone: strings.TrimSpace(e.zone.Text), Days: e.schedule.days}
	}
}

// parseEntries reads a comma-separated list of selectors.
func parseEntries(text string) ([]engine.Selector, error) {
	var all []engine.Selector
	for entry := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		selector, err := engine.ParseSelector(entry)
		if err != nil {
			if !strings.Contains(err.Error(), "such as") {
				err = fmt.Errorf("%w; write an address such as 192.168.0.1, a range such as 192.168.0.1-192.168.0.255, a network such as 10.1.0.0/16, or any", err)
			}
			return nil, err
		}
		all = append(all, selector)
	}
	return all, nil
}

// changed takes up what was typed: what is wrong stands beside its field, and what is right is asked about.
func (e *ruleEditor) changed() {
	if e.save == nil {
		return
	}
	show := func(fields []*formField, shown bool) {
		for _, f := range fields {
			f.show(shown)
		}
	}
	show(e.limits, e.throttle.Checked)
	e.fields["relaxed"].show(e.throttle.Checked && e.hasRelaxed.Checked)
	show(e.hours, e.throttle.Checked && e.scheduled.Checked)
	show(e.exempts, e.exempt.Checked)
	rule, problems := e.read()
	untouched := e.rule.ID == "" && e.typed() == e.opened
	for name, field := range e.fields {
		if untouched {
			field.setError(nil) // nothing has been typed yet, so nothing is wrong yet
		} else {
			field.setError(problems[name])
		}
	}
	if len(problems) > 0 {
		e.save.Disable()
		e.effect.wait("Once every field is right, this says what saving will change.")
		return
	}
	e.save.Enable()
	e.effect.ask(e.change(rule))
}

func (e *ruleEditor) change(rule engine.Rule) engine.Change {
	if e.rule.ID == "" {
		return engine.Change{AddRule: &rule}
	}
	return engine.Change{EditRule: &rule}
}
