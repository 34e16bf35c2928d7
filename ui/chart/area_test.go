package chart

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2/theme"
)

func TestTheAxisSaysFromWhenToWhen(t *testing.T) {
	for count, want := range map[int][3]string{
		0:  {},
		1:  {},
		5:  {"moment 0", "", "now"},
		21: {"moment 0", "moment 10", "now"},
	} {
		a := &Area{moment: func(i int) string { return fmt.Sprint("moment ", i) }, series: []Series{{"sealed", theme.ColorNameSuccess}}, values: make([][]float64, count)}
		if got := a.axis(); got != want {
			t.Errorf("of %d moments it says %q, want %q", count, got, want)
		}
	}
}
