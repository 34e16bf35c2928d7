package ui

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/grid"
)

// sessionsPage shows live sessions as they run, and those that have ended.
type sessionsPage struct {
	console *Console
	content fyne.CanvasObject
	live    *grid.Grid[sessionRow]
	filter  *widget.Entry
	details *fyne.Container
	cut     *widget.Button
	tabs    *container.AppTabs
	history *historyPane
	shown   string // what the details show
	now     time.Time
}

// sessionRow is a live session with what its cells show.
type sessionRow struct {
	engine.Session
	why, age, cpu string
	rate          uint64
}

// NewSessionsPage makes the page.
func NewSessionsPage(c *Console) Page { return &sessionsPage{console: c} }

func (p *sessionsPage) Name() string        { return "sessions" }
func (p *sessionsPage) Title() string       { return "Sessions" }
func (p *sessionsPage) Icon() fyne.Resource { return theme.ListIcon() }

// Commands has what can be done with the selected session.
func (p *sessionsPage) Commands() []Command {
	return []Command{
		{Title: "Copy row", Shortcut: &fyne.ShortcutCopy{}, Run: p.copy},
		{Title: "Cut session…", Run: p.askCut, Changes: true},
	}
}

// Content builds the page.
func (p *sessionsPage) Content() fyne.CanvasObject {
	if p.content != nil {
		return p.content
	}
	p.live = grid.New(func(r sessionRow) string { return string(r.ID) }, sessionColumns()...)
	p.live.Sort("age", false)
	p.live.Remember(p.console.Preferences, "sessions")
	p.live.SetEmpty(newPlaceholder(p.Icon(), "No live session", "A session begins when a backup tool connects to a route, and ends when no connection was open for a while. Those that ended are under History.", nil).content)
	p.live.OnSelected = func(row sessionRow, ok bool) { p.showDetails(row, ok) }
	p.live.Menu = func(sessionRow) *fyne.Menu {
		items := []*fyne.MenuItem{fyne.NewMenuItem("Copy row", p.copy)}
		if p.console.MayChange() {
			items = append(items, fyne.NewMenuItem("Cut session…", p.askCut))
		}
		return fyne.NewMenu("", items...)
	}
	p.live.OnKey = func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyDelete && p.console.MayChange() {
			p.askCut()
		}
	}
	p.filter = widget.NewEntry()
	p.filter.SetPlaceHolder("filter by any column")
	p.filter.OnChanged = func(text string) { p.live.SetFilter(p.live.Contains(text)) }
	p.cut = widget.NewButtonWithIcon("Cut…", theme.ContentCutIcon(), p.askCut)
	p.cut.Disable()
	p.cut.Hide()
	p.details = container.NewStack(wrapped("Select a session to see why it is as it is, and the life of its key."))
	split := container.NewVSplit(p.live, container.NewVScroll(p.details))
	split.Offset = 0.58
	livePane := container.NewBorder(container.NewBorder(nil, nil, nil, p.cut, p.filter), nil, nil, nil, split)
	p.history = newHistoryPane(p.console)
	p.tabs = container.NewAppTabs(container.NewTabItem("Live", livePane), container.NewTabItem("History", p.history.content))
	p.tabs.OnSelected = func(tab *container.TabItem) {
		if tab.Text == "History" {
			p.history.begin()
		}
	}
	p.content = p.tabs
	return p.content
}

func sessionColumns() []grid.Column[sessionRow] {
	modeColor := func(r sessionRow) fyne.ThemeColorName { return modeColorOf(r.Decision.Mode) }
	return []grid.Column[sessionRow]{
		{ID: "mode", Title: "Protection", Width: 100, Text: func(r sessionRow) string { return modeWordOf(&r.Session) }, Icon: func(r sessionRow) fyne.Resource { return modeIconOf(r.Decision.Mode) }, Color: modeColor},
		{ID: "source", Title: "Source", Width: 110, Flexible: true, Text: func(r sessionRow) string { return r.SourceName }},
		{ID: "target", Title: "Target", Width: 110, Flexible: true, Text: func(r sessionRow) string { return r.TargetName }},
		{ID: "route", Title: "Route", Width: 100, Flexible: true, Text: func(r sessionRow) string { return r.RouteName }},
		{ID: "why", Title: "Why", Width: 150, Flexible: true, Text: func(r sessionRow) string { return r.why }},
		{ID: "cipher", Title: "Cipher", Width: 110, Text: func(r sessionRow) string { return cipherWords(r.Cipher) }},
		{ID: "rate", Title: "Rate", Width: 95, Align: fyne.TextAlignTrailing, Text: func(r sessionRow) string { return rateWords(r.rate) }, Compare: func(a, b sessionRow) int { return cmp.Compare(a.rate, b.rate) }},
		{ID: "bytes", Title: "Bytes", Width: 85, Align: fyne.TextAlignTrailing, Text: func(r sessionRow) string { return sizeWords(r.Traffic.ToTarget + r.Traffic.ToSource) },
			Compare: func(a, b sessionRow) int {
				return cmp.Compare(a.Traffic.ToTarget+a.Traffic.ToSource, b.Traffic.ToTarget+b.Traffic.ToSource)
			}},
		{ID: "flows", Title: "Flows", Width: 55, Align: fyne.TextAlignTrailing, Text: func(r sessionRow) string { return fmt.Sprint(r.Flows) }, Compare: func(a, b sessionRow) int { return cmp.Compare(a.Flows, b.Flows) }},
		{ID: "cpu", Title: "CPU s/GB", Width: 75, Align: fyne.TextAlignTrailing, Text: func(r sessionRow) string { return r.cpu }},
		{ID: "age", Title: "Age", Width: 80, Align: fyne.TextAlignTrailing, Text: func(r sessionRow) string { return r.age }, Compare: func(a, b sessionRow) int { return b.Began.Compare(a.Began) }},
		{ID: "state", Title: "State", Width: 90, Text: func(r sessionRow) string { return stateWordOf(&r.Session) }, Color: func(r sessionRow) fyne.ThemeColorName {
			if r.Stale {
				return ColorPlain
			}
			return ""
		}},
	}
}

func modeIconOf(mode engine.Mode) fyne.Resource {
	if mode == engine.Sealed {
		return assets.LockClosed
	}
	return assets.LockOpen
}

func modeColorOf(mode engine.Mode) fyne.ThemeColorName {
	if mode == engine.Sealed {
		return ColorSealed
	}
	return ColorPlain
}

func modeWordOf(s *engine.Session) string {
	if s.Test {
		return s.Decision.Mode.String() + ", test"
	}
	return s.Decision.Mode.String()
}

func stateWordOf(s *engine.Session) string {
	if s.Stale {
		return string(s.State) + ", stale"
	}
	return string(s.State)
}

func cipherWords(c engine.Cipher) string {
	if !c.Valid() {
		return ""
	}
	return c.String()
}

// cpuWords is what a session cost so far, both ends together.
func cpuWords(t engine.Traffic) string {
	bytes := t.ToTarget + t.ToSource
	if bytes < 1_000_000 {
		return ""
	}
	return fmt.Sprintf("%.2f", (t.SourceCPU+t.TargetCPU).Seconds()*1e9/float64(bytes))
}

// Update shows the newest state.
func (p *sessionsPage) Update(state *State) {
	p.Content()
	present(p.cut, state.MayChange())
	p.now = state.When
	rows := make([]sessionRow, len(state.Sessions))
	for i := range state.Sessions {
		s := state.Sessions[i]
		rows[i] = sessionRow{Session: s, why: becauseWords(&s.Decision.Decision), age: ageWords(s.Began, state.When), cpu: cpuWords(s.Traffic), rate: s.Traffic.RateToTarget + s.Traffic.RateToSource}
	}
	p.live.SetRows(rows)
	if row, ok := p.live.Selected(); ok {
		p.showDetails(row, true)
	}
}

// Open selects a live session by its id.
func (p *sessionsPage) Open(thing string) {
	p.Content()
	p.tabs.SelectIndex(0)
	p.live.Select(thing)
}

// Find gives the live sessions for Ctrl+K.
func (p *sessionsPage) Find(state *State) []Found {
	var found []Found
	for i := range state.Sessions {
		s := &state.Sessions[i]
		found = append(found, Found{Page: p.Name(), Thing: string(s.ID), Text: fmt.Sprintf("session %s to %s over %s (%s)", s.SourceName, s.TargetName, s.RouteName, s.Decision.Mode)})
	}
	return found
}

func (p *sessionsPage) copy() {
	if text := p.live.SelectedText(); text != "" {
		fyne.CurrentApp().Clipboard().SetContent(text)
	}
}

// askCut asks before a session is cut.
func (p *sessionsPage) askCut() {
	row, ok := p.live.Selected()
	if !ok {
		return
	}
	text := fmt.Sprintf("%s to %s over %s. Its %s are reset: the backup tool sees an error. The next connection begins a new session, as the rules are now.",
		row.SourceName, row.TargetName, row.RouteName, counted(row.Flows, "connection", "connections"))
	confirm(p.console.Window, "Cut this session?", wrapped(text), "Cut session", func() {
		fetch(p.console, func(ctx context.Context) (struct{}, error) { return struct{}{}, p.console.Admin.Cut(ctx, row.ID) }, func(_ struct{}, err error) {
			if err != nil {
				showError(p.console.Window, "The session was not cut", err)
			}
			p.console.Refresh()
		})
	})
}

// showDetails shows why a session is as it is. It is rebuilt only when it says something else.
func (p *sessionsPage) showDetails(row sessionRow, ok bool) {
	if !ok {
		p.cut.Disable()
		return
	}
	p.cut.Enable()
	key := fmt.Sprintf("%s %v %v %d %d %s", row.ID, row.Stale, row.Key, row.Flows, row.AllFlows, row.State)
	if key == p.shown {
		return
	}
	p.shown = key
	parts := []fyne.CanvasObject{}
	if row.Stale && row.Now != nil {
		parts = append(parts, newNotice(theme.WarningIcon(), ColorPlain, fmt.Sprintf("This session began as %s (%s). Decided now, it would be %s (%s).",
			row.Decision.Mode, becauseWords(&row.Decision.Decision), row.Now.Mode, becauseWords(&row.Now.Decision))))
	}
	facts := []string{"id " + string(row.ID), "began " + timeWords(row.Began), counted(row.Flows, "connection open", "connections open") + fmt.Sprintf(", %d in all", row.AllFlows)}
	if row.Group != "" {
		facts = append(facts, "key exchange "+row.Group)
	}
	if row.Endpoint != "" {
		facts = append(facts, "over "+row.Endpoint)
	}
	about := wrapped(strings.Join(facts, " · "))
	about.Selectable = true
	parts = append(parts, about, newTimeline(keyEvents(row.Key)))
	parts = append(parts, decisionParts(&row.Decision.Decision)...)
	p.details.Objects = []fyne.CanvasObject{container.NewVBox(parts...)}
	p.details.Refresh()
}
