package page

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// ScheduleGrid is a week of hours, painted with the mouse or by keys.
type ScheduleGrid struct {
	widget.BaseWidget
	Days    [7]engine.Day // by time.Weekday
	changed func()
	brush   engine.Cell
	summary *widget.Label

	focused, shift        bool
	cursorDay, cursorHour int // the corner that moves; days by their place in week
	anchorDay, anchorHour int // the corner that stays
	painting              bool
	Escape                func() // what Esc does; nil does nothing
}

// NewScheduleGrid makes a grid of a week; changed is called after each stroke.
func NewScheduleGrid(days [7]engine.Day, changed func()) *ScheduleGrid {
	g := &ScheduleGrid{Days: days, changed: changed, brush: engine.Off, summary: widget.NewLabel("")}
	g.summary.Wrapping = fyne.TextWrapWord
	g.summary.SizeName = theme.SizeNameCaptionText
	g.ExtendBaseWidget(g)
	g.summary.SetText(g.words())
	return g
}

// WithTools is the grid with its brushes, its quick choices and its words.
func (g *ScheduleGrid) WithTools() fyne.CanvasObject {
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
	ScheduleLeft   = 38 // for the days' names
	ScheduleTop    = 18 // for the hours
	ScheduleCell   = 20
	ScheduleHeight = 18
)

// at finds the cell at a place; a place outside is moved to the nearest.
func (g *ScheduleGrid) at(position fyne.Position) (day, hour int) {
	return min(max(int((position.Y-ScheduleTop)/ScheduleHeight), 0), 6), min(max(int((position.X-ScheduleLeft)/ScheduleCell), 0), 23)
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (g *ScheduleGrid) AccessibilityLabel() string {
	return "The hours of the week in which the rule holds"
}
func (g *ScheduleGrid) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped paints one cell, a whole day by its name, or an hour of every day by its number.
func (g *ScheduleGrid) Tapped(e *fyne.PointEvent) {
	g.focus()
	day, hour := g.at(e.Position)
	g.anchorDay, g.cursorDay, g.anchorHour, g.cursorHour = day, day, hour, hour
	if e.Position.X < ScheduleLeft {
		g.anchorHour, g.cursorHour = 0, 23
	}
	if e.Position.Y < ScheduleTop {
		g.anchorDay, g.cursorDay = 0, 6
	}
	g.paint(g.brush)
}

// Dragged spans a rectangle, which is painted when the button is let go.
func (g *ScheduleGrid) Dragged(e *fyne.DragEvent) {
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
func (g *ScheduleGrid) DragEnd() {
	g.painting = false
	g.paint(g.brush)
}

func (g *ScheduleGrid) focus() {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(g); canvas != nil {
		canvas.Focus(g)
	}
}

// paint sets the cells between anchor and cursor.
func (g *ScheduleGrid) paint(cell engine.Cell) {
	for day := min(g.anchorDay, g.cursorDay); day <= max(g.anchorDay, g.cursorDay); day++ {
		for hour := min(g.anchorHour, g.cursorHour); hour <= max(g.anchorHour, g.cursorHour); hour++ {
			g.Days[text.Weekdays[day]][hour] = cell
		}
	}
	g.painted()
}

func (g *ScheduleGrid) fill(cell func(day, hour int) engine.Cell) {
	for day := range text.Weekdays {
		for hour := range 24 {
			g.Days[text.Weekdays[day]][hour] = cell(day, hour)
		}
	}
	g.painted()
}

func (g *ScheduleGrid) painted() {
	g.summary.SetText(g.words())
	g.Refresh()
	if g.changed != nil {
		g.changed()
	}
}

// FocusGained, FocusLost and the two below make the grid work by keys: arrows move, with Shift they span, and 1, 0, R or Space paint.
func (g *ScheduleGrid) FocusGained() { g.focused = true; g.Refresh() }

// FocusLost takes the cursor away.
func (g *ScheduleGrid) FocusLost() { g.focused, g.shift = false, false; g.Refresh() }

var _ desktop.Keyable = (*ScheduleGrid)(nil)

// KeyDown and KeyUp know whether Shift is held.
func (g *ScheduleGrid) KeyDown(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		g.shift = true
	}
}

// KeyUp forgets it.
func (g *ScheduleGrid) KeyUp(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		g.shift = false
	}
}

// TypedRune paints what is spanned.
func (g *ScheduleGrid) TypedRune(r rune) {
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
func (g *ScheduleGrid) TypedKey(e *fyne.KeyEvent) {
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
		if g.Escape != nil {
			g.Escape()
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

// words describe the week.
func (g *ScheduleGrid) words() string { return engine.HoursInWords(g.Days) }

// CreateRenderer draws it.
func (g *ScheduleGrid) CreateRenderer() fyne.WidgetRenderer {
	r := &scheduleRenderer{grid: g}
	for day := range text.Weekdays {
		name := canvas.NewText(text.Weekdays[day].String()[:3], nil)
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
	grid    *ScheduleGrid
	days    [7]*canvas.Text
	hours   [12]*canvas.Text
	cells   [7][24]*canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *scheduleRenderer) Destroy()                     {}
func (r *scheduleRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *scheduleRenderer) MinSize() fyne.Size {
	return fyne.NewSize(ScheduleLeft+24*ScheduleCell, ScheduleTop+7*ScheduleHeight)
}

// Layout places the cells; Refresh gives relaxed ones their lesser height.
func (r *scheduleRenderer) Layout(fyne.Size) {
	for day := range r.days {
		y := float32(ScheduleTop + day*ScheduleHeight)
		r.days[day].Move(fyne.NewPos(4, y+1))
		r.days[day].Resize(fyne.NewSize(ScheduleLeft, ScheduleHeight))
		for hour, cell := range r.cells[day] {
			cell.Move(fyne.NewPos(float32(ScheduleLeft+hour*ScheduleCell), y))
			cell.Resize(fyne.NewSize(ScheduleCell-2, ScheduleHeight-2))
		}
	}
	defer r.Refresh() // relaxed cells are lower
	for hour, text := range r.hours {
		text.Move(fyne.NewPos(float32(ScheduleLeft+2*hour*ScheduleCell), 0))
		text.Resize(fyne.NewSize(2*ScheduleCell, ScheduleTop))
	}
}

func (r *scheduleRenderer) Refresh() {
	g := r.grid
	within := func(day, hour int) bool {
		return day >= min(g.anchorDay, g.cursorDay) && day <= max(g.anchorDay, g.cursorDay) && hour >= min(g.anchorHour, g.cursorHour) && hour <= max(g.anchorHour, g.cursorHour)
	}
	for day := range r.days {
		r.days[day].Color = kit.Color(theme.ColorNameForeground)
		for hour, cell := range r.cells[day] {
			height := float32(ScheduleHeight - 2)
			if g.Days[text.Weekdays[day]][hour] == engine.Relaxed {
				height = ScheduleHeight/2 - 1 // half as high, so that colour is not all that tells it
			}
			cell.Move(fyne.NewPos(cell.Position().X, float32(ScheduleTop+(day+1)*ScheduleHeight-2)-height))
			cell.Resize(fyne.NewSize(ScheduleCell-2, height))
			switch g.Days[text.Weekdays[day]][hour] {
			case engine.On:
				cell.FillColor = kit.Color(theme.ColorNamePrimary)
			case engine.Relaxed:
				cell.FillColor = kit.Color(kit.ColorPlainFill)
			default:
				cell.FillColor = kit.Color(theme.ColorNameInputBackground)
			}
			cell.StrokeColor = kit.Color(theme.ColorNameInputBorder)
			if (g.focused || g.painting) && within(day, hour) {
				cell.StrokeColor = kit.Color(theme.ColorNameForeground)
			}
		}
	}
	for _, text := range r.hours {
		text.Color = kit.Color(kit.ColorMuted)
	}
	canvas.Refresh(g)
}
