// The database is SQLite, which needs cgo.
//go:build cgo

package recorder_test

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"lockwire/engine"
	"lockwire/engine/broker/recorder"
	"lockwire/store"
)

// TestDatabaseThatAnotherProgramHoldsIsNamed has a second program lock the real database, as an administrator's sqlite3 does.
// It is told within the 10 s in which an offer is answered, in the words for the tool and in the log.
func TestDatabaseThatAnotherProgramHoldsIsNamed(t *testing.T) {
	t.Parallel() // it waits for a lock in real time
	folder := t.TempDir()
	s, err := store.Open(t.Context(), folder, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var log lines
	reasons := make(chan string, 100)
	r := recorder.New(s, nil, slog.New(slog.NewTextHandler(&log, nil)), new(recorder.Writes), func(reason string) { reasons <- reason })
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	defer running.Wait()
	defer stop()

	files, err := filepath.Glob(filepath.Join(folder, "*.db"))
	if err != nil || len(files) != 1 {
		t.Fatalf("databases %v, %v", files, err)
	}
	other, err := sql.Open("sqlite3", files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	held, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := held.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}

	written := make(chan struct{})
	r.Begin(engine.Session{ID: engine.NewID(), State: engine.SessionOffered, Began: time.Now()}, func() { close(written) })
	select {
	case reason := <-reasons:
		if !strings.Contains(reason, "another program, perhaps sqlite3 or a copying backup, holds its database") {
			t.Errorf("who waits is told %q", reason)
		}
	case <-time.After(time.Minute):
		t.Fatal("who waits is told nothing")
	}
	if text := log.String(); !strings.Contains(text, "the record cannot be written") || !strings.Contains(text, "another program") {
		t.Errorf("the log says %q", text)
	}
	if _, err := held.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-written:
	case <-time.After(time.Minute):
		t.Error("it is not written once the other program has let go")
	}
	if problem := r.Problem(); problem != "" {
		t.Errorf("then it says %q", problem)
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
