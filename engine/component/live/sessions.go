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
	mu    sync.Mutex
	byID  map[engine.ID]*Session
	empty []chan struct{} // to be closed when there is no session any more
}

// NewSessions makes an empty table.
func NewSessions() *Sessions { return &Sessions{byID: make(map[engine.ID]*Session)} }

// add takes a session in; false where there are too many, or one with that id.
func (t *Sessions) add(s *Session) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.byID) >= wire.MaximumLiveSessions || t.byID[s.ID] != nil {
		return false
	}
	t.byID[s.ID] = s
	return true
}

func (t *Sessions) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID) >= wire.MaximumLiveSessions
}

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
	if len(t.byID) == 0 {
		for _, waiting := range t.empty {
			close(waiting)
		}
		t.empty = nil
	}
}

// All gives them in no order.
func (t *Sessions) All() []*Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.byID))
}

// CutAll ends all sessions at once.
func (t *Sessions) CutAll(reason string) {
	for _, s := range t.All() {
		s.Cut(reason)
	}
}

// DrainAll lets all sessions end with their last flow.
func (t *Sessions) DrainAll(reason string) {
	for _, s := range t.All() {
		s.Drain(reason)
	}
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
	if len(t.byID) == 0 {
		close(waiting)
		return waiting
	}
	t.empty = append(t.empty, waiting)
	return waiting
}
