package host

import (
	"runtime/debug"
	"testing"
)

func TestAWindowTakesLessMemoryUnlessTheEnvironmentSaysHowMuch(t *testing.T) {
	const before = 123
	defer debug.SetGCPercent(debug.SetGCPercent(before))
	for gogc, want := range map[string]int{"": windowGCPercent, "200": before} {
		t.Setenv("GOGC", gogc)
		debug.SetGCPercent(before)
		SaveMemory()
		if got := debug.SetGCPercent(before); got != want {
			t.Errorf("with GOGC=%q the heap grows by %d %%, wanted %d", gogc, got, want)
		}
	}
}
