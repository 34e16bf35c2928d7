package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Figure is one large value with a word above and a line below.
type Figure struct {
	widget.BaseWidget
	value  *canvas.Text
	detail *canvas.Text
	above  *canvas.Text
	color  fyne.ThemeColorName
}

func NewFigure(title string) *Figure {
	f := &Figure{value: canvas.NewText("–", nil), detail: canvas.NewText("", nil), above: canvas.NewText(title, nil), color: ColorMuted}
	f.value.TextSize, f.value.TextStyle.Bold = 24, true
	f.detail.TextSize, f.above.TextSize = theme.CaptionTextSize(), theme.CaptionTextSize()
	f.ExtendBaseWidget(f)
	return f
}

func (f *Figure) Set(value, detail string, color fyne.ThemeColorName) {
	if f.value.Text == value && f.detail.Text == detail && f.color == color {
		return
	}
	f.value.Text, f.detail.Text, f.color = value, detail, color
	f.Refresh()
}

// Refresh takes up the theme's colours.
func (f *Figure) Refresh() {
	f.value.Color, f.detail.Color, f.above.Color = Color(f.color), Color(ColorMuted), Color(ColorMuted)
	f.BaseWidget.Refresh()
}

// CreateRenderer draws it.
func (f *Figure) CreateRenderer() fyne.WidgetRenderer {
	f.value.Color, f.detail.Color, f.above.Color = Color(f.color), Color(ColorMuted), Color(ColorMuted)
	return widget.NewSimpleRenderer(container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), container.New(layout.NewCustomPaddedVBoxLayout(1), f.above, f.value, f.detail)))
}
