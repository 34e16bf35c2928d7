package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// week is the order in which days are shown.
var week = [7]time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// scheduleGrid is a week of hours, painted with the mouse or by keys.
type scheduleGrid struct {
	widget.BaseWidget
	days    [7]engine.Day // by time.Weekday
	changed func()
	brush   engine.Cell
	summary *widget.Label

	focused, shift        bool
	cursorDay, cursorHour int // the corner that moves; days by their place in week
	anchorDay, anchorHour int // the corner that stays
	painting              bool
	escape                func() // what Esc does; nil does nothing
}

func newScheduleGrid(days [7]engine.Day, changed func()) *scheduleGrid {
	g := &scheduleGrid{days: days, changed: changed, brush: engine.Off, summary: widget.NewLabel("")}
	g.summary.Wrapping = fyne.TextWrapWord
	g.summary.SizeName = theme.SizeNameCaptionText
	g.ExtendBaseWidget(g)
	g.summary.SetText(g.words())
	return g
}

// withTools is the grid with its brushes, its quick choices and its words.
func (g *scheduleGrid) withTools() fyne.CanvasObject {
	brushes := widget.NewRadioGroup([]string{"on", "off", "relaxed"}, func(word string) {
		g.brush = map[string]engine.Cell{"on": engine.On, "off": engine.Off, "relaxed": engine.Relaxed}[word]
	})
	brushes.Horizontal, brushes.Required = true, true
	brushes.SetSelected("off")
	all := widget.NewButton("All on", func() { g.fill(func(int, int) engine.Cell { return engine.On }) })
	none := widget.NewButton("All off", func() { g.fill(func(int, int) engine.Cell { return engine.Off }) })
	hours := widget.NewButton("Working hours", func() {
		g.fill(func(day, hour int) engine.Cell {
			if day < 5 && hour >= 8 && hour < 18 {
				return engine.On
			}
			return engine.Off
		})
	})
	return container.NewVBox(container.NewHBox(widget.NewLabel("Paint"), brushes, all, none, hours), g, g.summary)
}

const (
	scheduleLeft   = 38 // for the days' names
	scheduleTop    = 18 // for the hours
	scheduleCell   = 20
	scheduleHeight = 18
)

// at finds the cell at a place; a place outside is moved to the nearest.
func (g *scheduleGrid) at(position fyne.Position) (day, hour int) {
	return min(max(int((position.Y-scheduleTop)/scheduleHeight), 0), 6), min(max(int((position.X-scheduleLeft)/scheduleCell), 0), 23)
}

// Tapped paints one cell, a whole day by its name, or an hour of every day by its number.
func (g *scheduleGrid) Tapped(e *fyne.PointEvent) {
	g.focus()
	day, hour := g.at(e.Position)
	g.anchorDay, g.cursorDay, g.anchorHour, g.cursorHour = day, day, hour, hour
	if e.Position.X < scheduleLeft {
		g.anchorHour, g.cursorHour = 0, 23
	}
	if e.Position.Y < scheduleTop {
		g.anchorDay, g.cursorDay = 0, 6
	}
	g.paint(g.brush)
}

// Dragged spans a rectangle, which is painted when the button is let go.
func (g *scheduleGrid) Dragged(e *fyne.DragEvent) {
	day, hour := g.at(e.Position)
	if !g.painting {
		g.painting = true
		g.focus()
		g.anchorDay, g.anchorHour = g.at(fyne.NewPos(e.Position.X-e.Dragged.DX, e.Position.Y-e.Dragged.DY))
	}
	g.cursorDay, g.cursorHour = day, hour
	g.Refresh()
}

// DragEnd paints the rectangle.
func (g *scheduleGrid) DragEnd() {
	g.painting = false
	g.paint(g.brush)
}

func (g *scheduleGrid) focus() {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(g); canvas != nil {
		canvas.Focus(g)
	}
}

// paint sets the cells between anchor and cursor.
func (g *scheduleGrid) paint(cell engine.Cell) {
	for day := min(g.anchorDay, g.cursorDay); day <= max(g.anchorDay, g.cursorDay); day++ {
		for hour := min(g.anchorHour, g.cursorHour); hour <= max(g.anchorHour, g.cursorHour); hour++ {
			g.days[week[day]][hour] = cell
		}
	}
	g.painted()
}

func (g *scheduleGrid) fill(cell func(day, hour int) engine.Cell) {
	for day := range week {
		for hour := range 24 {
			g.days[week[day]][hour] = cell(day, hour)
		}
	}
	g.painted()
}

func (g *scheduleGrid) painted() {
	g.summary.SetText(g.words())
	g.Refresh()
	if g.changed != nil {
		g.changed()
	}
}

// FocusGained, FocusLost and the two below make the grid work by keys: arrows move, with Shift they span, and 1, 0, R or Space paint.
func (g *scheduleGrid) FocusGained() { g.focused = true; g.Refresh() }

// FocusLost takes the cursor away.
func (g *scheduleGrid) FocusLost() { g.focused, g.shift = false, false; g.Refresh() }

var _ desktop.Keyable = (*scheduleGrid)(nil)

// KeyDown and KeyUp know whether Shift is held.
func (g *scheduleGrid) KeyDown(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		g.shift = true
	}
}

// KeyUp forgets it.
func (g *scheduleGrid) KeyUp(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		g.shift = false
	}
}

// TypedRune paints what is spanned.
func (g *scheduleGrid) TypedRune(r rune) {
	switch r {
	case '1':
		g.paint(engine.On)
	case '0':
		g.paint(engine.Off)
	case 'r', 'R':
		g.paint(engine.Relaxed)
	case ' ':
		g.paint(g.brush)
	}
}

// TypedKey moves the cursor.
func (g *scheduleGrid) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		g.cursorHour = max(g.cursorHour-1, 0)
	case fyne.KeyRight:
		g.cursorHour = min(g.cursorHour+1, 23)
	case fyne.KeyUp:
		g.cursorDay = max(g.cursorDay-1, 0)
	case fyne.KeyDown:
		g.cursorDay = min(g.cursorDay+1, 6)
	case fyne.KeyHome:
		g.cursorHour = 0
	case fyne.KeyEnd:
		g.cursorHour = 23
	case fyne.KeyEscape:
		if g.escape != nil {
			g.escape()
		}
		return
	default:
		return
	}
	if !g.shift {
		g.anchorDay, g.anchorHour = g.cursorDay, g.cursorHour
	}
	g.Refresh()
}

// words say the week.
func (g *scheduleGrid) words() string { return weekWords(g.days) }

// weekWords say a week, days that are alike together.
func weekWords(days [7]engine.Day) string {
	var parts []string
	for first := 0; first < 7; {
		last := first
		for last < 6 && days[week[last+1]] == days[week[first]] {
			last++
		}
		name := week[first].String()[:3]
		if last > first {
			name += "–" + week[last].String()[:3]
		}
		parts = append(parts, name+" "+hoursOfDay(days[week[first]]))
		first = last + 1
	}
	return strings.Join(parts, " · ")
}

// hoursOfDay say when a day's limit holds.
func hoursOfDay(day engine.Day) string {
	var spans []string
	for first := 0; first < 24; {
		last := first
		for last < 23 && day[last+1] == day[first] {
			last++
		}
		switch {
		case day[first] == engine.On && first == 0 && last == 23:
			return "all day"
		case day[first] == engine.On:
			spans = append(spans, fmt.Sprintf("%02d–%02d", first, last+1))
		case day[first] == engine.Relaxed:
			spans = append(spans, fmt.Sprintf("%02d–%02d relaxed", first, last+1))
		}
		first = last + 1
	}
	if len(spans) == 0 {
		return "off"
	}
	return strings.Join(spans, ", ")
}

// CreateRenderer draws it.
func (g *scheduleGrid) CreateRenderer() fyne.WidgetRenderer {
	r := &scheduleRenderer{grid: g}
	for day := range week {
		name := canvas.NewText(week[day].String()[:3], nil)
		name.TextSize = theme.CaptionTextSize()
		r.days[day] = name
		r.objects = append(r.objects, name)
		for hour := range 24 {
			cell := canvas.NewRectangle(nil)
			cell.StrokeWidth = 1
			r.cells[day][hour] = cell
			r.objects = append(r.objects, cell)
		}
	}
	for hour := range r.hours {
		text := canvas.NewText(fmt.Sprint(hour*2), nil)
		text.TextSize = theme.CaptionTextSize()
		r.hours[hour] = text
		r.objects = append(r.objects, text)
	}
	r.Refresh()
	return r
}

type scheduleRenderer struct {
	grid    *scheduleGrid
	days    [7]*canvas.Text
	hours   [12]*canvas.Text
	cells   [7][24]*canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *scheduleRenderer) Destroy()                     {}
func (r *scheduleRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *scheduleRenderer) MinSize() fyne.Size {
	return fyne.NewSize(scheduleLeft+24*scheduleCell, scheduleTop+7*scheduleHeight)
}

// Layout places the cells; Refresh gives relaxed ones their lesser height.
func (r *scheduleRenderer) Layout(fyne.Size) {
	for day := range r.days {
		y := float32(scheduleTop + day*scheduleHeight)
		r.days[day].Move(fyne.NewPos(4, y+1))
		r.days[day].Resize(fyne.NewSize(scheduleLeft, scheduleHeight))
		for hour, cell := range r.cells[day] {
			cell.Move(fyne.NewPos(float32(scheduleLeft+hour*scheduleCell), y))
			cell.Resize(fyne.NewSize(scheduleCell-2, scheduleHeight-2))
		}
	}
	defer r.Refresh() // relaxed cells are lower
	for hour, text := range r.hours {
		text.Move(fyne.NewPos(float32(scheduleLeft+2*hour*scheduleCell), 0))
		text.Resize(fyne.NewSize(2*scheduleCell, scheduleTop))
	}
}

func (r *scheduleRenderer) Refresh() {
	g := r.grid
	within := func(day, hour int) bool {
		return day >= min(g.anchorDay, g.cursorDay) && day <= max(g.anchorDay, g.cursorDay) && hour >= min(g.anchorHour, g.cursorHour) && hour <= max(g.anchorHour, g.cursorHour)
	}
	for day := range r.days {
		r.days[day].Color = colorOf(theme.ColorNameForeground)
		for hour, cell := range r.cells[day] {
			height := float32(scheduleHeight - 2)
			if g.days[week[day]][hour] == engine.Relaxed {
				height = scheduleHeight/2 - 1 // half as high, so that colour is not all that tells it
			}
			cell.Move(fyne.NewPos(cell.Position().X, float32(scheduleTop+(day+1)*scheduleHeight-2)-height))
			cell.Resize(fyne.NewSize(scheduleCell-2, height))
			switch g.days[week[day]][hour] {
			case engine.On:
				cell.FillColor = colorOf(theme.ColorNamePrimary)
			case engine.Relaxed:
				cell.FillColor = colorOf(ColorPlainFill)
			default:
				cell.FillColor = colorOf(theme.ColorNameInputBackground)
			}
			cell.StrokeColor = colorOf(theme.ColorNameInputBorder)
			if (g.focused || g.painting) && within(day, hour) {
				cell.StrokeColor = colorOf(theme.ColorNameForeground)
			}
		}
	}
	for _, text := range r.hours {
		text.Color = colorOf(ColorMuted)
	}
	canvas.Refresh(g)
}
