package softwindow

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
)

// animations are those that run.
type animations struct{ running []*animation }

type animation struct {
	of       *fyne.Animation
	begun    time.Time
	repeats  int // that are left; below 0 there is no end
	backward bool
}

func (a *animations) any() bool { return len(a.running) > 0 }

func (a *animations) start(of *fyne.Animation, now time.Time) {
	a.stop(of)
	a.running = append(a.running, &animation{of: of, begun: now, repeats: of.RepeatCount})
}

func (a *animations) stop(of *fyne.Animation) {
	a.running = slices.DeleteFunc(slices.Clone(a.running), func(one *animation) bool { return one.of == of })
}

// tick shows each animation as it is now, and drops those that are over. One of them may start or stop others.
func (a *animations) tick(now time.Time) {
	for _, one := range slices.Clone(a.running) {
		if slices.Contains(a.running, one) && !one.tick(now) {
			a.running = slices.DeleteFunc(slices.Clone(a.running), func(other *animation) bool { return other == one })
		}
	}
}

// tick shows an animation, and tells whether it goes on.
func (a *animation) tick(now time.Time) bool {
	passed := float32(1)
	if a.of.Duration > 0 {
		passed = min(float32(now.Sub(a.begun))/float32(a.of.Duration), 1)
	}
	shown := passed
	if a.backward {
		shown = 1 - passed
	}
	if passed < 1 {
		curve := a.of.Curve
		if curve == nil {
			curve = fyne.AnimationEaseInOut
		}
		a.of.Tick(curve(shown))
		return true
	}
	a.of.Tick(shown)
	a.begun = now
	if a.of.AutoReverse && !a.backward {
		a.backward = true
		return true
	}
	a.backward = false
	if a.repeats == 0 {
		return false
	}
	if a.repeats > 0 {
		a.repeats--
	}
	return true
}
