package chart

import (
	"fmt"
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

func TestTheAxisSaysFromWhenToWhen(t *testing.T) {
	for count, want := range map[int][3]string{
		0:  {},
		1:  {},
		5:  {"moment 0", "", "now"},
		21: {"moment 0", "moment 10", "now"},
	} {
		a := &Area{newest: "now", moment: func(i int) string { return fmt.Sprint("moment ", i) }, series: []Series{{"sealed", theme.ColorNameSuccess}}, values: make([][]float64, count)}
		if got := a.axis(); got != want {
			t.Errorf("of %d moments it says %q, want %q", count, got, want)
		}
	}
}

func TestAChartOfNothingIsDrawnOnlyWhenItSaysSomethingElse(t *testing.T) {
	moment := ""
	a := &Area{moment: func(int) string { return moment }, series: []Series{{"sealed", theme.ColorNameSuccess}}, hover: -1}
	nothing, something := [][]float64{{0}, {0}, {0}}, [][]float64{{0}, {1}, {0}}
	for i, step := range []struct {
		values  [][]float64
		moment  string
		changed bool
	}{
		{nothing, "1 min ago", true}, {nothing, "1 min ago", false}, {nothing, "2 min ago", true}, {something, "2 min ago", true},
		{something, "2 min ago", true}, {nothing, "2 min ago", true}, {nothing, "2 min ago", false},
	} {
		moment = step.moment
		if changed := a.take(step.values); changed != step.changed {
			t.Errorf("step %d is drawn: %v", i, changed)
		}
	}
}

// A gap is neither the colour of a series nor empty, so that nobody takes it for nothing; beside it the series go on.
func TestAGapIsSeenAsOne(t *testing.T) {
	test.NewTempApp(t)
	a := NewArea(func(float64) string { return "much" }, func(int) string { return "before" }, Series{"a", theme.ColorNameSuccess})
	a.Resize(fyne.NewSize(90, 100))
	a.SetValues([][]float64{{1}, {1}, nil, nil, nil, {0}, {1}, nil, nil, {1}})
	picture := a.draw(900, 100).(*image.RGBA)
	fill, back := color.RGBAModel.Convert(themed(theme.ColorNameSuccess)), color.RGBAModel.Convert(themed(theme.ColorNameBackground))
	kinds := func(x int) (filled, hatched int) {
		for y := 30; y < 70; y++ { // between the lines of the quarters, and some of them
			switch picture.At(x, y) {
			case fill:
				filled++
			case back:
			default:
				hatched++
			}
		}
		return filled, hatched
	}
	for x, known := range map[int]bool{50: true, 140: true, 300: false, 640: true, 750: false, 880: true} {
		if filled, hatched := kinds(x); (filled > 30) != known || !known && (filled > 0 || hatched < 4) {
			t.Errorf("at %d it is filled at %d and hatched at %d of 40", x, filled, hatched)
		}
	}
	if filled, hatched := kinds(500); filled > 0 || hatched > 2 {
		t.Errorf("where nothing was moved it is filled at %d and hatched at %d of 40", filled, hatched)
	}
	a.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(30, 50)}})
	if words := a.words(); words != "before   not known" {
		t.Errorf("of the gap it says %q", words)
	}
}

func TestTheNewestMomentIsNamedByItsAge(t *testing.T) {
	test.NewTempApp(t)
	a := NewArea(func(float64) string { return "much" }, func(int) string { return "before" }, Series{"a", theme.ColorNameSuccess})
	a.SetValues([][]float64{{1}, {1}})
	a.SetNewest("40 s ago")
	if words := a.axis(); words[2] != "40 s ago" || a.words() != "40 s ago   a much" {
		t.Errorf("it says %q and %q", words, a.words())
	}
}
