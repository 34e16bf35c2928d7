package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/chart"
	"lockwire/ui/grid"
)

const (
	optionHeight  = 26
	optionPadding = 8
	optionMark    = 16 // the mark of what is taken already
)

// optionRow is one row in sight of a list of options.
type optionRow struct {
	widget.BaseWidget
	list   *optionList
	index  int // of the option that it shows
	option Option
	chosen bool // keys are at it
	taken  bool
	marked bool // there is room for a mark

	back        *canvas.Rectangle
	mark        *canvas.Image
	name, about *canvas.Text
}

func newOptionRow(l *optionList) *optionRow {
	r := &optionRow{list: l, back: canvas.NewRectangle(color.Transparent), mark: canvas.NewImageFromResource(theme.ConfirmIcon()), name: canvas.NewText("", nil), about: canvas.NewText("", nil)}
	r.back.CornerRadius = 4
	r.ExtendBaseWidget(r)
	return r
}

func (r *optionRow) set(index int, option Option, chosen, marked, taken bool) {
	r.index, r.option, r.chosen, r.marked, r.taken = index, option, chosen, marked, taken
	r.Refresh()
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (r *optionRow) AccessibilityLabel() string             { return r.option.Name }
func (r *optionRow) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped takes the option. With Ctrl, as in tables, the list stays open for another one.
func (r *optionRow) Tapped(*fyne.PointEvent) {
	r.list.cursor = r.index
	r.list.take()
	if r.list.isOpen() && grid.Modifiers()&fyne.KeyModifierShortcutDefault == 0 {
		r.list.field.close()
	}
}

// Cursor shows that it can be clicked.
func (r *optionRow) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn has the keys go on from here.
func (r *optionRow) MouseIn(*desktop.MouseEvent) {
	if r.list.cursor != r.index {
		r.list.cursor = r.index
		r.list.Refresh()
	}
}

// MouseMoved and MouseOut change nothing.
func (r *optionRow) MouseMoved(*desktop.MouseEvent) {}
func (r *optionRow) MouseOut()                      {}

// CreateRenderer draws it.
func (r *optionRow) CreateRenderer() fyne.WidgetRenderer { return &optionRowRenderer{row: r} }

type optionRowRenderer struct{ row *optionRow }

func (d *optionRowRenderer) Destroy()           {}
func (d *optionRowRenderer) MinSize() fyne.Size { return fyne.NewSize(100, optionHeight) }
func (d *optionRowRenderer) Objects() []fyne.CanvasObject {
	r := d.row
	return []fyne.CanvasObject{r.back, r.mark, r.name, r.about}
}

// Layout gives the name what it needs, and the rest to what else tells it from others.
func (d *optionRowRenderer) Layout(size fyne.Size) {
	r := d.row
	r.back.Resize(size)
	left := float32(optionPadding)
	r.mark.Resize(fyne.NewSquareSize(optionMark))
	r.mark.Move(fyne.NewPos(left, (size.Height-optionMark)/2))
	if r.marked {
		left += optionMark + optionPadding
	}
	room := size.Width - left - optionPadding
	text := func(t *canvas.Text, words string, x, width float32) float32 {
		t.TextSize = theme.TextSize()
		t.Text = chart.Shorten(words, t.TextSize, t.TextStyle, width)
		least := t.MinSize()
		t.Resize(least)
		t.Move(fyne.NewPos(x, (size.Height-least.Height)/2))
		return least.Width
	}
	used := text(r.name, r.option.Name, left, room)
	rest := room - used - 2*optionPadding
	r.about.Hidden = r.option.About == "" || rest < 40
	if !r.about.Hidden {
		text(r.about, r.option.About, left+used+2*optionPadding, rest)
	}
}

// Refresh draws it in the colours of the theme.
func (d *optionRowRenderer) Refresh() {
	r := d.row
	r.back.FillColor = color.Transparent
	if r.chosen {
		r.back.FillColor = Color(ColorRowChosen)
	}
	r.mark.Hidden = !r.taken
	r.mark.Resource = theme.NewPrimaryThemedResource(theme.ConfirmIcon())
	r.name.Color, r.about.Color = Color(theme.ColorNameForeground), Color(ColorMuted)
	d.Layout(r.Size())
	for _, o := range d.Objects() {
		o.Refresh()
	}
}
