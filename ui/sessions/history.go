package sessions

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/engine/record"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// historyPane shows the receipts of sessions that ended or were refused.
type historyPane struct {
	console *page.Console
	content fyne.CanvasObject
	list    *page.PagedList[engine.Receipt]
	choice  *historyChoice
	filter  *widget.Entry
	details *sessionDetails
	panes   *kit.Panes
	exports *receiptExport // the one that runs; nil for none
}

func newHistoryPane(c *page.Console) *historyPane {
	h := &historyPane{console: c}
	h.list = page.NewPagedList(page.ListConfig[engine.Receipt]{
		Console: c, Name: "history", One: "session", Many: "sessions", ID: func(r *engine.Receipt) engine.ID { return r.ID },
		Columns: historyColumns(), Sorted: "began", Newest: string(engine.ReceiptsByEnded),
		Empty: kit.NewPlaceholder(theme.HistoryIcon(), "No session here", "Each session leaves a receipt when it has ended, and each one that was refused too, with the reason. Choose other dates, another kind or other words above.", nil).Content,
		List:  h.listing, Selected: h.selected,
	})
	h.choice = newHistoryChoice(h.list.Restart)
	h.filter = kit.NewFilter(func(string) { h.list.Typed() })
	again := kit.NewIconButton(theme.ViewRefreshIcon(), "Read it again", h.list.Restart)
	var export *widget.Button
	export = widget.NewButtonWithIcon("Export", theme.DocumentSaveIcon(), func() {
		menu := fyne.NewMenu("", fyne.NewMenuItem("As CSV…", func() { h.export(csvExport) }), fyne.NewMenuItem("As JSON…", func() { h.export(jsonExport) }))
		widget.ShowPopUpMenuAtRelativePosition(menu, c.Window.Canvas(), fyne.NewPos(0, export.Size().Height), export)
	})
	h.details = newSessionDetails(h.console, "Select a session to see its receipt: who, which rule, which cipher, and when its key was made, delivered and destroyed.")
	h.panes = kit.NewPanes(c.Preferences, "history", kit.UnderTable(h.list.Table, h.list.Caption), container.NewPadded(h.details.content))
	bar := kit.NewToolbar(h.filter, h.choice.content, again, export)
	h.content = kit.Border(container.NewVBox(bar, h.choice.days.Dates, h.list.Failed), nil, nil, nil, h.panes)
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
		{ID: "began", Title: "Began", Width: text.TimeWidth(142), Text: func(x r) string { return text.Time(x.Began) }, Descending: true, Tip: func(x r) string { return text.ZonedTime(x.Began) }},
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
		{ID: "ended", Title: "Ended", Width: text.TimeWidth(142), Hidden: true, Text: func(x r) string { return text.Time(x.Ended) }, Descending: true},
		{ID: "cipher", Title: "Cipher", Width: 98, Hidden: true, Unordered: true, Text: func(x r) string { return text.Cipher(x.Cipher) }},
		{ID: "group", Title: "Key exchange", Width: 120, Hidden: true, Unordered: true, Text: func(x r) string { return x.Group }},
		cpu,
	}
}

// update refreshes the choices of components and routes, and an export's progress.
func (h *historyPane) update(state *model.State) {
	h.choice.update(state)
	if h.exports != nil {
		h.exports.showProgress()
	}
	h.panes.Fit()
}

// chosen is the query of the user's choices. The engine searches the text, so it also finds receipts that are not read yet.
func (h *historyPane) chosen() (engine.ReceiptQuery, error) {
	query, err := h.choice.query()
	query.Text = h.filter.Text
	return query, err
}

// listing is the record narrowed by the user's choices.
func (h *historyPane) listing() (page.Listing[engine.Receipt], string) {
	chosen, err := h.chosen()
	if err != nil {
		return page.Listing[engine.Receipt]{}, "Choose other dates: " + err.Error()
	}
	query := func(part *page.Part) engine.ReceiptQuery {
		q := chosen
		q.Before, q.Limit, q.Upward = part.Before, part.Limit, part.Upward
		if part.Column != "began" {
			q.Order = engine.ReceiptOrder(part.Column)
		}
		return q
	}
	return page.Listing[engine.Receipt]{
		Read: func(ctx context.Context, part page.Part) ([]engine.Receipt, error) {
			return h.console.Admin.Receipts(ctx, query(&part))
		},
		Compare: func(part *page.Part, a, b *engine.Receipt) int {
			q := query(part)
			return record.CompareReceipts(&q, a, b)
		},
	}, ""
}

// selected shows a receipt, or what several sum up to.
func (h *historyPane) selected(r *engine.Receipt, ok bool) {
	switch {
	case ok:
		h.details.showReceipt(r, false)
	case h.list.Table.SelectionSize() > 0:
		sums := sumReceipts(h.list.Table.Selection())
		h.details.showSeveral(sums, sums.endedFacts())
	default:
		h.details.clear()
	}
	h.panes.Fit()
}

// open shows one receipt, whether or not it is in the table.
func (h *historyPane) open(r *engine.Receipt) {
	h.list.Select(r.ID)
	h.details.showReceipt(r, false)
	h.panes.Fit()
}
