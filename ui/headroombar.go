package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
)

// headroomLevel is a component's headroom as a bar. Its whole length is all that the component could carry: first what it
// carries now, then what it can carry more at the least, and paler what may be beyond. A line stands at the estimate.
func headroomLevel(h engine.Headroom, carried uint64, low bool) (level chart.Level, ok bool) {
	whole := float64(carried) + float64(max(h.High, h.BytesPerSecond))
	if !h.Known() {
		return level, false
	}
	color := ColorSealedFill
	if low {
		color = ColorPlainFill
	}
	if whole == 0 {
		level.Mark = leastMark
		return level, true
	}
	share := func(rate uint64) float32 { return float32(float64(rate) / whole) }
	level.Parts = [3]chart.Part{{Share: share(carried), Color: ColorLoadFill}, {Share: share(h.Low), Color: color}, {Share: share(h.High) - share(h.Low), Color: color, Soft: true}}
	level.Mark = max(share(carried)+share(h.BytesPerSecond), leastMark)
	return level, true
}

// leastMark has the line stand at the left edge.
const leastMark = 1e-6

// shownHeadroom is a component's headroom as a table shows it.
type shownHeadroom struct {
	rate  float64 // -1 where it is not known
	text  string
	tip   string
	level chart.Level
	known bool
	low   bool
}

// showHeadroom makes it of a component whose sessions move carried bytes per second now.
func showHeadroom(c *engine.ComponentStatus, carried uint64) shownHeadroom {
	s := shownHeadroom{rate: -1, text: headroomWords(c), tip: headroomTip(c), low: lowHeadroom(c, carried)}
	if c.Online && c.Headroom.Known() {
		s.rate = float64(c.Headroom.BytesPerSecond)
		s.level, s.known = headroomLevel(c.Headroom, carried, s.low)
	}
	return s
}

// cell is what a table shows of it.
func (s *shownHeadroom) cell() tableCell {
	cell := tableCell{text: s.text, tip: s.tip, bar: s.level, barred: s.known}
	switch {
	case s.low:
		cell.color = ColorPlain
	case !s.known:
		cell.color = ColorMuted
	}
	return cell
}

// headroomLine is a component's headroom as a bar with words beside it.
type headroomLine struct {
	content fyne.CanvasObject
	bar     *chart.Bar
	place   fyne.CanvasObject // of the bar
	words   *widget.Label
}

const headroomLineBar = 150

func newHeadroomLine() *headroomLine {
	l := &headroomLine{bar: chart.NewBar(), words: wrapped("")}
	l.place = container.New(layout.NewCustomPaddedLayout(9, 0, 7, 0), container.NewVBox(container.NewGridWrap(fyne.NewSize(headroomLineBar, 14), l.bar)))
	l.content = border(nil, nil, l.place, nil, l.words)
	return l
}

func (l *headroomLine) set(c *engine.ComponentStatus, carried uint64) {
	low := lowHeadroom(c, carried)
	level, known := headroomLevel(c.Headroom, carried, low)
	known = known && c.Online
	present(l.place, known)
	l.bar.Set(level)
	importance := widget.MediumImportance
	switch {
	case !known:
		importance = widget.LowImportance
	case low:
		importance = widget.WarningImportance
	}
	if text := headroomSentence(c); l.words.Text != text || l.words.Importance != importance {
		l.words.Importance = importance
		l.words.SetText(text)
	}
}
