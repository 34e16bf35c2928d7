package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// LegendItem is a colour and what it stands for.
type LegendItem struct {
	Color fyne.ThemeColorName
	Text  string
}

// Legend says what the colours of a picture stand for.
type Legend struct {
	widget.BaseWidget
	items []LegendItem
}

// NewLegend makes a legend of its items, in their order.
func NewLegend(items ...LegendItem) *Legend {
	l := &Legend{items: items}
	l.ExtendBaseWidget(l)
	return l
}

// legendGap is between two items: farther apart than a colour and its words.
const legendGap = 12

// CreateRenderer draws it.
func (l *Legend) CreateRenderer() fyne.WidgetRenderer {
	r := &legendRenderer{legend: l, row: container.New(layout.NewCustomPaddedHBoxLayout(legendGap))}
	for _, item := range l.items {
		square, text := canvas.NewRectangle(Color(item.Color)), canvas.NewText(item.Text, Color(ColorMuted))
		square.SetMinSize(fyne.NewSquareSize(10))
		text.TextSize = theme.CaptionTextSize()
		r.squares, r.texts = append(r.squares, square), append(r.texts, text)
		r.row.Add(container.NewHBox(container.NewCenter(square), container.NewCenter(text)))
	}
	r.WidgetRenderer = widget.NewSimpleRenderer(container.New(layout.NewCustomPaddedLayout(0, 0, 7, 4), r.row))
	r.color()
	return r
}

type legendRenderer struct {
	fyne.WidgetRenderer
	legend  *Legend
	row     *fyne.Container
	squares []*canvas.Rectangle
	texts   []*canvas.Text
}

func (r *legendRenderer) color() {
	for i, item := range r.legend.items {
		r.squares[i].FillColor, r.texts[i].Color = Color(item.Color), Color(ColorMuted)
	}
}

// Refresh takes up the theme's colours.
func (r *legendRenderer) Refresh() {
	r.color()
	r.WidgetRenderer.Refresh()
	canvas.Refresh(r.legend)
}
