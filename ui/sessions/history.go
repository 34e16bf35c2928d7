package sessions

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// historyRead is how many receipts are read at a time.
const historyRead = 200

// historyPane shows the receipts of sessions that ended or were refused, read in pages as one scrolls.
type historyPane struct {
	console *page.Console
	content fyne.CanvasObject
	table   *grid.Grid[*engine.Receipt]
	choice  *historyChoice
	filter  *widget.Entry
	count   *widget.Label
	failed  *fyne.Container // a notice, where reading failed
	details *sessionDetails
	exports *receiptExport // the one that runs; nil for none

	query   engine.ReceiptQuery
	seen    time.Time // until when it is known which sessions have ended
	reading bool
	again   bool // sessions have ended while a page was read
	all     bool // everything of the query is read
	begun   bool
	opened  bool   // a session was selected, so that the page does not begin with an empty half
	turn    int    // the number of the newest query: pages of an older one are dropped
	cancel  func() // ends the reading under way
}

func newHistoryPane(c *page.Console) *historyPane {
	h := &historyPane{console: c, failed: container.NewStack(), count: kit.TableCaption(), cancel: func() {}}
	h.table = grid.New(func(r *engine.Receipt) string { return string(r.ID) }, historyColumns()...)
	h.table.Sort("began", true)
	h.table.Remember(c.Preferences, "history")
	h.table.OnOrder = h.restart
	h.table.SetEmpty(kit.NewPlaceholder(theme.HistoryIcon(), "No session here", "Each session leaves a receipt when it has ended, and each one that was refused too, with the reason. Choose other dates, another kind or other words above.", nil).Content)
	h.table.NearEnd = h.more
	h.table.OnSelected = h.selected
	h.choice = newHistoryChoice(h.restart)
	h.filter = kit.NewFilter(func(string) { h.ask(c.TypingPause) })
	again := widget.NewButtonWithIcon("", theme.ViewRefreshIcon(), h.restart)
	var export *widget.Button
	export = widget.NewButtonWithIcon("Export", theme.DocumentSaveIcon(), func() {
		menu := fyne.NewMenu("", fyne.NewMenuItem("As CSV…", func() { h.export(csvExport) }), fyne.NewMenuItem("As JSON…", func() { h.export(jsonExport) }))
		widget.ShowPopUpMenuAtRelativePosition(menu, c.Window.Canvas(), fyne.NewPos(0, export.Size().Height), export)
	})
	h.details = newSessionDetails(h.console, "Select a session to see its receipt: who, which rule, which cipher, and when its key was made, delivered and destroyed.")
	split := container.NewVSplit(kit.UnderTable(h.table, h.count), container.NewPadded(h.details.content))
	split.Offset = 0.55
	bar := kit.NewToolbar(h.filter, h.choice.content, again, export)
	h.content = kit.Border(container.NewVBox(bar, h.choice.dates, h.failed), nil, nil, nil, split)
	return h
}

// historyColumns have the names of the engine's orders as their ids, where receipts are listed by them.
func historyColumns() []grid.Column[*engine.Receipt] {
	type r = *engine.Receipt
	number := func(title, id string, width float32, text func(r) string) grid.Column[r] {
		return grid.Column[r]{ID: id, Title: title, Width: width, Align: fyne.TextAlignTrailing, Text: text, Descending: true}
	}
	cpu := number("CPU s/GB", "cpu", 76, func(x r) string { return text.CPU(x.Traffic) })
	cpu.Unordered, cpu.Hidden = true, true
	return []grid.Column[r]{
		{ID: "began", Title: "Began", Width: 142, Text: func(x r) string { return text.Time(x.Began) }, Descending: true, Tip: func(x r) string { return text.ZonedTime(x.Began) }},
		{ID: "protection", Title: "Protection", Width: 96, Text: text.Receipt, Icon: page.ReceiptIcon, Color: page.ReceiptColor},
		{ID: "source", Title: "Source", Width: 100, Flexible: true, Text: func(x r) string { return x.SourceName }},
		{ID: "target", Title: "Target", Width: 100, Flexible: true, Text: func(x r) string { return x.TargetName }},
		{ID: "route", Title: "Route", Width: 90, Flexible: true, Text: func(x r) string { return x.RouteName }},
		{ID: "why", Title: "Why", Width: 110, Flexible: true, Yields: 1, Text: func(x r) string { return x.Decision.Because() }, Unordered: true},
		number("Bytes", "bytes", 84, func(x r) string { return text.Size(x.Traffic.Bytes()) }),
		number("Lasted", "lasted", 66, func(x r) string { return text.ShortAge(x.Began, x.Ended) }),
		{ID: "reason", Title: "Why it ended", Width: 170, Flexible: true, Unordered: true, Text: func(x r) string { return x.Reason }, Color: func(x r) fyne.ThemeColorName {
			if x.State == engine.SessionRefused {
				return kit.ColorRefused
			}
			return ""
		}},
		{ID: "ended", Title: "Ended", Width: 142, Hidden: true, Text: func(x r) string { return text.Time(x.Ended) }, Descending: true},
		{ID: "cipher", Title: "Cipher", Width: 98, Hidden: true, Unordered: true, Text: func(x r) string { return text.Cipher(x.Cipher) }},
		{ID: "group", Title: "Key exchange", Width: 120, Hidden: true, Unordered: true, Text: func(x r) string { return x.Group }},
		cpu,
	}
}

// update takes up the components and routes that can be chosen, and how far an export is.
func (h *historyPane) update(state *model.State) {
	h.choice.update(state)
	if h.exports != nil {
		h.exports.tell()
	}
}

// chosen is what is to be shown. The engine looks for the text, so that it is found in whatever receipt it stands.
func (h *historyPane) chosen() (engine.ReceiptQuery, error) {
	query, err := h.choice.query()
	query.Text = h.filter.Text
	return query, err
}

// restart reads from the first receipt on.
func (h *historyPane) restart() { h.ask(0) }

// ask reads from the first receipt on, in the order of the table, once typing has paused for so long.
func (h *historyPane) ask(typing time.Duration) {
	h.cancel()
	h.begun, h.all, h.reading, h.again = true, false, false, false
	h.turn++
	query, problem := h.chosen()
	h.query = query
	h.query.Limit = historyRead
	if column, downward := h.table.Order(); column != "" {
		h.query.Upward = !downward
		if column != "began" {
			h.query.Order = engine.ReceiptOrder(column)
		}
	}
	h.fail("")
	if problem != nil {
		h.all = true
		h.fail("Choose other dates: " + problem.Error())
		h.table.SetRows(nil)
	}
	h.next(typing)
	h.tell()
}

// more reads the next page.
func (h *historyPane) more() { h.next(0) }

func (h *historyPane) next(typing time.Duration) {
	if h.reading || h.all || !h.begun {
		return
	}
	h.read(h.query, typing, func(receipts []engine.Receipt) {
		h.all = len(receipts) < h.query.Limit
		first := h.query.Before == ""
		if len(receipts) > 0 {
			h.query.Before = receipts[len(receipts)-1].ID
		}
		if first {
			h.table.SetRows(page.Pointers(receipts)) // only now, so that what is selected stays so where it is among them
			h.opened = h.opened || h.table.SelectFirst()
		} else {
			h.table.Append(page.Pointers(receipts))
		}
	})
}

// renew reads the sessions that have ended since, and puts each where it belongs among those that were read before. One that belongs
// below all of them comes when one has scrolled there.
func (h *historyPane) renew() {
	if !h.begun {
		h.restart()
		return
	}
	if h.reading {
		h.again = true
		return
	}
	query := h.query
	query.Before, query.Order, query.Upward = "", engine.ReceiptsByEnded, false
	h.read(query, 0, func(receipts []engine.Receipt) {
		known := h.table.Rows()
		have := make(map[engine.ID]bool, len(known))
		for _, r := range known {
			have[r.ID] = true
		}
		seen := h.seen
		if len(receipts) > 0 {
			h.seen = receipts[0].Ended
		}
		if len(receipts) == query.Limit && receipts[len(receipts)-1].Ended.After(seen) && !seen.IsZero() {
			h.restart() // more have ended than were read
			return
		}
		fresh := slices.DeleteFunc(page.Pointers(receipts), func(r *engine.Receipt) bool {
			return have[r.ID] || !h.all && (len(known) == 0 || h.query.Compare(r, known[len(known)-1]) > 0)
		})
		if len(fresh) == 0 {
			return
		}
		rows := append(fresh, known...)
		slices.SortFunc(rows, h.query.Compare)
		h.table.SetRows(rows)
	})
}

// read asks for a page and hands it over, unless another query was begun meanwhile.
func (h *historyPane) read(query engine.ReceiptQuery, typing time.Duration, take func([]engine.Receipt)) {
	h.reading = true
	turn := h.turn
	h.cancel = kit.FetchCancellable(h.console.Background, func(ctx context.Context) ([]engine.Receipt, error) {
		if err := kit.Pause(ctx, typing); err != nil {
			return nil, err
		}
		return h.console.Admin.Receipts(ctx, query)
	}, func(receipts []engine.Receipt, err error) {
		if turn != h.turn {
			return
		}
		h.reading = false
		if err != nil {
			h.all = true // asked again by a person, not by each row that scrolls by
			if h.query.Before == "" {
				h.table.SetRows(nil) // what was shown is not what was asked for
			}
			h.fail("The history could not be read: " + text.FieldError(err).Error())
		} else {
			take(receipts)
		}
		h.tell()
		if h.again && !h.reading {
			h.again = false
			h.renew()
		}
	})
}

// fail shows what went wrong above the table; an empty text takes it away.
func (h *historyPane) fail(text string) {
	if text == "" && len(h.failed.Objects) == 0 {
		return
	}
	h.failed.Objects = nil
	if text != "" {
		h.failed.Objects = []fyne.CanvasObject{kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, text+".")}
	}
	h.failed.Refresh()
}

// tell says how much was read.
func (h *historyPane) tell() {
	words := text.Count(len(h.table.Rows()), "session", "sessions")
	switch {
	case h.reading:
		words += ", reading…"
	case !h.all:
		words += " read so far; scroll down for more"
	}
	kit.SetLabel(h.count, words+text.Selected(h.table.SelectionSize()))
}

// selected shows a receipt, or what several sum up to.
func (h *historyPane) selected(r *engine.Receipt, ok bool) {
	h.tell()
	switch {
	case ok:
		h.details.showReceipt(r, false)
	case h.table.SelectionSize() > 0:
		sums := sumReceipts(h.table.Selection())
		h.details.showSeveral(sums, sums.endedFacts())
	default:
		h.details.clear()
	}
}

// open shows one receipt, whether or not it is in the table.
func (h *historyPane) open(r *engine.Receipt) {
	h.opened = true
	h.table.Select(string(r.ID))
	h.details.showReceipt(r, false)
}
