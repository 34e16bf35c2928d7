package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/page"
)

// maximumFound keeps the list of finds short enough to read.
const maximumFound = 200

// Find asks for a word and lists every rule, component, route and session that has it.
func (s *Shell) Find() {
	if s.state == nil {
		return
	}
	var all []page.Found
	for _, shown := range s.pages {
		if !s.wanted(shown) {
			continue
		}
		all = append(all, page.Found{Page: shown.Name(), Text: "page " + shown.Title()})
		if finder, ok := shown.(page.Finder); ok {
			all = append(all, finder.Find(s.state)...)
		}
	}
	found := search(all, "")
	var m *kit.Modal
	entry := kit.NewFormEntry(func() { m.OnEsc() })
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
			m.Hide()
			s.console.Go(found[i].Page, found[i].Thing)
		}
	}
	list.OnSelected = open
	entry.OnSubmitted = func(string) { open(0) }
	m = kit.ShowModal(s.console.Window, "Find", kit.Border(entry, nil, nil, nil, list), fyne.NewSize(560, 420), nil, kit.Choice{Text: "Close"})
	s.console.Window.Canvas().Focus(entry)
}

// search finds what contains every word of a text, ignoring case.
func search(all []page.Found, text string) []page.Found {
	words := grid.ParseWords(text)
	var found []page.Found
	for _, f := range all {
		if len(found) < maximumFound && words.In(f.Text) {
			found = append(found, f)
		}
	}
	return found
}
