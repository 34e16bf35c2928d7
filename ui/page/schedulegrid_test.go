package page

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
	"lockwire/ui/uitest/screen"
)

// cellAt is the middle of a cell.
func cellAt(day, hour int) fyne.Position {
	return fyne.NewPos(float32(ScheduleLeft+hour*ScheduleCell)+ScheduleCell/2, float32(ScheduleTop+day*ScheduleHeight)+ScheduleHeight/2)
}

func TestDraggingPaintsARectangleOfHours(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	painted := 0
	g := NewScheduleGrid(engine.AlwaysOn().Days, func() { painted++ })
	g.brush = engine.Off
	from, to := cellAt(0, 8), cellAt(4, 17)
	g.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: to}, Dragged: fyne.NewDelta(to.X-from.X, to.Y-from.Y)})
	g.DragEnd()
	for day := range text.Weekdays {
		for hour := range 24 {
			want := engine.On
			if day <= 4 && hour >= 8 && hour <= 17 {
				want = engine.Off
			}
			if got := g.Days[text.Weekdays[day]][hour]; got != want {
				t.Fatalf("%s %d: %c, wanted %c", text.Weekdays[day], hour, got, want)
			}
		}
	}
	if painted != 1 {
		t.Errorf("told %d times", painted)
	}
}

func TestKeysMoveTheCursorAndPaint(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	g := NewScheduleGrid(engine.AlwaysOn().Days, nil)
	for range 3 {
		g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	}
	g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	g.TypedRune('r')
	if got := g.Days[time.Tuesday][3]; got != engine.Relaxed {
		t.Errorf("Tuesday 3: %c", got)
	}
	g.TypedRune('0')
	if got := g.Days[time.Tuesday][3]; got != engine.Off {
		t.Errorf("Tuesday 3: %c", got)
	}
}

func TestNamesAndNumbersPaintWholeDaysAndHours(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	g := NewScheduleGrid(engine.AlwaysOn().Days, nil)
	g.Tapped(&fyne.PointEvent{Position: fyne.NewPos(5, cellAt(6, 0).Y)})
	if got := g.Days[time.Sunday].String(); got != "000000000000000000000000" {
		t.Errorf("Sunday: %s", got)
	}
	g.Tapped(&fyne.PointEvent{Position: fyne.NewPos(cellAt(0, 12).X, 4)})
	for day := range text.Weekdays {
		if g.Days[text.Weekdays[day]][12] != engine.Off {
			t.Errorf("%s 12 is not off", text.Weekdays[day])
		}
	}
}

func TestTheWeekIsSaidInWords(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	g := NewScheduleGrid(engine.AlwaysOn().Days, nil)
	if got := g.words(); got != "Mon–Sun all day" {
		t.Errorf("always on: %q", got)
	}
	window := test.NewTempWindow(t, g.WithTools())
	screen.Press(t, window, "Working hours")
	if got := g.words(); got != "Mon–Fri 08–18 · Sat–Sun off" {
		t.Errorf("working hours: %q", got)
	}
}

func TestTheScheduleGridLooksAsItDid(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	g := NewScheduleGrid(engine.AlwaysOn().Days, nil)
	g.fill(func(day, hour int) engine.Cell {
		switch {
		case day >= 5:
			return engine.Off
		case hour < 6:
			return engine.Relaxed
		}
		return engine.On
	})
	g.FocusGained()
	g.anchorDay, g.anchorHour, g.cursorDay, g.cursorHour = 1, 8, 3, 17
	window := test.NewTempWindow(t, g)
	test.AssertRendersToImage(t, "schedulegrid.png", window.Canvas())
}

func TestShiftAndArrowsSpanARectangleThatKeysPaint(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	g := NewScheduleGrid(engine.AlwaysOn().Days, nil)
	g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	g.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	for range 2 {
		g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
		g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	g.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	g.TypedRune('0')
	for day, want := range []string{"1000", "1000", "1000", "1111"} {
		if got := g.Days[text.Weekdays[day]].String()[:4]; got != want {
			t.Errorf("%s begins with %s, wanted %s", text.Weekdays[day], got, want)
		}
	}
	g.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	g.TypedRune('r')
	if got := g.Days[time.Thursday].String(); got != "111r11111111111111111111" {
		t.Errorf("without Shift it painted more than one cell: %s", got)
	}
}
