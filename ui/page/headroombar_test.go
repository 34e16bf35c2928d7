package page

import (
	"testing"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest/screen"
)

func TestHeadroomThatIsNotKnownSaysWhy(t *testing.T) {
	const gbit = 125_000_000 // bytes per second
	screen.New(t, kit.Theme{Appearance: kit.Light})
	for want, c := range map[string]engine.ComponentStatus{
		"unknown while it is offline":         {},
		"its load has not been reported":      {Online: true},
		"not measured yet":                    {Online: true, Load: engine.Load{Cores: []float64{0.1}}},
		"4.0 Gbit/s more, limited by its net": {Online: true, Load: engine.Load{Cores: []float64{0.1}}, Headroom: engine.Headroom{BytesPerSecond: 4 * gbit, Low: 4 * gbit, High: 4 * gbit, Cost: engine.Cost{PerGB: 1}, LimitedBy: engine.LimitedByNetwork}},
	} {
		line := NewHeadroomLine()
		line.Set(&c, 0, false)
		screen.MustContain(t, line.words.Text, want)
		if line.barBox.Visible() != c.Headroom.Known() {
			t.Errorf("%q: the bar is visible: %v", want, line.barBox.Visible())
		}
	}
}
