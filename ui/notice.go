package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// notice is a line across the page that says what should be known: an icon, a coloured edge and wrapped text.
type notice struct {
	widget.BaseWidget
	icon  fyne.Resource
	color fyne.ThemeColorName
	label *widget.Label
	below fyne.CanvasObject // under the text; nil where there is nothing
}

func newNotice(icon fyne.Resource, color fyne.ThemeColorName, text string) *notice {
	n := &notice{icon: icon, color: color, label: widget.NewLabel(text)}
	n.label.Wrapping = fyne.TextWrapWord
	n.ExtendBaseWidget(n)
	return n
}

func (n *notice) setText(text string) {
	if n.label.Text != text {
		n.label.SetText(text)
	}
}

// CreateRenderer draws it.
func (n *notice) CreateRenderer() fyne.WidgetRenderer {
	edge := canvas.NewRectangle(colorOf(n.color))
	edge.SetMinSize(fyne.NewSize(4, 0))
	back := canvas.NewRectangle(colorOf(theme.ColorNameHeaderBackground))
	icon := widget.NewIcon(theme.NewColoredResource(n.icon, n.color))
	text := border(nil, n.below, nil, nil, n.label)
	return &noticeRenderer{notice: n, edge: edge, back: back, WidgetRenderer: widget.NewSimpleRenderer(container.NewStack(back, border(nil, nil, edge, nil,
		container.New(layout.NewCustomPaddedLayout(0, 0, 6, 6), border(nil, nil, icon, nil, text)))))}
}

// noticeRenderer follows the theme, under which a notice may stand for long.
type noticeRenderer struct {
	fyne.WidgetRenderer
	notice     *notice
	edge, back *canvas.Rectangle
}

// Refresh takes up the colours of the theme in force.
func (r *noticeRenderer) Refresh() {
	r.edge.FillColor, r.back.FillColor = colorOf(r.notice.color), colorOf(theme.ColorNameHeaderBackground)
	r.WidgetRenderer.Refresh()
}
