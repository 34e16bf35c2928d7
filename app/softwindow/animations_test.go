package softwindow

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
)

func TestAnimationsGoOnWithTheClock(t *testing.T) {
	begin := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name  string
		of    fyne.Animation
		after []int // milliseconds
		want  []float32
	}{
		{"once", fyne.Animation{}, []int{0, 25, 50, 100, 150}, []float32{0, 0.25, 0.5, 1}},
		{"there and back", fyne.Animation{AutoReverse: true}, []int{50, 100, 150, 200, 250}, []float32{0.5, 1, 0.5, 0}},
		{"twice", fyne.Animation{RepeatCount: 1}, []int{50, 100, 150, 200, 250}, []float32{0.5, 1, 0.5, 1}},
		{"for ever", fyne.Animation{RepeatCount: fyne.AnimationRepeatForever}, []int{100, 150, 200, 300}, []float32{1, 0.5, 1, 1}},
	} {
		var got []float32
		test.of.Duration, test.of.Curve = 100*time.Millisecond, fyne.AnimationLinear
		test.of.Tick = func(done float32) { got = append(got, done) }
		var all animations
		all.start(&test.of, begin)
		for _, after := range test.after {
			all.tick(begin.Add(time.Duration(after) * time.Millisecond))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, not %v", test.name, got, test.want)
		}
		if all.any() != (test.name == "for ever") {
			t.Errorf("%s: it runs: %v", test.name, all.any())
		}
	}
}

func TestAnAnimationMayStopAnother(t *testing.T) {
	now := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	var all animations
	ticked := 0
	other := &fyne.Animation{Duration: time.Second, Tick: func(float32) { ticked++ }}
	all.start(&fyne.Animation{Duration: time.Second, Tick: func(float32) { all.stop(other) }}, now)
	all.start(other, now)
	all.tick(now)
	if ticked != 0 || len(all.running) != 1 {
		t.Errorf("it was shown %d times, and %d run", ticked, len(all.running))
	}
}
