package leftover

import "testing"

func TestARunIsDeadWhenItsProcessIs(t *testing.T) {
	mine, err := Run("lwt")
	if err != nil {
		t.Fatal(err)
	}
	for name, dead := range map[string]bool{
		mine: false, mine + "-vault": false,
		"lwt-4194303-1": true, "lwt-4194303-1-3-source": true, "lwt-1-1": true, // the first process of a machine starts later than one tick
		"other-4194303-1": false, "lwt": false, "lwt-": false, "lwt-x-1": false, "lwt-17": false,
	} {
		if got := IsOfDeadRun("lwt", name); got != dead {
			t.Errorf("%s: %v", name, got)
		}
	}
}
