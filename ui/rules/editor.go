package rules

import (
	"fmt"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// ruleEditor is the dialog of one rule, its fields in the order that administrators know, beside what saving will change.
type ruleEditor struct {
	console *page.Console
	dialog  *kit.FormDialog
	rule    engine.Rule // as it was opened; the fields hold what is typed
	seen    int64       // the revision of the rule that is there now, as far as the editor knows; 0 where it is gone
	opened  string      // what typed gave at first; only something else is worth asking about before it is thrown away
	saved   func(before, after engine.Rule)

	name, value, relaxed, zone, reason, until, comment                 *kit.FormEntry
	source, target                                                     *kit.PickEntry
	public, encrypt, throttle, restores, hasRelaxed, scheduled, exempt *widget.Check
	unit, relaxedUnit                                                  *widget.Select
	schedule                                                           *page.ScheduleGrid
	fields                                                             map[string]*kit.FormField
	limits, hours, exempts                                             []*kit.FormField // shown where their check is set
	now                                                                *widget.Label    // what the hours make of the limit now
	clock                                                              clock
	known                                                              model.State     // the components that entries can name
	outdated                                                           *fyne.Container // what somebody else changed meanwhile
	effect                                                             *page.EffectPanel
	save                                                               *widget.Button
}

// clock gives the present moment, and the zone of hours that name none.
type clock func() (now time.Time, zone *time.Location)

// showRuleEditor opens the editor. Saved gets the rule once it is stored, and the rule before.
func showRuleEditor(c *page.Console, clock clock, rule engine.Rule, saved func(before, after engine.Rule)) *ruleEditor {
	e := &ruleEditor{console: c, clock: clock, rule: rule, seen: rule.Revision, saved: saved, fields: map[string]*kit.FormField{}, outdated: container.NewVBox()}
	title := "Add traffic rule"
	if rule.ID != "" {
		title = "Edit traffic rule"
	}
	e.dialog = kit.ShowForm(c.Window, title, fyne.NewSize(1080, 720), func() { e.effect.Stop() })
	e.build()
	e.save = widget.NewButton("Save", e.askSave)
	e.save.Importance = widget.HighImportance
	split := container.NewHSplit(e.form(), container.NewPadded(e.effect.Content))
	split.Offset = 0.62
	e.dialog.Set(split, widget.NewButton("Cancel", e.leave), e.save)
	e.dialog.OnEsc = e.leave
	e.opened = e.typed()
	e.changed()
	e.learn()
	c.Watch(e.see)
	if !e.fixed() {
		c.Window.Canvas().Focus(e.name)
	}
	return e
}

// fixed reports whether name, source and target belong to the predefined rule.
func (e *ruleEditor) fixed() bool { return e.rule.ID != "" && e.rule.IsInternet() }

// leave closes the editor, and asks before it discards input.
func (e *ruleEditor) leave() {
	if e.typed() == e.opened {
		e.dialog.Close()
		return
	}
	kit.ConfirmLeaving(e.console.Window, "Close without saving?", kit.Wrapped("What you changed in this rule is lost then."), "Discard changes", e.dialog.Close)
}

// typed is the content of all fields as one text, for comparison.
func (e *ruleEditor) typed() string {
	var all []any
	for _, field := range []*kit.FormEntry{e.name, &e.source.FormEntry, &e.target.FormEntry, e.value, e.relaxed, e.zone, e.reason, e.until, e.comment} {
		all = append(all, field.Text)
	}
	for _, check := range []*widget.Check{e.public, e.encrypt, e.throttle, e.restores, e.hasRelaxed, e.scheduled, e.exempt} {
		all = append(all, check.Checked)
	}
	return fmt.Sprintf("%q %q %q %v", all, e.unit.Selected, e.relaxedUnit.Selected, e.schedule.Days)
}

func (e *ruleEditor) build() {
	r := &e.rule
	changed := func(string) { e.changed() }
	words := func(text, placeholder string) *kit.FormEntry {
		entry := e.dialog.Entry(text, placeholder, changed)
		entry.Escape = e.leave
		return entry
	}
	check := func(label string, on bool) *widget.Check {
		c := widget.NewCheck(label, nil)
		c.Checked = on
		c.OnChanged = func(bool) { e.changed() }
		return c
	}
	e.effect = page.NewEffectPanel(e.console, e.refused)
	e.name = words(r.Name, "such as Branch uplink")
	entries := func(selectors []engine.Selector, placeholder string, public func()) *kit.PickEntry {
		var entry *kit.PickEntry
		entry = e.dialog.PickEntry(engine.SelectorsInWords(selectors), placeholder, func() []kit.Option { return entryOptions(&e.known, public, entry.Begin) }, changed)
		entry.Escape = e.leave
		return entry
	}
	e.source = entries(r.Source, "192.168.0.1-192.168.0.255, 10.1.0.0/16, component:fileserver, any", nil)
	targets, hasPublic := []engine.Selector{}, false
	for _, selector := range r.Target {
		if selector.Kind == engine.SelectPublic {
			hasPublic = true
			continue
		}
		targets = append(targets, selector)
	}
	e.target = entries(targets, "172.16.0.31, tag:vault, role:repository, host:nas.example.com, any", func() { e.public.SetChecked(true) })
	e.public = check("All public addresses", hasPublic)
	e.encrypt = check("Encrypt traffic between them", r.Encrypt)
	e.throttle = check("Limit throughput", r.Throttle != nil)
	limit, relaxed := engine.Throttle{Limit: engine.Limit{Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}, engine.Limit{Unit: engine.MegabitsPerSecond}
	if r.Throttle != nil {
		limit = *r.Throttle
		if limit.Relaxed != nil {
			relaxed = *limit.Relaxed
		}
	}
	e.value, e.relaxed = words(limitNumber(limit.Value), "100"), words(limitNumber(relaxed.Value), "400")
	e.unit, e.relaxedUnit = page.UnitSelect(limit.Unit, changed), page.UnitSelect(relaxed.Unit, changed)
	e.restores = check("Never throttle restores", limit.NeverThrottleRestores)
	e.hasRelaxed = check("In relaxed hours, limit to", limit.Relaxed != nil)
	e.scheduled = check("Only in these hours", r.Schedule != nil)
	schedule := engine.AlwaysOn()
	if r.Schedule != nil {
		schedule = *r.Schedule
	}
	e.zone = words(schedule.TimeZone, "the broker's; or such as Europe/Berlin")
	e.schedule = page.NewScheduleGrid(schedule.Days, e.changed)
	e.schedule.Escape = e.leave
	e.now = kit.Wrapped("")
	e.exempt = check("Trusted link: no automatic encryption here", r.Exempt != nil)
	reason, until := "", ""
	if r.Exempt != nil {
		reason = r.Exempt.Reason
		if r.Exempt.Until != nil {
			until = text.Date(*r.Exempt.Until)
		}
	}
	e.reason, e.until = words(reason, "why this link needs no encryption"), words(until, "without end; or such as "+text.ExampleDay())
	e.comment = words(r.Comment, "")
}

func limitNumber(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// form lays the fields out.
func (e *ruleEditor) form() fyne.CanvasObject {
	field := func(key, title string, input fyne.CanvasObject, hint string) *kit.FormField {
		f := kit.NewFormField(title, input, hint)
		e.fields[key] = f
		return f
	}
	check := func(c *widget.Check) *kit.FormField { return kit.NewFormRow("", c) }
	rows := []*kit.FormField{field("name", "Name", e.name, ""), field("source", "Source", e.source.WithPlus(), "Applies in both directions."),
		field("target", "Target", container.NewVBox(e.target.WithPlus(), e.public), "")}
	if e.fixed() {
		rows = []*kit.FormField{kit.NewFormField("Name", widget.NewLabel(e.rule.Name), "The predefined rule: its name, source and target are fixed."),
			kit.NewFormRow("Source", widget.NewLabel(engine.SelectorsInWords(e.rule.Source))), kit.NewFormRow("Target", widget.NewLabel("all public addresses"))}
	}
	e.hours = []*kit.FormField{kit.NewFormRow("", e.schedule.WithTools()), field("schedule", "Time zone", e.zone, ""), kit.NewFormRow("Now", e.now)}
	e.limits = []*kit.FormField{
		field("throttle", "Limit", kit.Border(nil, nil, nil, e.unit, e.value), ""), check(e.restores),
		check(e.hasRelaxed), field("relaxed", "Relaxed limit", kit.Border(nil, nil, nil, e.relaxedUnit, e.relaxed), "holds in the hours that are painted relaxed"), check(e.scheduled),
	}
	e.exempts = []*kit.FormField{field("exempt", "Reason", e.reason, ""), field("until", "Last day", e.until, "")}
	rows = append(append(append(rows, check(e.encrypt), check(e.throttle)), e.limits...), e.hours...)
	if !e.fixed() {
		rows = append(append(rows, check(e.exempt)), e.exempts...)
	}
	rows = append(rows, field("comment", "Comment", e.comment, ""))
	// The scroll bar must not lie over the fields.
	return container.NewVScroll(container.New(layout.NewCustomPaddedLayout(4, 4, 4, 16), container.NewVBox(e.outdated, e.dialog.Rows(rows...))))
}

// changed checks the input: it shows errors beside their fields, and previews valid input.
func (e *ruleEditor) changed() {
	if e.save == nil {
		return
	}
	show := func(fields []*kit.FormField, shown bool) {
		for _, f := range fields {
			f.Show(shown)
		}
	}
	show(e.limits, e.throttle.Checked)
	e.fields["relaxed"].Show(e.throttle.Checked && e.hasRelaxed.Checked)
	show(e.hours, e.throttle.Checked && e.scheduled.Checked)
	show(e.exempts, e.exempt.Checked)
	rule, problems := e.read()
	untouched := e.rule.ID == "" && e.typed() == e.opened
	for name, field := range e.fields {
		if untouched {
			field.SetError(nil) // nothing has been typed yet, so nothing is wrong yet
		} else {
			field.SetError(problems[name])
		}
	}
	e.showNow(&rule, problems)
	if len(problems) > 0 {
		e.save.Disable()
		e.effect.Wait("Once every field is right, this says what saving will change.")
		return
	}
	e.save.Enable()
	e.effect.Ask(e.change(rule))
}

// refreshNow says anew what the hours make of the limit: the hour may have changed.
func (e *ruleEditor) refreshNow() {
	rule, problems := e.read()
	e.showNow(&rule, problems)
}

func (e *ruleEditor) showNow(rule *engine.Rule, problems map[string]error) {
	words := "once limit and hours are right, this says what holds now and what comes next"
	if problems["throttle"] == nil && problems["relaxed"] == nil && problems["schedule"] == nil {
		now, zone := e.clock()
		words = rule.LimitHours(now, zone).InWords(now)
		if !rule.Enabled {
			words += ", once the rule is on"
		}
	}
	kit.SetLabel(e.now, words)
}

func (e *ruleEditor) change(rule engine.Rule) engine.Change {
	if e.rule.ID == "" {
		return engine.Change{AddRule: &rule}
	}
	return engine.Change{EditRule: &rule}
}
