package sessions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// view shows live sessions as they run, and those that have ended.
type view struct {
	console *page.Console
	content fyne.CanvasObject
	live    *grid.Grid[*engine.Session]
	filter  *widget.Entry
	details *sessionDetails
	panes   *kit.Panes
	cut     *widget.Button
	count   *widget.Label
	awaited *page.Awaited
	full    fyne.CanvasObject // the live sessions, once they are known
	empty   *kit.PageStage    // in place of rows
	idle    fyne.CanvasObject
	missed  fyne.CanvasObject
	cutting *sessionCut // the one that runs; nil for none
	tabs    *container.AppTabs
	history *historyPane

	now    time.Time
	trails *model.RateTrails
	lives  map[engine.ID]bool // the sessions of the last state
	looked engine.ID          // the session in the details; it may have ended
	asking bool               // its receipt is asked for
	begun  bool               // a session has been in the details
}

// historyTab is the second of the page's two tabs.
const historyTab = 1

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c}
	p.content = p.build()
	return p
}

func (p *view) Name() string        { return "sessions" }
func (p *view) Title() string       { return "Sessions" }
func (p *view) Icon() fyne.Resource { return theme.ListIcon() }

// Commands has what can be done with the selected sessions, and with the history.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.copy},
		page.TabCommand("Live sessions or history", p.tabs),
		{Title: "Cut sessions…", Run: p.askCut, Changes: true},
		{Title: "Export history as CSV…", Shortcut: &desktop.CustomShortcut{KeyName: fyne.KeyS, Modifier: fyne.KeyModifierShortcutDefault}, Run: func() { p.history.export(csvExport) }, Finds: "save receipts to a file table"},
		{Title: "Export history as JSON…", Run: func() { p.history.export(jsonExport) }, Finds: "save receipts to a file"},
	}
}

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.content }

func (p *view) build() fyne.CanvasObject {
	p.live = grid.New(func(s *engine.Session) string { return string(s.ID) }, p.columns()...)
	p.live.Sort("age", false)
	p.live.Remember(p.console.Preferences, "sessions")
	p.idle = kit.NewPlaceholder(p.Icon(), "No live session", "A session begins when a backup tool connects to a route, and ends when no connection was open for a while. Those that ended, and those that were refused, are under History.",
		widget.NewButton("Look at the routes", func() { p.console.Go("routes", "") })).Content
	p.missed = kit.NonePasses("session")
	p.empty = kit.NewPageStage(p.idle)
	p.live.SetEmpty(p.empty.Content)
	p.live.OnSelected = p.selected
	p.live.Menu = func(*engine.Session) *fyne.Menu {
		if !p.console.MayChange() {
			return nil
		}
		title := "Cut session…"
		if n := p.live.SelectionSize(); n > 1 {
			title = "Cut " + text.Count(n, "session", "sessions") + "…"
		}
		return fyne.NewMenu("", fyne.NewMenuItem(title, p.askCut))
	}
	p.live.OnKey = func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyDelete {
			p.askCut()
		}
	}
	p.filter = kit.NewFilter(func(text string) {
		p.live.SetFilter(sessionFilter(text))
		p.updateCaption()
	})
	p.cut = widget.NewButtonWithIcon("Cut…", theme.ContentCutIcon(), p.askCut)
	p.cut.Disable()
	p.cut.Hide()
	p.details = newSessionDetails(p.console, "Select a session to see why it is as it is, what it carries, and the life of its key.")
	p.count = kit.TableCaption()
	p.panes = kit.NewPanes(p.console.Preferences, "sessions", kit.UnderTable(p.live, p.count), container.NewPadded(p.details.content))
	p.full = kit.Border(kit.NewToolbar(p.filter, p.cut), nil, nil, nil, p.panes)
	p.awaited = page.NewAwaited("live sessions")
	p.history = newHistoryPane(p.console)
	p.tabs = page.NewTabs(p.console.Window, func() {
		if p.tabs.SelectedIndex() == historyTab {
			p.history.list.Renew()
		}
	}, container.NewTabItem("Live", p.awaited.Content), container.NewTabItem("History", p.history.content))
	return p.tabs
}

func (p *view) columns() []grid.Column[*engine.Session] {
	type s = *engine.Session
	number := func(title, id string, width float32, text func(s) string, compare func(a, b s) int) grid.Column[s] {
		return grid.Column[s]{ID: id, Title: title, Width: width, Align: fyne.TextAlignTrailing, Text: text, Compare: compare, Descending: true}
	}
	cpu := number("CPU s/GB", "cpu", 76, func(r s) string { return text.CPU(r.Traffic) }, func(a, b s) int { return cmp.Compare(text.CPUCost(a.Traffic), text.CPUCost(b.Traffic)) })
	cpu.Yields = 3
	rate := number("Rate", "rate", 142, func(r s) string { return text.Rate(rateOf(r)) }, func(a, b s) int { return cmp.Compare(rateOf(a), rateOf(b)) })
	rate.Trend = func(r s) chart.Trend { return chart.TrendOf(p.trails.Sums(r.ID)) }
	rate.TrendColor = func(r s) fyne.ThemeColorName {
		return map[bool]fyne.ThemeColorName{true: kit.ColorSealedFill, false: kit.ColorPlainFill}[r.Decision.Mode == engine.Sealed]
	}
	flows := number("Flows", "flows", 54, func(r s) string { return text.Number(int(r.Flows)) }, func(a, b s) int { return cmp.Compare(a.Flows, b.Flows) })
	flows.Hidden = true
	return []grid.Column[s]{
		{ID: "mode", Title: "Protection", Width: 88, Text: text.SessionMode, Icon: func(r s) fyne.Resource { return page.ModeIcon(r.Decision.Mode) }, Color: func(r s) fyne.ThemeColorName { return page.ModeColor(r.Decision.Mode) }},
		{ID: "source", Title: "Source", Width: 100, Flexible: true, Text: func(r s) string { return r.SourceName }},
		{ID: "target", Title: "Target", Width: 100, Flexible: true, Text: func(r s) string { return r.TargetName }},
		{ID: "route", Title: "Route", Width: 90, Flexible: true, Text: func(r s) string { return r.RouteName }},
		{ID: "why", Title: "Why", Width: 120, Flexible: true, Text: func(r s) string { return r.Decision.Because() }, Compare: compareBecause},
		{ID: "cipher", Title: "Cipher", Width: 100, Flexible: true, Yields: 2, Text: func(r s) string { return text.Cipher(r.Cipher) }},
		{ID: "group", Title: "Key exchange", Width: 128, Flexible: true, Yields: 4, Text: func(r s) string { return r.Group }},
		rate,
		{ID: "held-back", Title: "Held back by", Width: 120, Flexible: true, Yields: 1, Text: func(r s) string { return r.HeldBackWords() }},
		number("Bytes", "bytes", 82, func(r s) string { return text.Size(r.Traffic.Bytes()) }, func(a, b s) int { return cmp.Compare(a.Traffic.Bytes(), b.Traffic.Bytes()) }),
		cpu,
		{ID: "age", Title: "Age", Width: 62, Align: fyne.TextAlignTrailing, Text: func(r s) string { return text.ShortAge(r.Began, p.now) }, Compare: func(a, b s) int { return b.Began.Compare(a.Began) },
			Tip: func(r s) string { return "began " + text.ZonedTime(r.Began) }},
		{ID: "state", Title: "State", Width: 80, Text: text.SessionState, Color: page.SessionColor, Tip: func(r s) string { return engine.TurnedAwayWords(r.TurnedAway) }},
		flows,
		{ID: "service", Title: "Service", Width: 100, Hidden: true, Text: func(r s) string { return r.ServiceName }},
		{ID: "backend", Title: "Backend", Width: 120, Hidden: true, Text: func(r s) string { return r.Backend }},
		{ID: "endpoint", Title: "Dialled", Width: 130, Hidden: true, Text: func(r s) string { return r.Endpoint }},
	}
}

// sessionFilter passes sessions that have every word in their columns; columns that change every second do not count.
func sessionFilter(words string) func(*engine.Session) bool {
	return grid.WordFilter(words, func(s *engine.Session) []string {
		return []string{text.SessionMode(s), s.SourceName + " to " + s.TargetName, s.RouteName, s.Decision.Because(), text.Cipher(s.Cipher), s.Group,
			text.SessionState(s), s.ServiceName, s.Backend, s.Endpoint, string(s.ID)}
	})
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	p.awaited.Show(state, p.full)
	kit.Present(p.cut, state.MayChange())
	p.now = state.When
	p.trails = state.Trails
	rows := make([]*engine.Session, len(state.Sessions))
	lives := make(map[engine.ID]bool, len(rows))
	for i := range state.Sessions {
		rows[i] = &state.Sessions[i]
		lives[rows[i].ID] = true
	}
	ended := false
	for id := range p.lives {
		ended = ended || !lives[id]
	}
	p.lives = lives
	looked := p.looked
	p.live.SetRows(rows)
	if !p.begun {
		p.begun = looked != "" || p.live.SelectFirst() // the page does not begin with an empty half
	}
	if p.live.SelectionSize() > 0 {
		p.showSelection()
	} else if looked != "" && !lives[looked] {
		p.looked = looked // it has ended; its receipt replaces it
		p.showEnded()
	}
	p.panes.Fit()
	if p.cutting != nil {
		p.cutting.showProgress()
	}
	p.updateCaption()
	p.history.update(state)
	if ended && p.tabs.SelectedIndex() == historyTab {
		p.history.list.Renew()
	}
}

// selected shows why a session is as it is, or what several sum up to.
func (p *view) selected(row *engine.Session, ok bool) {
	p.looked = ""
	if ok {
		p.looked = row.ID
	}
	p.updateCaption()
	if p.live.SelectionSize() == 0 {
		p.cut.Disable()
		p.details.clear()
		return
	}
	p.cut.Enable()
	p.showSelection()
	p.panes.Fit()
}

func (p *view) showSelection() {
	if row, ok := p.live.Selected(); ok {
		p.details.showSession(row, p.now, p.trails.Of(row.ID))
		return
	}
	sums := sumSessions(p.live.Selection())
	p.details.showSeveral(sums, sums.liveFacts())
}

// updateCaption shows the number of sessions, of those that pass the filter, and of those selected.
func (p *view) updateCaption() {
	if len(p.live.Rows()) > 0 {
		p.empty.Show(p.missed)
	} else {
		p.empty.Show(p.idle)
	}
	kit.SetLabel(p.count, text.Shown(len(p.live.Shown()), len(p.live.Rows()), "session", "sessions")+text.Selected(p.live.SelectionSize()))
}

// showEnded shows the receipt of the session in the details, which has ended.
func (p *view) showEnded() {
	id := p.looked
	if p.asking || p.details.thing == id {
		return
	}
	p.asking = true
	kit.Fetch(p.console.Background, func(ctx context.Context) (engine.Receipt, error) { return p.console.Admin.Receipt(ctx, id) }, func(r engine.Receipt, err error) {
		p.asking = false
		if p.looked == id && err == nil { // the receipt may not be written yet; the next tick asks again
			p.details.showReceipt(&r, true)
		}
	})
}

// Open selects a session by its id: among the live ones, or in the history; page.HistoryThing shows the history, and a page.FilterThing
// the live ones that have its words.
func (p *view) Open(thing string) {
	if thing == page.HistoryThing {
		p.tabs.SelectIndex(historyTab)
		return
	}
	if words, is := page.FilterOf(thing); is {
		p.tabs.SelectIndex(0)
		p.filter.SetText(words)
		return
	}
	if p.lives[engine.ID(thing)] {
		p.filter.SetText("")
		p.tabs.SelectIndex(0)
		p.live.Select(thing)
		return
	}
	kit.Fetch(p.console.Background, func(ctx context.Context) (engine.Receipt, error) {
		return p.console.Admin.Receipt(ctx, engine.ID(thing))
	}, func(r engine.Receipt, err error) {
		switch {
		case errors.Is(err, engine.ErrNotFound):
			kit.ShowError(p.console.Window, "The session is not there", fmt.Errorf("neither a live session nor a receipt has the id %s", thing))
		case err != nil:
			kit.ShowError(p.console.Window, "The session could not be read", err)
		default:
			p.tabs.SelectIndex(historyTab)
			p.history.open(&r)
			p.console.Window.Canvas().Focus(p.TakesKeys())
		}
	})
}

// TakesKeys is the table of live sessions or of the history, whichever is shown.
func (p *view) TakesKeys() fyne.Focusable {
	if p.tabs.SelectedIndex() == historyTab {
		return p.history.list.Table
	}
	return p.live
}

// Find gives the live sessions for Ctrl+K.
func (p *view) Find(state *model.State) []page.Found {
	var found []page.Found
	for i := range state.Sessions {
		s := &state.Sessions[i]
		found = append(found, page.Found{Page: p.Name(), Thing: string(s.ID), Text: fmt.Sprintf("session %s to %s over %s (%s)", s.SourceName, s.TargetName, s.RouteName, s.Decision.Mode)})
	}
	return found
}

// TakesFilter is that of the part that is shown.
func (p *view) TakesFilter() *widget.Entry {
	if p.tabs.SelectedIndex() == historyTab {
		return p.history.filter
	}
	return p.filter
}

func (p *view) copy() {
	if p.tabs.SelectedIndex() == historyTab {
		p.history.list.Table.Copy()
	} else {
		p.live.Copy()
	}
}

// compareBecause orders sessions by what decided them, and then by the rules that did.
func compareBecause(a, b *engine.Session) int {
	if order := cmp.Compare(a.Decision.By, b.Decision.By); order != 0 {
		return order
	}
	return slices.Compare(a.Decision.Rules, b.Decision.Rules)
}

func rateOf(s *engine.Session) uint64 { return s.Traffic.RateToTarget + s.Traffic.RateToSource }
