package softwindow

import "testing"

func TestTheScaleFollowsFromTheScreen(t *testing.T) {
	for _, test := range []struct {
		name                string
		millimetres, pixels int
		want                float32
	}{
		{"a usual screen", 527, 1920, 1},
		{"a small one with many pixels", 345, 3840, 2.3559419},
		{"one that says nothing", 0, 1920, 1},
		{"a projector that says 1 cm", 10, 1920, 1},
	} {
		if got := detectedScale(test.millimetres, test.pixels); got < test.want-0.01 || got > test.want+0.01 {
			t.Errorf("%s: %v, not %v", test.name, got, test.want)
		}
	}
}
