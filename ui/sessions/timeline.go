package sessions

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// event is one point of a time line. A zero time has not come yet.
type event struct {
	what string
	when time.Time
	note string // below the time, or instead of it
}

// keyEvents are the points of a key's life.
func keyEvents(k engine.KeyLife) []event {
	return []event{
		{"made", k.Made, ""},
		{"gone at the broker", k.DestroyedBroker, ""},
		{"at the target", k.DeliveredTarget, ""},
		{"at the source", k.DeliveredSource, ""},
		{"gone at the source", k.DestroyedSource, string(k.SourceErasure)},
		{"gone at the target", k.DestroyedTarget, string(k.TargetErasure)},
	}
}

const (
	timelineHeight = 84
	timelineStep   = 108 // the least for one event
	timelineMost   = 170 // any wider, and the events no longer read as one line
)

// timeline draws events from left to right, evenly spaced: filled and joined by a line once they have happened, empty before.
type timeline struct {
	widget.BaseWidget
	events []event
}

func newTimeline(events []event) *timeline {
	t := &timeline{events: events}
	t.ExtendBaseWidget(t)
	return t
}

func (t *timeline) set(events []event) {
	if !slices.Equal(t.events, events) {
		t.events = events
		t.Refresh()
	}
}

// CreateRenderer draws it.
func (t *timeline) CreateRenderer() fyne.WidgetRenderer {
	r := &timelineRenderer{timeline: t}
	r.build()
	return r
}

// timelinePoint is what is drawn of one event.
type timelinePoint struct {
	line  *canvas.Rectangle // from the one before
	dot   *canvas.Circle
	texts []*canvas.Text
}

type timelineRenderer struct {
	timeline *timeline
	points   []timelinePoint
	objects  []fyne.CanvasObject
}

func (r *timelineRenderer) build() {
	r.points, r.objects = nil, nil
	caption := func(text string, color fyne.ThemeColorName) *canvas.Text {
		t := canvas.NewText(text, kit.Color(color))
		t.TextSize, t.Alignment = theme.CaptionTextSize(), fyne.TextAlignCenter
		return t
	}
	for _, e := range r.timeline.events {
		mark, word, when := kit.ColorLine, kit.ColorMuted, "not yet"
		dot := canvas.NewCircle(kit.Color(theme.ColorNameBackground))
		dot.StrokeWidth, dot.StrokeColor = 2, kit.Color(kit.ColorMuted)
		if !e.when.IsZero() {
			mark, word, when = kit.ColorSealed, theme.ColorNameForeground, text.ExactClock(e.when)
			dot.FillColor, dot.StrokeColor = kit.Color(kit.ColorSealed), kit.Color(kit.ColorSealed)
		} else if e.note != "" {
			when = "" // the note says why it has no time
		}
		p := timelinePoint{line: canvas.NewRectangle(kit.Color(mark)), dot: dot, texts: []*canvas.Text{caption(e.what, word)}}
		for _, text := range append([]string{when}, twoLines(e.note)...) {
			if text != "" {
				p.texts = append(p.texts, caption(text, kit.ColorMuted))
			}
		}
		r.points = append(r.points, p)
	}
	for i, p := range r.points {
		if i > 0 {
			r.objects = append(r.objects, p.line)
		}
	}
	for _, p := range r.points {
		r.objects = append(r.objects, p.dot)
		for _, text := range p.texts {
			r.objects = append(r.objects, text)
		}
	}
}

// twoLines breaks a note that is too long for one line at the space that is nearest to its middle.
func twoLines(note string) []string {
	const most = 16
	if len(note) <= most {
		return []string{note}
	}
	at := -1
	for i, r := range note {
		if r == ' ' && (at < 0 || abs(2*i-len(note)) < abs(2*at-len(note))) {
			at = i
		}
	}
	if at < 0 {
		return []string{note}
	}
	return []string{note[:at], note[at+1:]}
}

func abs(n int) int { return max(n, -n) }

func (r *timelineRenderer) Destroy()                     {}
func (r *timelineRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *timelineRenderer) MinSize() fyne.Size {
	return fyne.NewSize(float32(len(r.points))*timelineStep, timelineHeight)
}

func (r *timelineRenderer) Refresh() {
	r.build()
	r.Layout(r.timeline.Size())
	canvas.Refresh(r.timeline)
}

func (r *timelineRenderer) Layout(size fyne.Size) {
	if len(r.points) == 0 {
		return
	}
	step := min(size.Width/float32(len(r.points)), timelineMost)
	for i, p := range r.points {
		middle := step * (float32(i) + 0.5)
		p.line.Move(fyne.NewPos(middle-step, 11))
		p.line.Resize(fyne.NewSize(step, 2))
		p.dot.Move(fyne.NewPos(middle-6, 6))
		p.dot.Resize(fyne.NewSquareSize(12))
		y := float32(22)
		for _, text := range p.texts {
			text.Move(fyne.NewPos(middle-step/2, y))
			text.Resize(fyne.NewSize(step, 16))
			y += 15
		}
	}
}
