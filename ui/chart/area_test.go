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
