package grid

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
)

// SelectedText is the selected rows as text for the clipboard: one row a line, the shown columns separated by tabs. Several rows get
// a line of titles for a spreadsheet; a single row, which goes into a ticket or a chat, does not.
func (g *Grid[T]) SelectedText() string {
	rows := g.Selection()
	columns := g.visible()
	var text strings.Builder
	line := func(cell func(column int) string) {
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		for i, column := range columns {
			if i > 0 {
				text.WriteByte('\t')
			}
			text.WriteString(oneCell.Replace(cell(column)))
		}
	}
	if len(rows) > 1 {
		line(g.titleOf)
	}
	for _, row := range rows {
		line(func(column int) string { return g.columns[column].Text(row) })
	}
	return text.String()
}

// oneCell keeps a text from being taken for two cells or two rows.
var oneCell = strings.NewReplacer("\t", " ", "\r\n", " ", "\n", " ", "\r", " ")

// titleOf names a column, even one without a title.
func (g *Grid[T]) titleOf(column int) string {
	if title := g.columns[column].Title; title != "" {
		return title
	}
	return g.columns[column].ID
}

// Copy puts the selected rows into the clipboard; without any it leaves it as it is.
func (g *Grid[T]) Copy() {
	if text := g.SelectedText(); text != "" {
		fyne.CurrentApp().Clipboard().SetContent(text)
	}
}

// selectionItems are the menu items that every grid has for the selected rows.
func (g *Grid[T]) selectionItems() []*fyne.MenuItem {
	title := "Copy row"
	if len(g.chosen) > 1 {
		title = fmt.Sprintf("Copy %d rows", len(g.chosen))
	}
	copying, all := fyne.NewMenuItem(title, g.Copy), fyne.NewMenuItem("Select all", g.selectAll)
	copying.Shortcut, all.Shortcut = &fyne.ShortcutCopy{}, &fyne.ShortcutSelectAll{}
	return []*fyne.MenuItem{copying, all}
}
