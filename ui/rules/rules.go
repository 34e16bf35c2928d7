package rules

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// view is the table of the global traffic rules.
type view struct {
	console   *page.Console
	awaited   *page.Awaited
	full      fyne.CanvasObject // the rules, once they are known
	table     *grid.Grid[ruleRow]
	filter    *widget.Entry
	past      ruleHistory
	editor    *ruleEditor      // the one that was opened last
	buttons   *fyne.Container  // absent for who may only view
	needing   []*widget.Button // that need a selected rule, the first of them only one
	count     *widget.Label
	back      *widget.Button        // undo
	again     *widget.Button        // redo
	alone     *kit.Notice           // shown while there is no rule but Internet
	shown     []engine.Rule         // what Update showed last
	under     map[string]int        // likewise: the live sessions of each rule
	links     []string              // likewise: what is said of the trusted links, which changes with the clock
	hours     []string              // likewise: what is said of the limits, which changes with the hours
	troubled  []engine.TroubledHost // likewise: the hosts that DNS does not answer
	importing *ruleImport           // likewise
	limit     *limitPane
	state     *model.State
	drawn     map[string][]model.LimitUse // shown last
}

// ruleRow is a rule with what its cells show.
type ruleRow struct {
	engine.Rule
	source, target string // with what is wrong with hosts in them
	link           string // says that it is a trusted link, and for how long where it ends soon
	endsSoon       bool
	sessions       int
	// used is what live sessions draw on the limit, backups and restores together. Each of the two has the whole limit: full is the
	// greater part of it that one uses. drawn tells whether any session draws on it.
	used  uint64
	full  float64
	drawn bool
	limit string // as it is now
	trend chart.Trend
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c}
	p.full = p.build()
	p.awaited = page.NewAwaited("rules")
	return p
}

func (p *view) Name() string        { return "rules" }
func (p *view) Title() string       { return "Traffic rules" }
func (p *view) Icon() fyne.Resource { return theme.DocumentIcon() }

// Commands has what can be done with rules.
func (p *view) Commands() []page.Command {
	shortcut := func(key fyne.KeyName) fyne.Shortcut {
		return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
	}
	return []page.Command{
		{Title: "Add rule…", Shortcut: shortcut(fyne.KeyN), Run: p.add, Changes: true, Finds: "new rule encrypt limit"},
		{Title: "Edit rule…", Shortcut: shortcut(fyne.KeyE), Run: p.edit, Changes: true},
		{Title: "Duplicate rule…", Shortcut: shortcut(fyne.KeyD), Run: p.duplicate, Changes: true},
		{Title: "Turn on or off", Run: p.toggle, Changes: true},
		{Title: "Remove rule…", Run: p.remove, Changes: true},
		{Title: stepTitle("Undo", p.past.done, longTitle), Shortcut: &fyne.ShortcutUndo{}, Run: p.undo, Changes: true, Finds: findsStep(p.past.done)},
		{Title: stepTitle("Redo", p.past.undone, longTitle), Shortcut: &fyne.ShortcutRedo{}, Run: p.redo, Changes: true, Finds: findsStep(p.past.undone)},
		{Title: "Import rules…", Shortcut: shortcut(fyne.KeyO), Run: p.importFile, Changes: true, Finds: "open a file json csv veeam proxmox"},
		{Title: "Export rules…", Shortcut: shortcut(fyne.KeyS), Run: p.exportFile, Finds: "save to a file json"},
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.table.Copy},
	}
}

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.awaited.Content }

func (p *view) build() fyne.CanvasObject {
	p.table = grid.New(func(r ruleRow) string { return string(r.ID) }, ruleColumns()...)
	p.table.Remember(p.console.Preferences, "rules")
	p.table.OnActivated = func(ruleRow) { p.edit() }
	p.table.OnSelected = func(ruleRow, bool) { p.selected() }
	p.table.OnKey = p.key
	p.table.OnTapped = func(_ ruleRow, column string) {
		if column == "on" {
			p.toggle()
		}
	}
	p.table.Menu = func(ruleRow) *fyne.Menu {
		if !p.console.MayChange() {
			return nil
		}
		if several := p.table.Selection(); len(several) > 1 {
			what := text.Count(len(several), "rule", "rules")
			turn := map[bool]string{true: "Turn on ", false: "Turn off "}[turnsOn(several)]
			return fyne.NewMenu("", fyne.NewMenuItem("Duplicate "+what, p.duplicate), fyne.NewMenuItem(turn+what, p.toggle),
				fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove "+what+"…", p.remove))
		}
		return fyne.NewMenu("", fyne.NewMenuItem("Edit…", p.edit), fyne.NewMenuItem("Duplicate…", p.duplicate), fyne.NewMenuItem(p.needing[turning].Text, p.toggle),
			fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove…", p.remove))
	}
	p.filter = kit.NewFilter(func(text string) {
		p.table.SetFilter(p.table.Contains(text))
		p.updateCaption()
	})
	add := widget.NewButtonWithIcon("Add…", theme.ContentAddIcon(), p.add)
	add.Importance = widget.HighImportance
	p.buttons = container.NewHBox(add)
	for _, b := range []*widget.Button{
		widget.NewButtonWithIcon("Edit…", theme.DocumentCreateIcon(), p.edit), widget.NewButtonWithIcon("Duplicate…", theme.ContentCopyIcon(), p.duplicate),
		widget.NewButtonWithIcon("Turn off", theme.MediaPauseIcon(), p.toggle), widget.NewButtonWithIcon("Remove…", theme.DeleteIcon(), p.remove),
	} {
		b.Disable()
		p.needing = append(p.needing, b)
		p.buttons.Add(b)
	}
	p.back, p.again = widget.NewButtonWithIcon("Undo", theme.ContentUndoIcon(), p.undo), widget.NewButtonWithIcon("Redo", theme.ContentRedoIcon(), p.redo)
	p.buttons.Add(p.back)
	p.buttons.Add(p.again)
	p.buttons.Hide()
	p.showHistory()
	p.alone = kit.NewNotice(theme.InfoIcon(), kit.ColorMuted, "Only the predefined rule is there: traffic that touches a public address is sealed, traffic inside your own networks is plain. "+
		"Add a rule to seal or limit what flows between two of your networks, machines or tags.")
	p.alone.Hide()
	p.table.SetEmpty(kit.NonePasses("rule"))
	p.count = kit.TableCaption()
	p.limit = newLimitPane()
	return kit.Border(container.NewVBox(kit.NewToolbar(p.filter, p.buttons), p.alone), p.limit.content, nil, nil, kit.UnderTable(p.table, p.count))
}

func ruleColumns() []grid.Column[ruleRow] {
	return []grid.Column[ruleRow]{
		{ID: "on", Title: "On", Width: 62, Text: func(r ruleRow) string { return map[bool]string{true: "on", false: "off"}[r.Enabled] },
			Icon: func(r ruleRow) fyne.Resource {
				if r.Enabled {
					return theme.CheckButtonCheckedIcon()
				}
				return theme.CheckButtonIcon()
			}, Color: offMuted},
		{ID: "name", Title: "Name", Width: 160, Flexible: true, Text: func(r ruleRow) string { return r.Name }, Color: offMuted},
		{ID: "source", Title: "Source", Width: 160, Flexible: true, Text: func(r ruleRow) string { return r.source }, Icon: troubledIcon(func(r ruleRow) bool { return r.source != engine.SelectorsInWords(r.Source) }), Color: offMuted},
		{ID: "target", Title: "Target", Width: 160, Flexible: true, Text: func(r ruleRow) string { return r.target }, Icon: troubledIcon(func(r ruleRow) bool { return r.target != engine.SelectorsInWords(r.Target) }), Color: offMuted},
		{ID: "encrypt", Title: "Encryption", Width: 176, Text: ruleProtection, Icon: func(r ruleRow) fyne.Resource {
			switch {
			case r.Encrypt:
				return assets.LockClosed
			case r.endsSoon:
				return theme.WarningIcon()
			case r.Exempt != nil:
				return assets.LockOpen
			}
			return nil
		}, Color: func(r ruleRow) fyne.ThemeColorName {
			switch {
			case !r.Enabled:
				return kit.ColorMuted
			case r.Encrypt:
				return kit.ColorSealed
			case r.Exempt != nil:
				return kit.ColorPlain
			}
			return ""
		}},
		{ID: "throttle", Title: "Limit", Width: 130, Flexible: true, Text: limitWords, Color: offMuted},
		{ID: "drawn", Title: "Drawn now", Width: 174, Yields: 1, Text: drawnWords, Bar: drawnBar, Compare: func(a, b ruleRow) int { return cmp.Compare(a.used, b.used) }, Color: offMuted},
		{ID: "trend", Title: "15 minutes", Width: 92, Yields: 4, Unordered: true, Text: func(ruleRow) string { return "" }, Trend: func(r ruleRow) chart.Trend { return r.trend },
			TrendColor: func(ruleRow) fyne.ThemeColorName { return kit.ColorSealedFill }},
		{ID: "period", Title: "Time period", Width: 120, Flexible: true, Yields: 2, Text: periodWords, Color: offMuted},
		{ID: "sessions", Title: "Sessions now", Width: 100, Yields: 3, Align: fyne.TextAlignTrailing, Text: func(r ruleRow) string { return text.Number(r.sessions) }, Compare: func(a, b ruleRow) int { return a.sessions - b.sessions }},
	}
}

// troubledIcon marks a side of a rule with a name that DNS does not answer.
func troubledIcon(troubled func(ruleRow) bool) func(ruleRow) fyne.Resource {
	return func(r ruleRow) fyne.Resource {
		if troubled(r) {
			return theme.WarningIcon()
		}
		return nil
	}
}

// drawnWords says what is drawn on a rule's limit.
func drawnWords(r ruleRow) string {
	if !r.drawn {
		return "–"
	}
	return text.Rate(r.used)
}

// drawnBar shows how full the limit is.
func drawnBar(r ruleRow) (level chart.Level, ok bool) {
	if !r.drawn {
		return level, false
	}
	level.Parts[0] = chart.Part{Share: float32(min(r.full, 1)), Color: kit.ColorSealedFill}
	return level, true
}

func offMuted(r ruleRow) fyne.ThemeColorName {
	if r.Enabled {
		return ""
	}
	return kit.ColorMuted
}

func ruleProtection(r ruleRow) string {
	switch {
	case r.Encrypt:
		return "encrypt"
	case r.Exempt != nil:
		return r.link
	}
	return "–"
}

// limitWords says the limit of a rule as it is now, and what comes next.
func limitWords(r ruleRow) string {
	if r.Throttle == nil {
		return "–"
	}
	return r.limit
}

// throttleWords say a limit as it was saved.
func throttleWords(r ruleRow) string {
	relaxed := r.Throttle.Relaxed
	switch {
	case relaxed == nil:
		return r.Throttle.Limit.String()
	case relaxed.Unit == r.Throttle.Unit:
		return fmt.Sprintf("%d (relaxed %d) %s", r.Throttle.Value, relaxed.Value, relaxed.Unit)
	}
	return r.Throttle.Limit.String() + ", relaxed " + relaxed.String()
}

func periodWords(r ruleRow) string {
	switch {
	case r.Throttle == nil:
		return "–"
	case r.Schedule == nil:
		return "all the time"
	}
	return engine.HoursInWords(r.Schedule.Days)
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	if !p.awaited.Show(state, p.full) {
		return
	}
	kit.Present(p.buttons, state.MayChange())
	under := map[string]int{}
	for i := range state.Sessions {
		for _, rule := range state.Sessions[i].Decision.Rules {
			under[rule]++
		}
	}
	p.state = state
	zone, links, hours := state.Rules.Settings.Location(), make([]string, len(state.Rules.Rules)), make([]string, len(state.Rules.Rules))
	for i := range links {
		rule := &state.Rules.Rules[i]
		if rule.Exempt != nil {
			links[i] = rule.ExemptionInWords(state.When, zone)
		}
		hours[i] = rule.LimitNowInWords(state.When.Local(), zone)
	}
	if rules := state.Rules.Rules; !reflect.DeepEqual(rules, p.shown) || !maps.Equal(under, p.under) || !slices.Equal(links, p.links) || !slices.Equal(hours, p.hours) || !slices.Equal(state.Hosts, p.troubled) ||
		!reflect.DeepEqual(state.Limits, p.drawn) {
		p.shown, p.under, p.links, p.hours, p.troubled, p.drawn = rules, under, links, hours, state.Hosts, state.Limits
		rows := make([]ruleRow, len(rules))
		for i, rule := range rules {
			rows[i] = ruleRow{
				Rule: rule, source: engine.SelectorsWithTrouble(rule.Source, state.Hosts), target: engine.SelectorsWithTrouble(rule.Target, state.Hosts), sessions: under[rule.Name],
				link: links[i], limit: hours[i], endsSoon: rule.EndsSoon(state.When, zone),
			}
			rows[i].draw(limitsOf(state, rule.Name))
		}
		p.table.SetRows(rows)
		p.nameTurning()
		p.updateCaption()
	}
	p.showLimit()
	if p.editor != nil && !p.editor.dialog.Done {
		p.editor.refreshNow()
	}
	if alone := len(state.Rules.Rules) == 1 && state.MayChange(); alone != p.alone.Visible() {
		kit.Present(p.alone, alone)
		p.full.Refresh() // the table takes the room of the note, and gives it back
	}
}

// Leave keeps the state lean.
func (p *view) Leave() { p.state = p.state.Lean() }

// Open selects a rule by its id or name, and clears the filter.
func (p *view) Open(thing string) {
	if thing == page.AddThing {
		p.add()
		return
	}
	p.filter.SetText("")
	for _, row := range p.table.Rows() {
		if string(row.ID) == thing || row.Name == thing {
			p.table.Select(string(row.ID))
		}
	}
}

// TakesFilter is the filter.
func (p *view) TakesFilter() *widget.Entry { return p.filter }

// TakesKeys is the table.
func (p *view) TakesKeys() fyne.Focusable { return p.table }

// Find gives the rules for Ctrl+K.
func (p *view) Find(state *model.State) []page.Found {
	var found []page.Found
	for i := range state.Rules.Rules {
		rule := &state.Rules.Rules[i]
		found = append(found, page.Found{Page: p.Name(), Thing: string(rule.ID), Text: "rule " + rule.Name + " (" + engine.SelectorsInWords(rule.Source) + " to " + engine.SelectorsInWords(rule.Target) + ")"})
	}
	return found
}

// selected enables the buttons that apply to the selection.
func (p *view) selected() {
	count := p.table.SelectionSize()
	p.nameTurning()
	for i, button := range p.needing {
		if count == 1 || count > 1 && i > 0 {
			button.Enable()
		} else {
			button.Disable()
		}
	}
	p.updateCaption()
	p.showLimit()
}

// turning is the button that turns rules on or off, among those that need a selected rule.
const turning = 2

// nameTurning has that button say which of the two it does.
func (p *view) nameTurning() {
	turn := "Turn " + engine.OnOff(p.table.SelectionSize() > 0 && turnsOn(p.table.Selection()))
	if b := p.needing[turning]; b.Text != turn {
		b.SetText(turn)
	}
}

// showLimit shows the limit of the only selected rule.
func (p *view) showLimit() {
	if p.state == nil {
		return
	}
	var rule *engine.Rule
	if row, ok := p.table.Selected(); ok && p.table.SelectionSize() == 1 {
		rule = &row.Rule
	}
	var uses []model.LimitUse
	if rule != nil {
		uses = limitsOf(p.state, rule.Name)
	}
	now, zone := p.clock()
	if p.limit.show(rule, uses, now, zone) {
		p.full.Refresh() // the table takes the room of the pane, and gives it back
	}
}

// clock is the moment of the state that is shown, and the broker's time zone.
func (p *view) clock() (time.Time, *time.Location) {
	return p.state.When.Local(), p.state.Rules.Settings.Location()
}

// draw takes over what is drawn on the rule's limit.
func (r *ruleRow) draw(uses []model.LimitUse) {
	var past []float64
	for i := range uses {
		r.drawn, r.used = true, r.used+uses[i].Rate
		if limit := uses[i].Limit().BytesPerSecond(); limit > 0 {
			r.full = max(r.full, float64(uses[i].Rate)/float64(limit))
		}
	}
	for _, moment := range limitValues(uses) {
		past = append(past, moment[0]+moment[1])
	}
	r.trend = chart.TrendOf(past)
}

// updateCaption shows the number of rules, of those that pass the filter, and of those selected.
func (p *view) updateCaption() {
	kit.SetLabel(p.count, text.Shown(len(p.table.Shown()), len(p.table.Rows()), "rule", "rules")+text.Selected(p.table.SelectionSize()))
}

func (p *view) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyInsert:
		p.add()
	case fyne.KeyDelete:
		p.remove()
	case fyne.KeySpace:
		p.toggle()
	}
}

func (p *view) add() {
	if !p.console.MayChange() {
		return
	}
	p.editor = showRuleEditor(p.console, p.clock, engine.Rule{Enabled: true}, func(_, rule engine.Rule) { p.note(ruleStep{after: &rule}) })
}

func (p *view) edit() {
	if row, ok := p.table.Selected(); ok && p.console.MayChange() {
		p.editor = showRuleEditor(p.console, p.clock, row.Rule.Clone(), func(before, rule engine.Rule) {
			step := ruleStep{before: &before, after: &rule}
			if before.ID == "" { // somebody else removed it meanwhile, so that it was added anew
				step.before = nil
			}
			p.note(step)
		})
	}
}
