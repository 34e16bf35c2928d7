package grid

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Tip is a text beside what the mouse is on, such as a row whose text did not fit. It lies over everything else of its space.
type Tip struct {
	widget.BaseWidget
	back  *canvas.Rectangle
	label *widget.Label
}

// tipWidth is how wide a tip may be; longer texts are wrapped.
const tipWidth = 460

// NewTip makes a hidden one.
func NewTip() *Tip {
	t := &Tip{back: canvas.NewRectangle(nil), label: widget.NewLabel("")}
	t.back.StrokeWidth = 1
	t.back.CornerRadius = 3
	t.label.Wrapping = fyne.TextWrapWord
	t.ExtendBaseWidget(t)
	t.Hide()
	return t
}

// ShowAt shows a text in a space of a size, below a thing that begins at a height and is so high, or above it.
func (t *Tip) ShowAt(text string, x, top, height float32, space fyne.Size) {
	if t.Visible() && t.label.Text == text {
		return
	}
	t.label.SetText(text)
	padding := 2*theme.InnerPadding() + 2
	width := min(fyne.MeasureText(text, theme.TextSize(), fyne.TextStyle{}).Width+padding, tipWidth, space.Width-8)
	t.label.Resize(fyne.NewSize(width, 1)) // it says how high it is at a width
	size := fyne.NewSize(width, t.label.MinSize().Height)
	y := top + height
	if y+size.Height > space.Height {
		y = max(top-size.Height, 0)
	}
	t.Move(fyne.NewPos(max(min(x, space.Width-width-4), 0), y))
	t.Resize(size)
	t.Show()
	t.Refresh()
}

// CreateRenderer draws it.
func (t *Tip) CreateRenderer() fyne.WidgetRenderer { return &tipRenderer{t} }

type tipRenderer struct{ tip *Tip }

func (r *tipRenderer) Destroy()           {}
func (r *tipRenderer) MinSize() fyne.Size { return r.tip.label.MinSize() }
func (r *tipRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.tip.back, r.tip.label}
}

func (r *tipRenderer) Layout(size fyne.Size) {
	r.tip.back.Resize(size)
	r.tip.label.Resize(size)
}

func (r *tipRenderer) Refresh() {
	r.tip.back.FillColor, r.tip.back.StrokeColor = themed(theme.ColorNameOverlayBackground), themed(theme.ColorNameInputBorder)
	canvas.Refresh(r.tip)
}

// hovered shows the text of the cell under the mouse that did not fit.
func (g *Grid[T]) hovered(i int, x float32, cut func(cell int) bool) {
	column := g.columnAt(x)
	if i < 0 || i >= len(g.shown) || column < 0 {
		g.tip.Hide()
		return
	}
	text, left, cell := "", float32(0), 0
	for j, width := range g.layout() {
		if j == column {
			break
		}
		if left += width; width > 0 {
			cell++
		}
	}
	if tip := g.columns[column].Tip; tip != nil {
		text = tip(g.shown[i])
	}
	if text == "" && cut(cell) {
		text = g.columns[column].Text(g.shown[i])
	}
	if text == "" {
		g.tip.Hide()
		return
	}
	g.tip.ShowAt(text, left, headerHeight+float32(i)*rowHeight-g.list.scroll.Offset.Y, rowHeight, g.Size())
}

func (g *Grid[T]) left() { g.tip.Hide() }
