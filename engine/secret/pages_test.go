package secret

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestArenaSharesPagesAndUsesThemAgain(t *testing.T) {
	chunks := 0
	a := &arena{allocate: func(size int) ([]byte, error, error) {
		chunks++
		return make([]byte, size), nil, nil
	}}
	taken := make(map[*[Size]byte]*slot)
	for range 2 * chunkSize / Size {
		s, err := a.take()
		if err != nil {
			t.Fatal(err)
		}
		taken[s.bytes] = s
		copy(s.bytes[:], "a key")
	}
	if len(taken) != 2*chunkSize/Size || chunks != 2 {
		t.Errorf("%d slots in %d chunks", len(taken), chunks)
	}
	for _, s := range taken {
		a.give(s)
		if *s.bytes != [Size]byte{} {
			t.Fatal("a slot was given back unwiped")
		}
	}
	for range 2 * chunkSize / Size {
		s, err := a.take()
		if err != nil || taken[s.bytes] == nil {
			t.Fatalf("a new slot: %v", err)
		}
	}
	if chunks != 2 {
		t.Errorf("%d chunks", chunks)
	}
}

func TestFailedLockWarnsOnceAndGoesOn(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	defer slog.SetDefault(before)
	a := &arena{allocate: func(size int) ([]byte, error, error) {
		return make([]byte, size), errors.New("mlock: cannot allocate memory"), nil
	}}
	for range 2*chunkSize/Size + 1 {
		if _, err := a.take(); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "level=WARN"); n != 1 || !strings.Contains(out.String(), "mlock") {
		t.Errorf("%d warnings: %s", n, out.String())
	}
}

func TestNoMemoryIsAnError(t *testing.T) {
	no := errors.New("no memory")
	a := &arena{allocate: func(int) ([]byte, error, error) { return nil, nil, no }}
	if _, err := a.take(); !errors.Is(err, no) {
		t.Errorf("take: %v", err)
	}
}
