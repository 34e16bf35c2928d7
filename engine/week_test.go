package engine

import "testing"

func TestAWeekNamesItsTimeZoneAsPeopleDo(t *testing.T) {
	for zone, want := range map[string]string{"Europe/Berlin": "Europe/Berlin", "UTC": "UTC", "Local": "the broker's time zone"} {
		if got := (&Week{TimeZone: zone}).Zone(); got != want {
			t.Errorf("%s is named %q", zone, got)
		}
	}
}
