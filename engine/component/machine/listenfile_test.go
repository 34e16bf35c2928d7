package machine

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lockwire/engine"
)

func TestTheListenListIsKeptAddedToAndNeverReplacedByFlags(t *testing.T) {
	folder := t.TempDir()
	const low, other = "127.0.0.1:873", "10.0.0.0/8:5432"
	if err := AddListens(folder, low, other); err != nil {
		t.Fatal(err)
	}
	if err := AddListens(folder, low, "10.0.0.1"); err == nil {
		t.Error("an entry without a port was kept")
	}
	allowed, err := NewListens(folder, []string{"10.9.9.9:1"})
	if err != nil {
		t.Fatal(err)
	}
	covers := func(listen string) bool {
		list, _ := allowed.Now()
		_, err := list.Check(listen)
		return err == nil
	}
	if err := allowed.Read(); err != nil {
		t.Fatal(err)
	}
	for _, listen := range []string{low, "10.1.2.3:5432", "10.9.9.9:1", "127.0.0.1:8000", "[::1]:8000"} {
		if !covers(listen) {
			t.Errorf("%s is not allowed", listen)
		}
	}
	_, before := allowed.Now()
	if err := errors.Join(RemoveListen(folder, other), allowed.Read()); err != nil {
		t.Fatal(err)
	}
	if _, after := allowed.Now(); after == before || covers("10.1.2.3:5432") || !covers(low) {
		t.Errorf("after a removal: version %d, then %d", before, after)
	}
	if err := RemoveListen(folder, other); !errors.Is(err, ErrNoEntry) {
		t.Errorf("removing what is not there: %v", err)
	}
	if list, err := ReadListens(folder); err != nil || !slices.Equal(list.Entries(), []string{low}) || !list.HasLowPorts() {
		t.Errorf("kept %v, %v", list.Entries(), err)
	}
	if err := os.WriteFile(filepath.Join(folder, listenFile), []byte("garbage\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := allowed.Read(); err == nil || covers(low) || !covers("127.0.0.1:8000") {
		t.Errorf("a list that cannot be read: %v", err)
	}
}

func TestPortsThatNeedARightAreKnown(t *testing.T) {
	for text, low := range map[string]bool{":443": true, "10.0.0.1:1023": true, ":1024": false, ":6171": false, ":0": false, "nonsense": false} {
		if engine.IsLowPort(text) != low {
			t.Errorf("%s: %v", text, !low)
		}
	}
	for entry, low := range map[string]bool{"127.0.0.1:1024-65535": false, "127.0.0.1:8000,22": true, "127.0.0.1:1000-2000": true} {
		if list, err := NewListenList([]string{entry}); err != nil || list.HasLowPorts() != low {
			t.Errorf("%s: %v", entry, err)
		}
	}
}
