package simulator

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// weekGrid shows the limits of a pair at each hour of a week, one way: a square for each hour, with the number of its limit. The
// hour under the mouse or the cursor is described.
type weekGrid struct {
	widget.BaseWidget
	week *engine.Week
	// number gives the number under which a limit is explained.
	number func(*engine.AppliedThrottle) int
	// describe is called with the hour under the mouse or the cursor.
	describe func(engine.WeekHour)

	cursor  engine.WeekHour
	focused bool
}

func newWeekGrid(week *engine.Week, number func(*engine.AppliedThrottle) int, describe func(engine.WeekHour)) *weekGrid {
	g := &weekGrid{week: week, number: number, describe: describe}
	g.ExtendBaseWidget(g)
	return g
}

// at finds the hour at a position.
func (g *weekGrid) at(position fyne.Position) (hour engine.WeekHour, found bool) {
	if position.X < page.ScheduleLeft || position.Y < page.ScheduleTop {
		return hour, false
	}
	hour = engine.WeekHour{Day: int((position.Y - page.ScheduleTop) / page.ScheduleHeight), Hour: int((position.X - page.ScheduleLeft) / page.ScheduleCell)}
	return hour, hour.Day < 7 && hour.Hour < 24
}

func (g *weekGrid) point(position fyne.Position) {
	if hour, found := g.at(position); found {
		g.move(hour)
	}
}

func (g *weekGrid) move(hour engine.WeekHour) {
	g.cursor = hour
	g.describe(hour)
	g.Refresh()
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (g *weekGrid) AccessibilityLabel() string             { return "The hours of the week and what holds in them" }
func (g *weekGrid) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped moves the cursor to an hour.
func (g *weekGrid) Tapped(e *fyne.PointEvent) {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(g); canvas != nil {
		canvas.Focus(g)
	}
	g.point(e.Position)
}

var _ desktop.Hoverable = (*weekGrid)(nil)

// MouseIn and the two below tell the hour under the mouse.
func (g *weekGrid) MouseIn(e *desktop.MouseEvent) { g.point(e.Position) }

// MouseMoved implements desktop.Hoverable.
func (g *weekGrid) MouseMoved(e *desktop.MouseEvent) {
	if hour, found := g.at(e.Position); found && hour != g.cursor {
		g.move(hour)
	}
}

// MouseOut implements desktop.Hoverable.
func (g *weekGrid) MouseOut() {}

// FocusGained and the three below make it work by keys: arrows move, Home and End go to the first and the last hour of the day,
// Page Up and Page Down to the first and the last day.
func (g *weekGrid) FocusGained() { g.focused = true; g.move(g.cursor) }

// FocusLost takes the frame away.
func (g *weekGrid) FocusLost() { g.focused = false; g.Refresh() }

// TypedRune implements fyne.Focusable.
func (g *weekGrid) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (g *weekGrid) TypedKey(e *fyne.KeyEvent) {
	to := g.cursor
	switch e.Name {
	case fyne.KeyLeft:
		to.Hour = max(to.Hour-1, 0)
	case fyne.KeyRight:
		to.Hour = min(to.Hour+1, 23)
	case fyne.KeyUp:
		to.Day = max(to.Day-1, 0)
	case fyne.KeyDown:
		to.Day = min(to.Day+1, 6)
	case fyne.KeyHome:
		to.Hour = 0
	case fyne.KeyEnd:
		to.Hour = 23
	case fyne.KeyPageUp:
		to.Day = 0
	case fyne.KeyPageDown:
		to.Day = 6
	default:
		return
	}
	g.move(to)
}

// CreateRenderer draws it.
func (g *weekGrid) CreateRenderer() fyne.WidgetRenderer {
	r := &weekRenderer{grid: g}
	words := func() *canvas.Text {
		t := canvas.NewText("", nil)
		t.TextSize = theme.CaptionTextSize()
		r.objects = append(r.objects, t)
		return t
	}
	for i := range r.hours {
		r.hours[i] = words()
		r.hours[i].Text = fmt.Sprint(2 * i)
	}
	for day := range r.days {
		r.days[day] = words()
		r.days[day].Text = text.Weekdays[day].String()[:3]
		for hour := range r.squares[day] {
			r.squares[day][hour] = newWeekSquare()
			r.objects = append(r.objects, r.squares[day][hour].objects()...)
		}
	}
	r.Refresh()
	return r
}

type weekRenderer struct {
	grid    *weekGrid
	hours   [12]*canvas.Text
	days    [7]*canvas.Text
	squares [7][24]weekSquare
	objects []fyne.CanvasObject
}

func (r *weekRenderer) Destroy()                     {}
func (r *weekRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *weekRenderer) MinSize() fyne.Size {
	return fyne.NewSize(page.ScheduleLeft+24*page.ScheduleCell, page.ScheduleTop+7*page.ScheduleHeight)
}

func (r *weekRenderer) Layout(fyne.Size) {
	for i, text := range r.hours {
		text.Move(fyne.NewPos(float32(page.ScheduleLeft+2*i*page.ScheduleCell), 0))
		text.Resize(fyne.NewSize(2*page.ScheduleCell, squareHeight))
	}
	for day := range r.days {
		y := float32(page.ScheduleTop + day*page.ScheduleHeight)
		r.days[day].Move(fyne.NewPos(4, y))
		r.days[day].Resize(fyne.NewSize(page.ScheduleLeft, squareHeight))
		for hour := range r.squares[day] {
			r.squares[day][hour].place(fyne.NewPos(float32(page.ScheduleLeft+hour*page.ScheduleCell), y))
		}
	}
}

func (r *weekRenderer) Refresh() {
	for _, text := range r.hours {
		text.Color = kit.Color(kit.ColorMuted)
	}
	for day := range r.days {
		r.days[day].Color = kit.Color(theme.ColorNameForeground)
		for hour := range r.squares[day] {
			r.squares[day][hour].show(r.grid.look(engine.WeekHour{Day: day, Hour: hour}))
		}
	}
	canvas.Refresh(r.grid)
}

// look is how an hour looks.
func (g *weekGrid) look(at engine.WeekHour) squareLook {
	clock, special := g.week.Clock(at)
	look := squareLook{leftOut: special && !clock.Twice, twice: special && clock.Twice, cursor: g.focused && at == g.cursor}
	if limit := g.week.Limit(at); limit != nil {
		look.number = fmt.Sprint(g.number(limit))
	}
	if len(g.week.Phases) > 1 {
		look.mode = g.week.Phase(at).Mode
	}
	return look
}

// limitNumbers number the distinct limits of weeks that are shown together.
type limitNumbers []engine.AppliedThrottle

func (n *limitNumbers) add(limits []engine.AppliedThrottle) {
	for _, limit := range limits {
		if !slices.Contains(*n, limit) {
			*n = append(*n, limit)
		}
	}
}

func (n limitNumbers) of(limit *engine.AppliedThrottle) int { return slices.Index(n, *limit) + 1 }
