package ui

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// finder is the dialog of Ctrl+K: a field, and below it what has the words that are typed there.
type finder struct {
	dialog *kit.Modal
	groups []findGroup
	rows   []findRow
	chosen int // the row that Enter opens; -1 where there is none
	entry  *findEntry
	list   *widget.List
	none   *widget.Label
}

// Find asks for words and lists what can be done, and every rule, component, route and session that has them.
func (s *Shell) Find() {
	if s.state == nil {
		return
	}
	f := &finder{groups: s.findGroups(s.state), none: kit.Centered("")}
	f.entry = newFindEntry(f)
	f.list = widget.NewList(func() int { return len(f.rows) }, newFindRow, func(i widget.ListItemID, o fyne.CanvasObject) { f.draw(i, o.(*fyne.Container)) })
	f.list.HideSeparators = true
	f.list.OnSelected = func(i widget.ListItemID) {
		f.list.UnselectAll()
		f.open(i)
	}
	f.look("")
	f.dialog = kit.ShowModal(s.console.Window, "Find", kit.Border(f.entry, nil, nil, nil, container.NewStack(f.list, container.NewCenter(container.New(kit.FixedWidth(420), f.none)))),
		fyne.NewSize(600, 480), nil, kit.Choice{Text: "Close"})
	s.console.Window.Canvas().Focus(f.entry)
}

// look lists what has the words of a text, and marks the first thing.
func (f *finder) look(text string) {
	f.rows = findRows(f.groups, text)
	f.chosen = slices.IndexFunc(f.rows, func(r findRow) bool { return r.thing != nil })
	kit.SetLabel(f.none, `Nothing has "`+text+`" in its name. Find looks through rules, components, routes, live sessions and actions. Sessions that have ended are under Sessions, History.`)
	kit.Present(f.none, len(f.rows) == 0)
	f.list.Refresh()
	f.list.ScrollToTop()
}

// move marks the next thing down or up, past titles.
func (f *finder) move(by int) {
	for i := f.chosen + by; i >= 0 && i < len(f.rows); i += by {
		if f.rows[i].thing != nil {
			f.chosen = i
			f.list.ScrollTo(i)
			f.list.Refresh()
			return
		}
	}
}

// open closes the dialog and goes to a thing, or does it.
func (f *finder) open(i int) {
	if i >= 0 && i < len(f.rows) && f.rows[i].thing != nil {
		f.dialog.Hide()
		f.rows[i].thing.run()
	}
}

// newFindRow is an empty row of the list.
func newFindRow() fyne.CanvasObject {
	back := canvas.NewRectangle(color.Transparent)
	back.CornerRadius = 4
	label := widget.NewLabel("")
	label.Truncation = fyne.TextTruncateEllipsis
	return container.NewStack(back, container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), label))
}

// draw fills a row.
func (f *finder) draw(i int, row *fyne.Container) {
	back, label := row.Objects[0].(*canvas.Rectangle), row.Objects[1].(*fyne.Container).Objects[0].(*widget.Label)
	r := &f.rows[i]
	label.Importance, label.TextStyle.Bold = widget.MediumImportance, r.title != ""
	words := "    "
	switch {
	case r.thing != nil:
		words += r.thing.text
	case r.more != "":
		label.Importance = widget.LowImportance
		words += r.more
	default:
		words = r.title
	}
	label.SetText(words)
	back.FillColor = color.Transparent
	if i == f.chosen {
		back.FillColor = kit.Color(kit.ColorRowChosen)
	}
	back.Refresh()
}

func moreWords(n int) string {
	return "and " + text.Number(n) + " more; type more of the name"
}

// findEntry is the field of the dialog. Down and Up move the mark in the list below it, Enter opens what is marked.
type findEntry struct {
	kit.FormEntry
	finder *finder
}

func newFindEntry(f *finder) *findEntry {
	e := &findEntry{finder: f}
	e.Escape = func() { f.dialog.OnEsc() }
	e.ExtendBaseWidget(e)
	e.SetPlaceHolder("an action, a rule, component, route, session or page")
	e.OnChanged = f.look
	e.OnSubmitted = func(string) { f.open(f.chosen) }
	return e
}

// TypedKey moves the mark.
func (e *findEntry) TypedKey(key *fyne.KeyEvent) {
	switch key.Name {
	case fyne.KeyDown:
		e.finder.move(1)
	case fyne.KeyUp:
		e.finder.move(-1)
	default:
		e.FormEntry.TypedKey(key)
	}
}
