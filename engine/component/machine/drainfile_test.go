package machine

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestARequestToDrainIsReadAsItWasMadeAndTakenBack(t *testing.T) {
	folder, now := t.TempDir(), time.Now()
	if drain, err := RequestedDrain(folder, now); drain != nil || err != nil {
		t.Errorf("of nothing: %v, %v", drain, err)
	}
	for _, within := range []time.Duration{0, 30 * time.Minute} {
		if err := RequestDrain(folder, now, within); err != nil {
			t.Fatal(err)
		}
		drain, err := RequestedDrain(folder, now.Add(time.Minute))
		if err != nil || !drain.Since.Equal(now) || drain.Until.IsZero() != (within == 0) || within > 0 && !drain.Until.Equal(now.Add(within)) || drain.By != drainedHere {
			t.Errorf("within %v: %+v, %v", within, drain, err)
		}
	}
	for _, want := range []bool{true, false} {
		if requested, err := UndoDrain(folder); requested != want || err != nil {
			t.Errorf("undone: %v, %v", requested, err)
		}
	}
}

// A file that somebody else wrote, or that cannot be read, still asks for a drain: one that has no end.
func TestARequestThatCannotBeReadHasNoEnd(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "cut short": `{"since":"2026`, "of no time": `{"until":"2026-01-01T00:00:00Z"}`} {
		folder, now := t.TempDir(), time.Now()
		if err := os.WriteFile(filepath.Join(folder, drainFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if drain, _ := RequestedDrain(folder, now); drain == nil || !drain.Since.Equal(now) || !drain.Until.IsZero() {
			t.Errorf("%s: %+v", name, drain)
		}
	}
}
