package live

import (
	"maps"
	"slices"
	"sync"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// Sessions holds the sessions of an attachment until the broker has acknowledged their end: wire.MaximumLiveSessions at most.
type Sessions struct {
	mu   sync.Mutex
	byID map[engine.ID]*Session
	// witnesses are of sessions that other attachments carry.
	witnesses map[engine.ID]*Witness
	empty     []chan struct{} // to be closed when there is no session any more
}

// NewSessions makes an empty table.
func NewSessions() *Sessions {
	return &Sessions{byID: make(map[engine.ID]*Session), witnesses: make(map[engine.ID]*Witness)}
}

// add takes a session in; false where there are too many, or one with that id.
func (t *Sessions) add(s *Session) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count() >= wire.MaximumLiveSessions || t.byID[s.ID] != nil {
		return false
	}
	t.byID[s.ID] = s
	return true
}

func (t *Sessions) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count() >= wire.MaximumLiveSessions
}

// count is how many sessions the broker is told of. Called with the lock.
func (t *Sessions) count() int { return len(t.byID) + len(t.witnesses) }

// Get finds a session; nil where there is none.
func (t *Sessions) Get(id engine.ID) *Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id]
}

func (t *Sessions) remove(id engine.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byID, id)
	t.tellEmpty()
}

func (t *Sessions) forgetWitness(id engine.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.witnesses, id)
	t.tellEmpty()
}

// tellEmpty tells those who wait for it that there is no session any more. Called with the lock.
func (t *Sessions) tellEmpty() {
	if t.count() == 0 {
		for _, waiting := range t.empty {
			close(waiting)
		}
		t.empty = nil
	}
}

// All gives those that the attachment carries, in no order.
func (t *Sessions) All() []*Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.byID))
}

func (t *Sessions) allWitnesses() []*Witness {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.witnesses))
}

// Stats are what the broker is told of all sessions.
func (t *Sessions) Stats() (all []*wire.SessionStats) {
	for _, s := range t.All() {
		all = append(all, s.told())
	}
	for _, w := range t.allWitnesses() {
		all = append(all, w.stats())
	}
	return all
}

// CutAll ends all sessions at once that the attachment carries.
func (t *Sessions) CutAll(reason string) {
	for _, s := range t.All() {
		s.Cut(reason)
	}
}

// DrainAll lets all sessions end with their last flow, those of which the broker is told only among them.
func (t *Sessions) DrainAll(reason string) {
	for _, s := range t.All() {
		s.Drain(reason)
	}
	for _, w := range t.allWitnesses() {
		w.session.Drain(reason)
	}
}

// Empty tells whether there is no session, nor one of which the broker is only told.
func (t *Sessions) Empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count() == 0
}

// DestroyAll makes sure that no key outlives the component, whatever the sessions still waited for.
func (t *Sessions) DestroyAll() {
	for _, s := range t.All() {
		s.Channel.Secret.Destroy()
	}
}

// WhenEmpty gives a channel that is closed once there is no session.
func (t *Sessions) WhenEmpty() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting := make(chan struct{})
	if t.count() == 0 {
		close(waiting)
		return waiting
	}
	t.empty = append(t.empty, waiting)
	return waiting
}
