package simulator

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
)

// squareLook is how an hour of a week looks.
type squareLook struct {
	number  string      // of its limit; empty where none holds
	mode    engine.Mode // zero if it is the same all week
	leftOut bool        // the clocks skip this hour
	twice   bool        // the clocks repeat this hour
	cursor  bool
}

const (
	squareWidth  = page.ScheduleCell - 2
	squareHeight = page.ScheduleHeight - 2
	squareStripe = 3
)

// weekSquare draws an hour of a week.
type weekSquare struct {
	back   *canvas.Rectangle
	stripe *canvas.Rectangle // says sealed or plain
	number *canvas.Text
}

func newWeekSquare() weekSquare {
	s := weekSquare{back: canvas.NewRectangle(nil), stripe: canvas.NewRectangle(nil), number: canvas.NewText("", nil)}
	s.number.TextSize, s.number.Alignment = theme.CaptionTextSize(), fyne.TextAlignCenter
	return s
}

func (s *weekSquare) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{s.back, s.stripe, s.number}
}

func (s *weekSquare) place(at fyne.Position) {
	for _, o := range []fyne.CanvasObject{s.back, s.number} {
		o.Move(at)
		o.Resize(fyne.NewSize(squareWidth, squareHeight))
	}
	s.stripe.Move(at.AddXY(0, squareHeight-squareStripe))
	s.stripe.Resize(fyne.NewSize(squareWidth, squareStripe))
}

func (s *weekSquare) show(look squareLook) {
	s.back.FillColor, s.back.StrokeColor, s.back.StrokeWidth = kit.Color(theme.ColorNameInputBackground), kit.Color(theme.ColorNameInputBorder), 1
	s.number.Text, s.number.Color = look.number, kit.Color(theme.ColorNameForeground)
	switch {
	case look.leftOut:
		s.back.FillColor, s.back.StrokeColor = kit.Color(theme.ColorNameBackground), kit.Color(kit.ColorLine)
		s.number.Text, s.number.Color = "–", kit.Color(kit.ColorMuted)
	case look.number != "":
		s.back.FillColor = kit.Color(theme.ColorNameSelection)
	}
	if look.twice {
		s.back.StrokeColor, s.back.StrokeWidth = kit.Color(kit.ColorMuted), 2
	}
	if look.cursor {
		s.back.StrokeColor, s.back.StrokeWidth = kit.Color(theme.ColorNameForeground), 2
	}
	kit.Present(s.stripe, look.mode != 0 && !look.leftOut)
	s.stripe.FillColor = kit.Color(kit.ColorPlainFill)
	if look.mode == engine.Sealed {
		s.stripe.FillColor = kit.Color(kit.ColorSealedFill)
	}
}

// weekMark is an hour by itself, for the legend.
type weekMark struct {
	widget.BaseWidget
	squareLook
}

// CreateRenderer draws it.
func (m *weekMark) CreateRenderer() fyne.WidgetRenderer {
	r := &markRenderer{mark: m, square: newWeekSquare()}
	r.Refresh()
	return r
}

type markRenderer struct {
	mark   *weekMark
	square weekSquare
}

func (r *markRenderer) Destroy()                     {}
func (r *markRenderer) Objects() []fyne.CanvasObject { return r.square.objects() }
func (r *markRenderer) MinSize() fyne.Size           { return fyne.NewSize(squareWidth, squareHeight) }
func (r *markRenderer) Layout(fyne.Size)             { r.square.place(fyne.NewPos(0, 0)) }

// Refresh takes up the theme's colours.
func (r *markRenderer) Refresh() {
	r.square.show(r.mark.squareLook)
	canvas.Refresh(r.mark)
}
