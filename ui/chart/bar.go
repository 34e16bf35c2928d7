package chart

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Part is a stretch of a Bar.
type Part struct {
	Share float32 // of the bar's whole length
	Color fyne.ThemeColorName
	// Soft draws the part paler: it is possible, not certain.
	Soft bool
}

// Level is what a Bar shows: parts from the left, one after the other, and a line. Levels can be compared.
type Level struct {
	Parts [3]Part
	// Mark is where the line stands, as a share of the length; 0 is none.
	Mark float32
}

// Bar shows how much of a whole something is.
type Bar struct {
	widget.BaseWidget
	level Level
	drawn *barRenderer
}

// NewBar makes an empty one.
func NewBar() *Bar {
	b := &Bar{}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows another level. The same one draws nothing.
func (b *Bar) Set(level Level) {
	if b.level == level {
		return
	}
	b.level = level
	if b.drawn != nil {
		b.drawn.place(b.Size())
	}
}

// CreateRenderer draws it.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	r := &barRenderer{bar: b, track: canvas.NewRectangle(nil), mark: canvas.NewRectangle(nil)}
	r.track.StrokeWidth = 1
	r.objects = []fyne.CanvasObject{r.track}
	for i := range r.parts {
		r.parts[i] = canvas.NewRectangle(nil)
		r.objects = append(r.objects, r.parts[i])
	}
	r.objects = append(r.objects, r.mark)
	b.drawn = r
	r.place(b.Size())
	return r
}

type barRenderer struct {
	bar         *Bar
	track, mark *canvas.Rectangle
	parts       [3]*canvas.Rectangle
	objects     []fyne.CanvasObject
}

const (
	leastBar    = 10 // high
	leastPart   = 2  // so that every part can be seen
	markWidth   = 2
	markBeyond  = 1 // above and below the parts
	trackBorder = 1
)

func (r *barRenderer) Destroy()                     { r.bar.drawn = nil }
func (r *barRenderer) MinSize() fyne.Size           { return fyne.NewSize(40, leastBar) }
func (r *barRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *barRenderer) Layout(size fyne.Size)        { r.place(size) }

// Refresh takes up the theme's colours.
func (r *barRenderer) Refresh() {
	r.place(r.bar.Size())
	canvas.Refresh(r.bar)
}

// place positions the rectangles of the level.
func (r *barRenderer) place(size fyne.Size) {
	ground := themed(theme.ColorNameInputBackground)
	r.track.FillColor, r.track.StrokeColor = ground, themed(theme.ColorNameInputBorder)
	r.track.Resize(size)
	length, height := size.Width-2*trackBorder, size.Height-2*trackBorder
	at := float32(trackBorder)
	for i, part := range r.bar.level.Parts {
		rectangle := r.parts[i]
		width := min(max(part.Share, 0)*length, trackBorder+length-at)
		if part.Share > 0 {
			width = min(max(width, leastPart), max(trackBorder+length-at, 0))
		}
		if width <= 0 || part.Color == "" {
			rectangle.Hide()
			continue
		}
		rectangle.FillColor = themed(part.Color)
		if part.Soft {
			rectangle.FillColor = between(rectangle.FillColor, ground)
		}
		rectangle.Move(fyne.NewPos(at, trackBorder))
		rectangle.Resize(fyne.NewSize(width, height))
		rectangle.Show()
		rectangle.Refresh()
		at += width
	}
	if r.bar.level.Mark <= 0 {
		r.mark.Hide()
	} else {
		r.mark.FillColor = themed(theme.ColorNameForeground)
		r.mark.Move(fyne.NewPos(trackBorder+min(r.bar.level.Mark, 1)*(length-markWidth), -markBeyond))
		r.mark.Resize(fyne.NewSize(markWidth, size.Height+2*markBeyond))
		r.mark.Show()
		r.mark.Refresh()
	}
	r.track.Refresh()
}

// between is the mean of two colours.
func between(a, b color.Color) color.Color {
	r, g, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	return color.NRGBA{R: uint8((r + r2) >> 9), G: uint8((g + g2) >> 9), B: uint8((b1 + b2) >> 9), A: 0xff}
}
