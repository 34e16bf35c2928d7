package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// event is one point of a time line. A zero time has not come yet.
type event struct {
	what string
	when time.Time
	note string
}

// keyEvents are the points of a key's life.
func keyEvents(k engine.KeyLife) []event {
	return []event{
		{"made", k.Made, ""},
		{"gone at the broker", k.DestroyedBroker, ""},
		{"at the target", k.DeliveredTarget, ""},
		{"at the source", k.DeliveredSource, ""},
		{"destroyed, source", k.DestroyedSource, string(k.SourceErasure)},
		{"destroyed, target", k.DestroyedTarget, string(k.TargetErasure)},
	}
}

// timeline draws events from left to right, evenly spaced, filled once they have happened.
type timeline struct {
	widget.BaseWidget
	events []event
}

func newTimeline(events []event) *timeline {
	t := &timeline{events: events}
	t.ExtendBaseWidget(t)
	return t
}

// CreateRenderer draws it.
func (t *timeline) CreateRenderer() fyne.WidgetRenderer {
	r := &timelineRenderer{line: canvas.NewLine(colorOf(theme.ColorNameSeparator)), events: t.events}
	r.line.StrokeWidth = 2
	r.objects = []fyne.CanvasObject{r.line}
	for _, e := range t.events {
		dot := canvas.NewCircle(colorOf(theme.ColorNameBackground))
		dot.StrokeWidth, dot.StrokeColor = 2, colorOf(ColorMuted)
		when := "not yet"
		if !e.when.IsZero() {
			dot.FillColor, dot.StrokeColor = colorOf(ColorSealed), colorOf(ColorSealed)
			when = e.when.Local().Format("15:04:05.000")
		} else if e.note != "" {
			when = e.note
		}
		what, at := canvas.NewText(e.what, colorOf(theme.ColorNameForeground)), canvas.NewText(when, colorOf(ColorMuted))
		what.TextSize, at.TextSize = theme.CaptionTextSize(), theme.CaptionTextSize()
		what.Alignment, at.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
		r.dots, r.what, r.when = append(r.dots, dot), append(r.what, what), append(r.when, at)
		r.objects = append(r.objects, dot, what, at)
	}
	return r
}

type timelineRenderer struct {
	events     []event
	line       *canvas.Line
	dots       []*canvas.Circle
	what, when []*canvas.Text
	objects    []fyne.CanvasObject
}

func (r *timelineRenderer) Destroy()                     {}
func (r *timelineRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *timelineRenderer) MinSize() fyne.Size           { return fyne.NewSize(float32(len(r.dots))*100, 58) }
func (r *timelineRenderer) Refresh()                     {}

func (r *timelineRenderer) Layout(size fyne.Size) {
	if len(r.dots) == 0 {
		return
	}
	step := min(size.Width/float32(len(r.dots)), 160)
	middle := func(i int) float32 { return step * (float32(i) + 0.5) }
	r.line.Position1, r.line.Position2 = fyne.NewPos(middle(0), 12), fyne.NewPos(middle(len(r.dots)-1), 12)
	for i := range r.dots {
		r.dots[i].Move(fyne.NewPos(middle(i)-6, 6))
		r.dots[i].Resize(fyne.NewSquareSize(12))
		r.what[i].Move(fyne.NewPos(middle(i)-step/2, 22))
		r.what[i].Resize(fyne.NewSize(step, 16))
		r.when[i].Move(fyne.NewPos(middle(i)-step/2, 37))
		r.when[i].Resize(fyne.NewSize(step, 16))
	}
}
