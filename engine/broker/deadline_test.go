package broker

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
)

// TestDeadlineIsPassedForEachSessionItself has two sessions that stay due whatever a tick does: the moment that a tick carries
// is later than that of the step, as where the clock is set back in between.
func TestDeadlineIsPassedForEachSessionItself(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		log := &sessionsInLog{message: "a session's deadline has passed and nothing came of it; it is tried again each second"}
		i.config.Logger = slog.New(log)
		i.start()
		defer func() { i.stop() }()
		p := i.pair()
		p.live()
		p.source.request(p.route.ID)
		i.wait()

		i.broker.mu.Lock()
		defer i.broker.mu.Unlock()
		far := time.Now().Add(48 * time.Hour)
		i.broker.passDeadlines(far)
		i.broker.passDeadlines(far)
		if len(i.broker.sessions) != 2 {
			t.Fatalf("%d sessions are live", len(i.broker.sessions))
		}
		for id, s := range i.broker.sessions {
			if !log.names(id) {
				t.Errorf("the log does not name session %s, which stays due", id)
			}
			if s.index < 0 {
				t.Errorf("session %s has lost its place among the deadlines", id)
			}
		}
		if len(log.sessions) != 2 {
			t.Errorf("each is to be logged once, and the log has %v", log.sessions)
		}
	})
}

// sessionsInLog keeps the sessions of the lines with one message.
type sessionsInLog struct {
	message string

	mu       sync.Mutex
	sessions []engine.ID
}

func (l *sessionsInLog) names(id engine.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.sessions, id)
}

func (l *sessionsInLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *sessionsInLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *sessionsInLog) WithGroup(string) slog.Handler            { return l }

func (l *sessionsInLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message != l.message {
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		if id, ok := a.Value.Any().(engine.ID); ok && a.Key == "session" {
			l.mu.Lock()
			l.sessions = append(l.sessions, id)
			l.mu.Unlock()
		}
		return true
	})
	return nil
}
