package softcanvas

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// menuBar is the window's menu: a row of names, each of which opens its menu below it.
type menuBar struct {
	widget.BaseWidget
	main   *fyne.MainMenu
	canvas *Canvas
	names  []*menuName
	popUp  *widget.PopUpMenu // that is open
	open   int               // which one
}

func newMenuBar(main *fyne.MainMenu, c *Canvas) *menuBar {
	b := &menuBar{main: main, canvas: c}
	for i, menu := range main.Items {
		name := &menuName{bar: b, index: i, label: menu.Label}
		name.ExtendBaseWidget(name)
		b.names = append(b.names, name)
	}
	b.ExtendBaseWidget(b)
	return b
}

// toggle opens a menu; where one is open it closes that.
func (b *menuBar) toggle(index int) {
	if b.popUp != nil {
		b.close()
		return
	}
	b.show(index)
}

// show opens a menu in place of the one that is open.
func (b *menuBar) show(index int) {
	b.close()
	name := b.names[index]
	popUp := widget.NewPopUpMenu(b.main.Items[index], b.canvas)
	dismissed := popUp.OnDismiss
	popUp.OnDismiss = func() {
		dismissed()
		if b.popUp == popUp {
			b.popUp = nil
			name.Refresh()
		}
	}
	b.popUp, b.open = popUp, index
	popUp.ShowAtPosition(name.Position().AddXY(0, b.Size().Height))
	name.Refresh()
}

// close closes the menu that is open.
func (b *menuBar) close() {
	if popUp := b.popUp; popUp != nil {
		popUp.Dismiss()
	}
}

// take handles the keys that go from menu to menu while one is open.
func (b *menuBar) take(key fyne.KeyName) bool {
	if b.popUp == nil {
		return false
	}
	count := len(b.names)
	switch key {
	case fyne.KeyLeft:
		if !b.popUp.DeactivateLastSubmenu() {
			b.show((b.open + count - 1) % count)
		}
	case fyne.KeyRight:
		if !b.popUp.ActivateLastSubmenu() {
			b.show((b.open + 1) % count)
		}
	default:
		return false
	}
	return true
}

// pointAt opens the menu whose name the mouse comes to while another one is open.
func (b *menuBar) pointAt(p fyne.Position) {
	if b.popUp == nil || !areaOf(b.Position(), b.Size()).has(p) {
		return
	}
	for i, name := range b.names {
		if i != b.open && areaOf(name.Position(), name.Size()).has(p) {
			b.show(i)
			return
		}
	}
}

func (b *menuBar) CreateRenderer() fyne.WidgetRenderer {
	r := &menuBarRenderer{bar: b, background: canvas.NewRectangle(theme.Color(theme.ColorNameBackground))}
	r.objects = []fyne.CanvasObject{r.background}
	for _, name := range b.names {
		r.objects = append(r.objects, name)
	}
	return r
}

type menuBarRenderer struct {
	bar        *menuBar
	background *canvas.Rectangle
	objects    []fyne.CanvasObject
}

func (r *menuBarRenderer) Layout(size fyne.Size) {
	r.background.Resize(size)
	x := theme.InnerPadding()
	for _, name := range r.bar.names {
		least := name.MinSize()
		name.Move(fyne.NewPos(x, 0))
		name.Resize(fyne.NewSize(least.Width, size.Height))
		x += least.Width + theme.Padding()
	}
}

func (r *menuBarRenderer) MinSize() fyne.Size {
	size := fyne.NewSize(2*theme.InnerPadding(), 0)
	for _, name := range r.bar.names {
		least := name.MinSize()
		size = fyne.NewSize(size.Width+least.Width+theme.Padding(), max(size.Height, least.Height))
	}
	return size
}

func (r *menuBarRenderer) Refresh() {
	r.background.FillColor = theme.Color(theme.ColorNameBackground)
	r.background.Refresh()
	r.Layout(r.bar.Size())
}

func (r *menuBarRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *menuBarRenderer) Destroy()                     {}

// menuName is the name of a menu in the bar.
type menuName struct {
	widget.BaseWidget
	bar     *menuBar
	index   int
	label   string
	hovered bool
}

func (n *menuName) Tapped(*fyne.PointEvent) { n.bar.toggle(n.index) }

func (n *menuName) MouseIn(*desktop.MouseEvent) {
	n.hovered = true
	n.Refresh()
}

func (n *menuName) MouseMoved(*desktop.MouseEvent) {}

func (n *menuName) MouseOut() {
	n.hovered = false
	n.Refresh()
}

func (n *menuName) CreateRenderer() fyne.WidgetRenderer {
	r := &menuNameRenderer{name: n, background: canvas.NewRectangle(nil), text: canvas.NewText(n.label, nil)}
	r.Refresh()
	return r
}

type menuNameRenderer struct {
	name       *menuName
	background *canvas.Rectangle
	text       *canvas.Text
}

func (r *menuNameRenderer) Layout(size fyne.Size) {
	r.background.Resize(size)
	r.text.Resize(r.text.MinSize())
	r.text.Move(fyne.NewPos(theme.InnerPadding(), theme.InnerPadding()/2))
}

func (r *menuNameRenderer) MinSize() fyne.Size {
	return r.text.MinSize().AddWidthHeight(2*theme.InnerPadding(), theme.InnerPadding())
}

func (r *menuNameRenderer) Refresh() {
	r.text.TextSize, r.text.Color = theme.TextSize(), theme.Color(theme.ColorNameForeground)
	r.background.CornerRadius = theme.SelectionRadiusSize()
	bar := r.name.bar
	switch {
	case bar.popUp != nil && bar.open == r.name.index:
		r.background.FillColor = theme.Color(theme.ColorNameFocus)
		r.background.Show()
	case r.name.hovered:
		r.background.FillColor = theme.Color(theme.ColorNameHover)
		r.background.Show()
	default:
		r.background.Hide()
	}
	r.background.Refresh()
	r.text.Refresh()
}

func (r *menuNameRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.background, r.text}
}
func (r *menuNameRenderer) Destroy() {}
