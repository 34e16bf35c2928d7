package ui

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/grid"
)

// historyPage is how many receipts are read at a time.
const historyPage = 200

// spans are the ranges of dates that History offers.
var spans = []struct {
	name string
	span time.Duration
}{{"today", 24 * time.Hour}, {"last 7 days", 7 * 24 * time.Hour}, {"last 30 days", 30 * 24 * time.Hour}, {"all", 0}}

// historyPane shows the receipts of sessions that ended or were refused, read in pages as one scrolls.
type historyPane struct {
	console *Console
	content fyne.CanvasObject
	table   *grid.Grid[engine.Receipt]
	span    *widget.Select
	which   *widget.Select
	details *fyne.Container
	query   engine.ReceiptQuery
	reading bool
	all     bool // everything of the query is read
	begun   bool
	turn    int // the number of the newest query: pages of an older one are dropped
}

const (
	everySession   = "all sessions"
	sealedSessions = "sealed"
	plainSessions  = "plain"
	refusedOnes    = "refused"
)

func newHistoryPane(c *Console) *historyPane {
	h := &historyPane{console: c}
	h.table = grid.New(func(r engine.Receipt) string { return string(r.ID) }, historyColumns()...)
	h.table.Remember(c.Preferences, "history")
	h.table.SetEmpty(newPlaceholder(theme.HistoryIcon(), "No session in this range", "Each session leaves a receipt when it has ended, and each one that was refused too, with the reason.", nil).content)
	h.table.NearEnd = h.more
	h.table.OnSelected = h.show
	names := make([]string, len(spans))
	for i := range spans {
		names[i] = spans[i].name
	}
	h.span = widget.NewSelect(names, nil)
	h.which = widget.NewSelect([]string{everySession, sealedSessions, plainSessions, refusedOnes}, nil)
	h.span.Selected, h.which.Selected = names[1], everySession
	h.span.OnChanged = func(string) { h.restart() }
	h.which.OnChanged = func(string) { h.restart() }
	filter := widget.NewEntry()
	filter.SetPlaceHolder("filter what is shown")
	filter.OnChanged = func(text string) { h.table.SetFilter(h.table.Contains(text)) }
	again := widget.NewButtonWithIcon("", theme.ViewRefreshIcon(), h.restart)
	h.details = container.NewStack(wrapped("Select a session to see its receipt."))
	split := container.NewVSplit(h.table, container.NewVScroll(h.details))
	split.Offset = 0.6
	h.content = container.NewBorder(container.NewBorder(nil, nil, container.NewHBox(h.span, h.which), again, filter), nil, nil, nil, split)
	return h
}

func historyColumns() []grid.Column[engine.Receipt] {
	return []grid.Column[engine.Receipt]{
		{ID: "began", Title: "Began", Width: 140, Text: func(r engine.Receipt) string { return timeWords(r.Began) }, Compare: func(a, b engine.Receipt) int { return a.Began.Compare(b.Began) }},
		{ID: "mode", Title: "Protection", Width: 100, Text: receiptWord, Icon: receiptIcon, Color: receiptColor},
		{ID: "source", Title: "Source", Width: 110, Flexible: true, Text: func(r engine.Receipt) string { return r.SourceName }},
		{ID: "target", Title: "Target", Width: 110, Flexible: true, Text: func(r engine.Receipt) string { return r.TargetName }},
		{ID: "route", Title: "Route", Width: 100, Flexible: true, Text: func(r engine.Receipt) string { return r.RouteName }},
		{ID: "bytes", Title: "Bytes", Width: 90, Align: fyne.TextAlignTrailing, Text: func(r engine.Receipt) string { return sizeWords(r.Traffic.ToTarget + r.Traffic.ToSource) },
			Compare: func(a, b engine.Receipt) int {
				return cmp.Compare(a.Traffic.ToTarget+a.Traffic.ToSource, b.Traffic.ToTarget+b.Traffic.ToSource)
			}},
		{ID: "lasted", Title: "Lasted", Width: 85, Align: fyne.TextAlignTrailing, Text: func(r engine.Receipt) string { return ageWords(r.Began, r.Ended) }, Compare: func(a, b engine.Receipt) int { return cmp.Compare(a.Ended.Sub(a.Began), b.Ended.Sub(b.Began)) }},
		{ID: "reason", Title: "Why it ended", Width: 220, Flexible: true, Text: func(r engine.Receipt) string { return r.Reason }},
	}
}

func receiptWord(r engine.Receipt) string {
	if r.State == engine.SessionRefused {
		return "refused"
	}
	return r.Decision.Mode.String()
}

func receiptIcon(r engine.Receipt) fyne.Resource {
	switch {
	case r.State == engine.SessionRefused:
		return theme.ErrorIcon()
	case r.Decision.Mode == engine.Sealed:
		return assets.LockClosed
	}
	return assets.LockOpen
}

func receiptColor(r engine.Receipt) fyne.ThemeColorName {
	if r.State == engine.SessionRefused {
		return ColorRefused
	}
	return modeColorOf(r.Decision.Mode)
}

// begin reads the first page, once.
func (h *historyPane) begin() {
	if !h.begun {
		h.restart()
	}
}

// restart reads from the newest receipt on.
func (h *historyPane) restart() {
	h.begun, h.all, h.reading = true, false, false
	h.turn++
	h.query = engine.ReceiptQuery{Limit: historyPage}
	for i := range spans {
		if spans[i].name == h.span.Selected && spans[i].span > 0 {
			h.query.From = time.Now().Add(-spans[i].span)
		}
	}
	switch h.which.Selected {
	case sealedSessions:
		h.query.Mode = engine.Sealed
	case plainSessions:
		h.query.Mode = engine.Plain
	case refusedOnes:
		h.query.State = engine.SessionRefused
	}
	h.table.SetRows(nil)
	h.more()
}

// more reads the next page.
func (h *historyPane) more() {
	if h.reading || h.all || !h.begun {
		return
	}
	h.reading = true
	query, turn := h.query, h.turn
	fetch(h.console, func(ctx context.Context) ([]engine.Receipt, error) { return h.console.Admin.Receipts(ctx, query) }, func(receipts []engine.Receipt, err error) {
		if turn != h.turn {
			return
		}
		h.reading = false
		if err != nil {
			h.all = true
			showError(h.console.Window, "The history could not be read", err)
			return
		}
		h.all = len(receipts) < query.Limit
		if len(receipts) > 0 {
			h.query.Before = receipts[len(receipts)-1].ID
			h.table.Append(receipts)
		}
	})
}

// show shows a receipt.
func (h *historyPane) show(r engine.Receipt, ok bool) {
	if !ok {
		return
	}
	facts := fmt.Sprintf("id %s · %s to %s · %s · to target %s, to source %s", r.ID, timeWords(r.Began), timeWords(r.Ended), counted(int(r.AllFlows), "connection", "connections"),
		sizeWords(r.Traffic.ToTarget), sizeWords(r.Traffic.ToSource))
	if r.Group != "" {
		facts += " · " + cipherWords(r.Cipher) + ", " + r.Group + " · over " + r.Endpoint
	}
	about := wrapped(facts)
	about.Selectable = true
	parts := []fyne.CanvasObject{about}
	if r.State == engine.SessionRefused {
		parts = append(parts, newNotice(theme.ErrorIcon(), ColorRefused, "Refused: "+r.Reason))
	}
	if !r.Key.Made.IsZero() {
		parts = append(parts, newTimeline(keyEvents(r.Key)))
	}
	parts = append(parts, decisionParts(&r.Decision.Decision)...)
	h.details.Objects = []fyne.CanvasObject{container.NewVBox(parts...)}
	h.details.Refresh()
}
