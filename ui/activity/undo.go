package activity

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/engine/record"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// takeBack takes the change of the selected entry back, with all of its entries. What that does is shown and asked about like any change.
func (p *view) takeBack() {
	e, ok := p.list.Table.Selected()
	if !ok || !p.console.MayChange() || !record.Undoable(e) {
		return
	}
	what := entryWords(e)
	page.AskChange(p.console, engine.Change{Undo: e.ID}, "Undo: "+what+"?", "Undone: "+what)
}

// entryWords say what an entry is of.
func entryWords(e *engine.AuditEntry) string {
	if len(e.Parts) > 0 {
		return record.InWords(e)
	}
	return strings.TrimSpace(record.InWords(e) + ": " + e.Thing)
}

// pairParts says what a change made of pairs, and names them.
func pairParts(t *engine.Turned) []fyne.CanvasObject {
	parts := []fyne.CanvasObject{kit.Caption("What the change made of pairs: " + t.InWords())}
	for i := range t.Pairs {
		pair := &t.Pairs[i]
		words := pair.Source + " and " + pair.Target
		if len(pair.Routes) > 0 {
			words += " (" + strings.Join(pair.Routes, ", ") + ")"
		}
		sign := widget.NewIcon(theme.NewColoredResource(page.ProtectionIcon(pair.After), page.ProtectionColor(pair.After)))
		parts = append(parts, kit.Border(nil, nil, container.NewCenter(sign), nil, kit.Wrapped(words+": from "+string(pair.Before)+" to "+string(pair.After))))
	}
	if t.More > 0 {
		parts = append(parts, kit.Muted("and "+text.Count(t.More, "more pair", "more pairs")))
	}
	return parts
}
