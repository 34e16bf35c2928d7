package page

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// headroomLevel is a component's headroom as a bar. Its length is all that the component could carry: the present traffic, then the
// least headroom, then paler the possible rest. A line marks the estimate.
func headroomLevel(h engine.Headroom, carried uint64, low bool) (level chart.Level, ok bool) {
	whole := float64(carried) + float64(max(h.High, h.BytesPerSecond))
	if !h.Known() {
		return level, false
	}
	color := kit.ColorSealedFill
	if low {
		color = kit.ColorPlainFill
	}
	if whole == 0 {
		level.Mark = leastMark
		return level, true
	}
	share := func(rate uint64) float32 { return float32(float64(rate) / whole) }
	level.Parts = [3]chart.Part{{Share: share(carried), Color: kit.ColorLoadFill}, {Share: share(h.Low), Color: color}, {Share: share(h.High) - share(h.Low), Color: color, Soft: true}}
	level.Mark = max(share(carried)+share(h.BytesPerSecond), leastMark)
	return level, true
}

// leastMark draws the line at the left edge.
const leastMark = 1e-6

// ShownHeadroom is a component's headroom prepared for a table.
type ShownHeadroom struct {
	Rate  float64 // -1 where it is not known
	Text  string
	tip   string
	level chart.Level
	known bool
	low   bool
}

// ShowHeadroom prepares the headroom of a component whose sessions carry so many bytes per second. Low is the state's judgement.
func ShowHeadroom(c *engine.ComponentStatus, carried uint64, low bool) ShownHeadroom {
	s := ShownHeadroom{Rate: -1, Text: text.Headroom(c), tip: text.HeadroomTip(c), low: low}
	if c.Online && c.Headroom.Known() {
		s.Rate = float64(c.Headroom.BytesPerSecond)
		s.level, s.known = headroomLevel(c.Headroom, carried, s.low)
	}
	return s
}

// HeadroomColumn shows the headroom of each row as a bar with words.
func HeadroomColumn[R any](width float32, of func(*R) *ShownHeadroom) grid.Column[*R] {
	return grid.Column[*R]{
		ID: "headroom", Title: "Headroom", Width: width,
		Text: func(r *R) string { return of(r).Text },
		Bar:  func(r *R) (chart.Level, bool) { return of(r).level, of(r).known },
		Tip:  func(r *R) string { return of(r).tip },
		Color: func(r *R) fyne.ThemeColorName {
			switch {
			case of(r).low:
				return kit.ColorPlain
			case !of(r).known:
				return kit.ColorMuted
			}
			return ""
		},
		Compare: func(a, b *R) int { return cmp.Compare(of(a).Rate, of(b).Rate) },
	}
}

// HeadroomLine is a component's headroom as a bar with words beside it.
type HeadroomLine struct {
	Content fyne.CanvasObject
	bar     *chart.Bar
	barBox  fyne.CanvasObject
	words   *widget.Label
}

const headroomLineBar = 150

// NewHeadroomLine makes an empty line.
func NewHeadroomLine() *HeadroomLine {
	l := &HeadroomLine{bar: chart.NewBar(), words: kit.Wrapped("")}
	l.barBox = container.New(layout.NewCustomPaddedLayout(9, 0, 7, 0), container.NewVBox(container.NewGridWrap(fyne.NewSize(headroomLineBar, 14), l.bar)))
	l.Content = kit.Border(nil, nil, l.barBox, nil, l.words)
	return l
}

// Set shows a component whose sessions carry so many bytes per second. Low is the state's judgement.
func (l *HeadroomLine) Set(c *engine.ComponentStatus, carried uint64, low bool) {
	level, known := headroomLevel(c.Headroom, carried, low)
	known = known && c.Online
	kit.Present(l.barBox, known)
	l.bar.Set(level)
	importance := widget.MediumImportance
	switch {
	case !known:
		importance = widget.LowImportance
	case low:
		importance = widget.WarningImportance
	}
	if text := text.HeadroomSentence(c); l.words.Text != text || l.words.Importance != importance {
		l.words.Importance = importance
		l.words.SetText(text)
	}
}
