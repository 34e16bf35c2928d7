package live

import "testing"

func TestNothingStartsOnceTheWorkIsOver(t *testing.T) {
	w := NewWork()
	ran, late := false, false
	if !w.Start(func() { <-w.Life().Done(); ran = true }) {
		t.Error("what began before is not said to have started")
	}
	w.Finish(ErrStopped)
	if !ran {
		t.Error("it did not wait for what runs")
	}
	if w.Start(func() { late = true }) {
		t.Error("what came too late is said to have started")
	}
	w.running.Wait()
	if late {
		t.Error("it ran after the end")
	}
}
