package component

import (
	"maps"
	"slices"
	"sync"

	"lockwire/engine"
	"lockwire/engine/session"
)

// maximumSessions is how many sessions of one attachment may live at once, those included whose end is still to be
// acknowledged: as many as a hello can name within one message.
const maximumSessions = 1000

// sessionTable holds the sessions of an attachment until the broker has acknowledged their end.
type sessionTable struct {
	mu    sync.Mutex
	byID  map[engine.ID]*liveSession
	empty []chan struct{} // to be closed when there is no session any more
}

func newSessionTable() *sessionTable {
	return &sessionTable{byID: make(map[engine.ID]*liveSession)}
}

// add takes a session in; false where there are too many, or one with that id.
func (t *sessionTable) add(s *liveSession) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.byID) >= maximumSessions || t.byID[s.id] != nil {
		return false
	}
	t.byID[s.id] = s
	s.a.c.calibrator.Yield()
	return true
}

func (t *sessionTable) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID) >= maximumSessions
}

func (t *sessionTable) get(id engine.ID) *liveSession {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id]
}

func (t *sessionTable) remove(id engine.ID) {
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

func (t *sessionTable) all() []*liveSession {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.byID))
}

// cutAll ends all sessions at once.
func (t *sessionTable) cutAll(reason string) {
	for _, s := range t.all() {
		s.order(session.CutOrdered, reason)
	}
}

// destroyAll makes sure that no key outlives the component, whatever the sessions still waited for.
func (t *sessionTable) destroyAll() {
	for _, s := range t.all() {
		s.key.Destroy()
	}
}

// whenEmpty gives a channel that is closed once there is no session.
func (t *sessionTable) whenEmpty() <-chan struct{} {
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
