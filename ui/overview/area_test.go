package overview

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/ui/chart"
	"lockwire/ui/kit"
	"lockwire/ui/uitest/screen"
)

func TestLookOfTheThroughputChart(t *testing.T) {
	screen.New(t, kit.Theme{Appearance: kit.Light})
	area := chart.NewArea(func(v float64) string { return fmt.Sprintf("%.0f Mbit/s", v) }, func(i int) string { return fmt.Sprintf("%d s ago", 29-i) },
		chart.Series{Name: "sealed", Color: kit.ColorSealedFill}, chart.Series{Name: "plain", Color: kit.ColorPlainFill})
	var values [][]float64
	for i := range 30 {
		sealed, plain := float64(20+4*i), 0.0
		if i >= 10 && i < 20 { // a plain session in the middle
			plain = 60
		}
		values = append(values, []float64{sealed, plain})
	}
	area.SetValues(values)
	screen.Looks(t, "area.png", fyne.NewSize(520, 200), area)
}
