package recorder

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"lockwire/engine"
)

const (
	// brokenAfter is how long the store may refuse all writes before waiting tools get that as the reason.
	brokenAfter = 3 * time.Second
	// slowAfter is how long one write may take before waiting tools get that as the reason. It is shorter than the time limit of an offer, so that
	// they hear this and not "no answer".
	slowAfter = 6 * time.Second
)

// trouble is what keeps the record from being written.
type trouble struct {
	since   time.Time // when the first of the writes began that have all failed; zero where the last one has not
	err     error     // of the last one
	started time.Time // when the write under way began; zero where there is none
}

// Problem says in words why the record cannot be written, so that no session may begin; empty while it can. The words are for
// tools and screens: the log has the store's own, with the file's name.
func (r *Recorder) Problem() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.trouble
	switch {
	case !t.since.IsZero() && time.Since(t.since) >= brokenAfter:
		return reasonOf(t.err)
	case !t.started.IsZero() && time.Since(t.started) >= slowAfter:
		return fmt.Sprintf("a write to the broker's record has taken more than %s; its disk is slow, or does not answer: see the system's log", slowAfter)
	}
	if backlog := len(r.receipts) + len(r.begun) + len(r.sessions) + r.writing; backlog > MaximumBacklog {
		return fmt.Sprintf("the broker's record is %d entries behind; its disk is too slow for so many sessions", backlog)
	}
	return ""
}

// watched runs a write, and reports a slow one to the waiting tools.
func (r *Recorder) watched(write func() error) error {
	began := time.Now()
	r.mu.Lock()
	r.trouble.started = began
	r.mu.Unlock()
	slow := time.AfterFunc(slowAfter, func() {
		if reason := r.Problem(); reason != "" {
			r.log.Error("a write to the record takes long", "since", began, "problem", reason)
			r.broken(reason)
		}
	})
	defer slow.Stop()
	err := write()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trouble.started, r.trouble.err = time.Time{}, err
	switch {
	case err == nil:
		r.trouble.since = time.Time{}
	case r.trouble.since.IsZero():
		r.trouble.since = began
	}
	return err
}

// ofWholeRecord tells whether the error would make every other write fail, too.
func ofWholeRecord(err error) bool {
	return errors.Is(err, engine.ErrRecordLocked) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EROFS) || errors.Is(err, engine.ErrDamagedData)
}

// reasonOf says why a write failed, and what to do next.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, engine.ErrRecordLocked):
		return "the broker cannot write its record: another program, perhaps sqlite3 or a copying backup, holds its database; end that program"
	case errors.Is(err, syscall.ENOSPC):
		return "the broker cannot write its record: the disk of its data folder is full; free some space there"
	case errors.Is(err, syscall.EROFS):
		return "the broker cannot write its record: its data folder is read-only, or belongs to another user"
	case errors.Is(err, engine.ErrDamagedData):
		return "the broker cannot write its record: its database is damaged; restore a backup with lockwired restore"
	}
	return "the broker cannot write its record; its log says why"
}
