package administration

import (
	"os"
	"testing"
)

func TestACopyOfTheDatabaseIsMadeOnADisk(t *testing.T) {
	t.Setenv("TMPDIR", "")
	want := "/var/tmp"
	if _, err := os.Stat(want); err != nil {
		want = os.TempDir()
	}
	if got := ScratchFolder(); got != want {
		t.Errorf("it is made in %s, not in %s", got, want)
	}
	named := t.TempDir()
	t.Setenv("TMPDIR", named)
	if got := ScratchFolder(); got != os.TempDir() {
		t.Errorf("it is made in %s, not where TMPDIR says", got)
	}
}
