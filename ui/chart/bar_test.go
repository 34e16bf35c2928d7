package chart

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// shownBar is a bar in a window, 102 wide: 100 between its borders.
func shownBar(t *testing.T) (*Bar, *barRenderer) {
	t.Helper()
	test.NewTempApp(t)
	b := NewBar()
	test.NewTempWindow(t, b)
	b.Resize(fyne.NewSize(102, 14))
	return b, b.drawn
}

func TestPartsOfABarStandSideBySideAndNeverBeyondIt(t *testing.T) {
	for name, c := range map[string]struct {
		shares [3]float32
		want   [3]float32 // widths; 0 is hidden
	}{
		"three":                  {[3]float32{0.5, 0.25, 0.1}, [3]float32{50, 25, 10}},
		"one too small to see":   {[3]float32{0.001, 0.5, 0}, [3]float32{leastPart, 50, 0}},
		"more than there is":     {[3]float32{0.8, 0.8, 0.8}, [3]float32{80, 20, 0}},
		"none":                   {},
		"less than nothing":      {[3]float32{-1, 0.5, 0}, [3]float32{0, 50, 0}},
		"full, and a little yet": {[3]float32{1, 0.001, 0}, [3]float32{100, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			b, drawn := shownBar(t)
			level := Level{}
			for i, share := range c.shares {
				level.Parts[i] = Part{Share: share, Color: theme.ColorNameSuccess}
			}
			b.Set(level)
			at := float32(trackBorder)
			for i, part := range drawn.parts {
				width := part.Size().Width
				if !part.Visible() {
					width = 0
				}
				if diff := width - c.want[i]; diff > 0.01 || diff < -0.01 {
					t.Errorf("part %d is %v wide, wanted %v", i, width, c.want[i])
				}
				if width > 0 && part.Position().X-at > 0.01 {
					t.Errorf("part %d begins at %v, wanted %v", i, part.Position().X, at)
				}
				at += width
			}
		})
	}
}

func TestTheMarkOfABarStaysWithinIt(t *testing.T) {
	b, drawn := shownBar(t)
	if drawn.mark.Visible() {
		t.Error("a bar without a mark shows one")
	}
	for _, mark := range []float32{1e-6, 0.5, 1, 3} {
		b.Set(Level{Mark: mark})
		if x := drawn.mark.Position().X; !drawn.mark.Visible() || x < trackBorder || x+markWidth > 102 {
			t.Errorf("the mark %v stands at %v", mark, x)
		}
	}
}

func TestCoresTellTheBusiestAndTheOneUnderTheMouse(t *testing.T) {
	test.NewTempApp(t)
	c := NewCores(theme.ColorNameSuccess)
	test.NewTempWindow(t, c)
	c.Resize(fyne.NewSize(200, 80))
	if got := c.words(); got != "" {
		t.Errorf("without cores it says %q", got)
	}
	c.SetShares([]float64{0.1, 0.62, 0.3, 1.4})
	if got := c.words(); got != "busiest: core 4, 140 %" {
		t.Errorf("it says %q", got)
	}
	c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(60, 10)}})
	if got := c.words(); got != "core 2, 62 %" {
		t.Errorf("over the second core it says %q", got)
	}
	c.SetShares([]float64{0.5}) // another machine, with fewer cores
	if got := c.words(); got != "busiest: core 1, 50 %" {
		t.Errorf("of one core it says %q", got)
	}
	c.MouseOut()
	_ = c.draw(3, 10) // fewer pixels than columns
	c.SetShares(make([]float64, 256))
	_ = c.draw(100, 10)
}

func TestAnAreaKeepsItsScaleWhereItHasOne(t *testing.T) {
	test.NewTempApp(t)
	a := NewArea(func(v float64) string { return "" }, func(int) string { return "" }, Series{"a", theme.ColorNameSuccess})
	a.SetWhole(8)
	a.SetValues([][]float64{{1}, {2}})
	if a.top != 8 {
		t.Errorf("the top is %v, wanted 8", a.top)
	}
	a.SetWhole(0)
	a.SetValues([][]float64{{1}, {1.5}})
	if a.top != 2 {
		t.Errorf("the top is %v, wanted 2", a.top)
	}
}
