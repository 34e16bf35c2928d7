package simulator

import (
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// weekPane shows a pair over the hours of a week: both ways of its data side by side, or one of them.
type weekPane struct {
	content     fyne.CanvasObject
	ways        []weekWay
	choice      *widget.RadioGroup
	stage       *fyne.Container
	description *widget.Label
	numbers     limitNumbers
	width       float32 // the expected width, until the pane is laid out
}

// weekWay is the week of one way in which data flows.
type weekWay struct {
	title string // source and target
	week  *engine.Week
	shown fyne.CanvasObject
}

const (
	bothWays = "both ways"
	weekHint = "Point at an hour, or move through the hours with the arrow keys, to see what holds then."
)

// newWeekPane shows the weeks of the backups from source to target and of the restores back, at a width.
func newWeekPane(width float32, source, target string, backup, restore *engine.Week) *weekPane {
	p := &weekPane{width: width, description: widget.NewLabel(weekHint), stage: container.NewVBox()}
	p.description.Wrapping = fyne.TextWrapWord
	p.description.Importance = widget.LowImportance
	p.ways = []weekWay{{title: fmt.Sprintf("%s to %s (backup)", source, target), week: backup}, {title: fmt.Sprintf("%s to %s (restore)", target, source), week: restore}}
	for i := range p.ways {
		p.numbers.add(p.ways[i].week.Limits)
	}
	for i := range p.ways {
		p.ways[i].shown = p.build(&p.ways[i])
	}
	p.choice = widget.NewRadioGroup([]string{bothWays, p.ways[0].title, p.ways[1].title}, p.choose)
	p.choice.Horizontal, p.choice.Required = true, true
	parts := []fyne.CanvasObject{kit.BoldLabel("Over the week"), p.choice, p.stage}
	if p.plainWeek() {
		parts = []fyne.CanvasObject{kit.BoldLabel("Over the week"), kit.Wrapped("No limit holds at any hour of the week, neither way. All the week it is " + phaseWords(backup.Phase(engine.WeekHour{})) + ".")}
	} else {
		parts = append(append(parts, p.description), p.legend()...)
	}
	p.content = container.New(layout.NewCustomPaddedVBoxLayout(0), parts...)
	p.choice.SetSelected(bothWays)
	return p
}

// plainWeek reports whether all hours are alike.
func (p *weekPane) plainWeek() bool {
	return len(p.numbers) == 0 && len(p.ways[0].week.Phases) < 2
}

// build makes the picture of one way.
func (p *weekPane) build(way *weekWay) fyne.CanvasObject {
	grid := newWeekGrid(way.week, p.numbers.of, func(hour engine.WeekHour) { p.describe(way, hour) })
	title := widget.NewLabel(way.title)
	title.Truncation = fyne.TextTruncateEllipsis
	return kit.Border(title, nil, nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 0, 24), grid))
}

func (p *weekPane) choose(choice string) {
	var shown []fyne.CanvasObject
	for i := range p.ways {
		if choice == bothWays || choice == p.ways[i].title {
			shown = append(shown, p.ways[i].shown)
		}
	}
	size := fyne.NewSize(0, 0)
	for _, o := range shown {
		size = size.Max(o.MinSize())
	}
	wrap := container.NewGridWrap(fyne.NewSize(page.ScheduleLeft+24*page.ScheduleCell+24, size.Height), shown...)
	if laidOut := p.stage.Size().Width; laidOut > 0 {
		p.width = laidOut
	}
	wrap.Resize(fyne.NewSize(p.width, size.Height)) // it says how high it is at a width
	p.stage.Objects = []fyne.CanvasObject{wrap}
	p.stage.Refresh()
}

// describe shows what holds at an hour.
func (p *weekPane) describe(way *weekWay, at engine.WeekHour) {
	p.description.Importance = widget.MediumImportance
	p.description.SetText(hourWords(way, at))
}

// dayWords name a day of a week, in the zone of its hours.
func dayWords(day time.Time) string { return day.Format("Monday, ") + text.DayOfYear(day) }

// hourWords say what holds at an hour, and why.
func hourWords(way *weekWay, at engine.WeekHour) string {
	when := fmt.Sprintf("%s, %02d:00–%02d:00", dayWords(way.week.From.AddDate(0, 0, at.Day)), at.Hour, at.Hour+1)
	clock, special := way.week.Clock(at)
	if special && !clock.Twice {
		return when + ": there is no such hour, the clocks are put forward."
	}
	limit := "no limit"
	if throttle := way.week.Limit(at); throttle != nil {
		limit = fmt.Sprintf("at most %s, of %s", throttle.Limit(), throttle.Rule)
	}
	words := fmt.Sprintf("%s, %s: %s; %s.", when, way.title, phaseWords(way.week.Phase(at)), limit)
	if special {
		words += " The clocks are put back, so that the hour, or a part of it, comes twice; this is the first time."
	}
	return words
}

// phaseWords say what decides sealed or plain.
func phaseWords(phase engine.WeekPhase) string {
	if phase.By == engine.ByNone {
		return "plain, nothing requires encryption"
	}
	return fmt.Sprintf("%s, because of %s", phase.Mode, phase.Because)
}

// legend says what the numbers and signs mean.
func (p *weekPane) legend() []fyne.CanvasObject {
	var lines []fyne.CanvasObject
	line := func(text string, change func(*weekMark)) {
		mark := &weekMark{}
		change(mark)
		mark.ExtendBaseWidget(mark)
		lines = append(lines, kit.Border(nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), container.NewCenter(mark)), nil, kit.Wrapped(text)))
	}
	for i := range p.numbers {
		line(fmt.Sprintf("at most %s, of %s", p.numbers[i].Limit(), p.numbers[i].Rule), func(m *weekMark) { m.number = fmt.Sprint(i + 1) })
	}
	line("no limit", func(*weekMark) {})
	week := p.ways[0].week
	if slices.ContainsFunc(week.Clocks, func(c engine.WeekClock) bool { return !c.Twice }) {
		line("there is no such hour: the clocks are put forward", func(m *weekMark) { m.leftOut = true })
	}
	if slices.ContainsFunc(week.Clocks, func(c engine.WeekClock) bool { return c.Twice }) {
		line("the hour comes twice: the clocks are put back", func(m *weekMark) { m.twice = true })
	}
	if len(week.Phases) > 1 {
		line("sealed", func(m *weekMark) { m.mode = engine.Sealed })
		line("plain; a trusted link ends within the week", func(m *weekMark) { m.mode = engine.Plain })
	}
	return []fyne.CanvasObject{
		container.New(layout.NewCustomPaddedVBoxLayout(-11), lines...),
		kit.Muted(fmt.Sprintf("The week from %s, hours in %s.", text.LongDay(week.From), week.Zone())),
	}
}
