package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/grid"
)

// maximumFound keeps the list of finds short enough to read.
const maximumFound = 200

// Find asks for a word and lists every rule, component, route and session that has it.
func (s *Shell) Find() {
	if s.state == nil {
		return
	}
	var all []Found
	for _, page := range s.pages {
		all = append(all, Found{Page: page.Name(), Text: "page " + page.Title()})
		if finder, ok := page.(Finder); ok {
			all = append(all, finder.Find(s.state)...)
		}
	}
	found := search(all, "")
	var m *modal
	entry := newFormEntry(func() { m.onEsc() })
	entry.SetPlaceHolder("rule, component, route, session, page")
	line := func() fyne.CanvasObject {
		label := widget.NewLabel("")
		label.Truncation = fyne.TextTruncateEllipsis
		return label
	}
	list := widget.NewList(func() int { return len(found) }, line,
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*widget.Label).SetText(found[i].Text) })
	entry.OnChanged = func(text string) {
		found = search(all, text)
		list.UnselectAll()
		list.Refresh()
	}
	open := func(i int) {
		if i < len(found) {
			m.hide()
			s.console.Go(found[i].Page, found[i].Thing)
		}
	}
	list.OnSelected = open
	entry.OnSubmitted = func(string) { open(0) }
	m = showModal(s.console.Window, "Find", border(entry, nil, nil, nil, list), fyne.NewSize(560, 420), nil, choice{text: "Close"})
	s.console.Window.Canvas().Focus(entry)
}

// search gives what contains every word of a text, whatever its case.
func search(all []Found, text string) []Found {
	words := grid.ParseWords(text)
	var found []Found
	for _, f := range all {
		if len(found) < maximumFound && words.In(f.Text) {
			found = append(found, f)
		}
	}
	return found
}
