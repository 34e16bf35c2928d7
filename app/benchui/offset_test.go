//go:build linux

package main

import (
	"image/color"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestTheFarthestScrollerInSightCounts(t *testing.T) {
	test.NewTempApp(t)
	scroller := func(to float32) *container.Scroll {
		long := canvas.NewRectangle(color.Black)
		long.SetMinSize(fyne.NewSize(50, 5000))
		s := container.NewVScroll(long)
		s.Resize(fyne.NewSize(100, 100))
		s.ScrollToOffset(fyne.NewPos(0, to))
		return s
	}
	hidden := scroller(3000)
	hidden.Hide()
	page := container.NewStack(scroller(200), widget.NewCard("", "", container.NewHSplit(scroller(700), scroller(0))), hidden)
	if got := farthestScrolled(page); got != 700 {
		t.Errorf("scrolled by %v, want 700: that inside of widgets, and not what is hidden", got)
	}
	if got := farthestScrolled(widget.NewLabel("nothing scrolls")); got != 0 {
		t.Errorf("a label is scrolled by %v", got)
	}
}

func TestAPercentileIsAMeasuredValue(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	for p, want := range map[int]float64{0: 1, 50: 3, 99: 5, 100: 5} {
		if got := percentile(values, p); got != want {
			t.Errorf("percentile %d is %v, want %v", p, got, want)
		}
	}
	if got := percentile(nil, 50); got != 0 {
		t.Errorf("of nothing it is %v", got)
	}
}

func TestAProcessIsMeasuredByItsId(t *testing.T) {
	begin, err := spentBy(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for spent := begin; spent < begin+20*time.Millisecond; { // it works until that shows
		if spent, err = spentBy(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if rss, err := residentMemory("self"); err != nil || rss <= 0 {
		t.Errorf("memory %v MB, %v", rss, err)
	}
	if _, err := spentBy(-1); err == nil {
		t.Error("a process that does not exist was measured")
	}
}
