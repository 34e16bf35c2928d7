package component

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

func TestStatusFileIsPrivateCurrentAndGoneAfterwards(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	path := StatusFile(folder)
	if _, err := ReadStatus(path, time.Now()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("before the start: %v", err)
	}
	m := run(t, folder, id, func(c *Config) { c.StatusFile = path })
	await[*wire.Hello](t, b, nil)
	status := awaitStatus(t, path, func(s Status) bool { return len(s.Attachments) == 1 && s.Attachments[0].Attached })
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	words := status.Words()
	for _, part := range []string{"attached to " + b.address, "certificate ends", "machine (" + string(id) + ")"} {
		if !strings.Contains(words, part) {
			t.Errorf("the words lack %q:\n%s", part, words)
		}
	}
	if _, err := ReadStatus(path, status.When.Add(StatusAge+time.Second)); !errors.Is(err, ErrNotRunning) {
		t.Errorf("a file that nobody keeps: %v", err)
	}
	m.stop()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end: %v", err)
	}
}

// slowStatusClock is the system's clock, in which the time between two looks at the status never comes to its end.
type slowStatusClock struct{ machine.SystemClock }

func (c slowStatusClock) NewTimer(d time.Duration) machine.Timer {
	if d == statusInterval {
		d = time.Hour
	}
	return c.SystemClock.NewTimer(d)
}

func TestStatusSaysAtOnceThatTheAgentIsAttached(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	path := StatusFile(folder)
	run(t, folder, id, func(c *Config) { c.StatusFile, c.Clock = path, slowStatusClock{} })
	awaitStatus(t, path, func(s Status) bool { return len(s.Attachments) == 1 && s.Attachments[0].Attached })
}

func awaitStatus(t *testing.T, path string, fits func(Status) bool) Status {
	t.Helper()
	late := time.After(patience)
	for {
		status, err := ReadStatus(path, time.Now())
		if err == nil && fits(status) {
			return status
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-late:
			t.Fatalf("the status never came: %+v, %v", status, err)
		}
	}
}

func TestDamagedStatusFileIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadStatus(path, time.Now()); err == nil || errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	var empty Status
	if _, err := json.Marshal(empty); err != nil {
		t.Error(err)
	}
}
