package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/chart"
)

// Figure is one large value with a word above and a line below.
type Figure struct {
	widget.BaseWidget
	value  *canvas.Text
	detail *canvas.Text
	above  *canvas.Text
	color  fyne.ThemeColorName
	whole  string // the whole detail, which may hold a long name; what does not fit is cut
}

// NewFigure makes a figure without a value.
func NewFigure(title string) *Figure {
	f := &Figure{value: canvas.NewText("–", nil), detail: canvas.NewText("", nil), above: canvas.NewText(title, nil), color: ColorMuted}
	f.value.TextSize, f.value.TextStyle.Bold = 24, true
	f.detail.TextSize, f.above.TextSize = theme.CaptionTextSize(), theme.CaptionTextSize()
	f.ExtendBaseWidget(f)
	return f
}

// Set shows a value in a colour, with a line of detail below it.
func (f *Figure) Set(value, detail string, color fyne.ThemeColorName) {
	if f.value.Text == value && f.whole == detail && f.color == color {
		return
	}
	f.value.Text, f.whole, f.color = value, detail, color
	f.fit(f.Size())
	f.Refresh()
}

// figureMargin is left free at each side.
const figureMargin = 8

// fit draws as much of the detail as fits.
func (f *Figure) fit(size fyne.Size) {
	if size.Width <= 2*figureMargin { // not laid out yet
		f.detail.Text = f.whole
		return
	}
	f.detail.Text = chart.Shorten(f.whole, f.detail.TextSize, f.detail.TextStyle, size.Width-2*figureMargin)
}

// Resize cuts the detail anew.
func (f *Figure) Resize(size fyne.Size) {
	if size.Width != f.Size().Width {
		f.fit(size)
		f.detail.Refresh()
	}
	f.BaseWidget.Resize(size)
}

// MinSize is that of the value and the word above it; the detail has what is left.
func (f *Figure) MinSize() fyne.Size {
	least := f.BaseWidget.MinSize()
	return fyne.NewSize(max(f.value.MinSize().Width, f.above.MinSize().Width)+2*figureMargin, least.Height)
}

// Refresh takes up the theme's colours.
func (f *Figure) Refresh() {
	f.value.Color, f.detail.Color, f.above.Color = Color(f.color), Color(ColorMuted), Color(ColorMuted)
	f.BaseWidget.Refresh()
}

// CreateRenderer draws it.
func (f *Figure) CreateRenderer() fyne.WidgetRenderer {
	f.value.Color, f.detail.Color, f.above.Color = Color(f.color), Color(ColorMuted), Color(ColorMuted)
	return widget.NewSimpleRenderer(container.New(layout.NewCustomPaddedLayout(6, 6, figureMargin, figureMargin), container.New(layout.NewCustomPaddedVBoxLayout(1), f.above, f.value, f.detail)))
}
