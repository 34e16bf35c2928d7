package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

// FigureTable shows a few figures in rows and columns: names at the left, the columns' titles above. What did not change is not
// drawn again.
type FigureTable struct {
	Content *fyne.Container
	shown   [][]string
	texts   [][]*canvas.Text
}

// NewFigureTable makes an empty table.
func NewFigureTable() *FigureTable {
	t := &FigureTable{}
	t.Content = &fyne.Container{Layout: figureLayout{t}}
	return t
}

// Set shows other figures; the first row has the titles.
func (t *FigureTable) Set(rows ...[]string) {
	// A text keeps its colour: another theme makes new ones.
	if slices.EqualFunc(rows, t.shown, slices.Equal) && (len(rows) == 0 || t.texts[0][0].Color == Color(ColorMuted)) {
		return
	}
	t.shown = rows
	t.texts, t.Content.Objects = nil, nil
	for i, row := range rows {
		var texts []*canvas.Text
		for j, cell := range row {
			text := canvas.NewText(cell, Color(theme.ColorNameForeground))
			if i == 0 || j == 0 {
				text.Color = Color(ColorMuted)
			}
			if j > 0 {
				text.Alignment = fyne.TextAlignTrailing
			}
			texts = append(texts, text)
			t.Content.Objects = append(t.Content.Objects, text)
		}
		t.texts = append(t.texts, texts)
	}
	t.Content.Refresh()
}

// figureLayout lays the figures out: each column as wide as it needs to be.
type figureLayout struct{ table *FigureTable }

const (
	figureGap  = 18 // between columns
	figureLine = 20
	figureEdge = 7 // as labels have
)

func (l figureLayout) widths() []float32 {
	var widths []float32
	for _, row := range l.table.texts {
		for j, text := range row {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], text.MinSize().Width)
		}
	}
	return widths
}

// MinSize is that of all columns.
func (l figureLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	width := float32(2 * figureEdge)
	for i, w := range l.widths() {
		if i > 0 {
			width += figureGap
		}
		width += w
	}
	return fyne.NewSize(width, float32(len(l.table.texts))*figureLine)
}

// Layout positions the texts.
func (l figureLayout) Layout([]fyne.CanvasObject, fyne.Size) {
	widths := l.widths()
	for i, row := range l.table.texts {
		x := float32(figureEdge)
		for j, text := range row {
			text.Move(fyne.NewPos(x, float32(i)*figureLine))
			text.Resize(fyne.NewSize(widths[j], figureLine))
			x += widths[j] + figureGap
		}
	}
}
