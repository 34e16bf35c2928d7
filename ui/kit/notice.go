package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Notice is a line across a page: an icon, a coloured edge and wrapped text.
type Notice struct {
	widget.BaseWidget
	icon  fyne.Resource
	Color fyne.ThemeColorName
	Label *widget.Label
	// Below stands under the text, Beside at its right; nil where there is nothing.
	Below, Beside fyne.CanvasObject
}

// NewNotice makes a notice in a colour.
func NewNotice(icon fyne.Resource, color fyne.ThemeColorName, text string) *Notice {
	n := &Notice{icon: icon, Color: color, Label: widget.NewLabel(text)}
	n.Label.Wrapping = fyne.TextWrapWord
	n.ExtendBaseWidget(n)
	return n
}

// SetText changes the notice's text.
func (n *Notice) SetText(text string) {
	if n.Label.Text != text {
		n.Label.SetText(text)
	}
}

// CreateRenderer draws it.
func (n *Notice) CreateRenderer() fyne.WidgetRenderer {
	edge := canvas.NewRectangle(Color(n.Color))
	edge.SetMinSize(fyne.NewSize(4, 0))
	back := canvas.NewRectangle(Color(theme.ColorNameHeaderBackground))
	icon := widget.NewIcon(theme.NewColoredResource(n.icon, n.Color))
	text := Border(nil, n.Below, nil, n.Beside, n.Label)
	return &noticeRenderer{notice: n, edge: edge, back: back, WidgetRenderer: widget.NewSimpleRenderer(container.NewStack(back, Border(nil, nil, edge, nil,
		container.New(layout.NewCustomPaddedLayout(0, 0, 6, 6), Border(nil, nil, icon, nil, text)))))}
}

// noticeRenderer follows the theme, under which a notice may stand for long.
type noticeRenderer struct {
	fyne.WidgetRenderer
	notice     *Notice
	edge, back *canvas.Rectangle
}

// Refresh takes up the colours of the theme in force.
func (r *noticeRenderer) Refresh() {
	r.edge.FillColor, r.back.FillColor = Color(r.notice.Color), Color(theme.ColorNameHeaderBackground)
	r.WidgetRenderer.Refresh()
}
