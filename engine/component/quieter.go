package component

import (
	"sync"
	"time"
)

// quieter lets a log line of each kind pass once in quietTime and counts those in between, so that nobody can fill a disk
// by connecting again and again.
type quieter struct {
	clock Clock

	mu    sync.Mutex
	kinds map[string]*quietKind
}

type quietKind struct {
	last time.Time
	more int
}

const (
	quietTime = 5 * time.Second
	// maximumKinds bounds the memory for kinds; when it is full all begin anew.
	maximumKinds = 4096
)

func newQuieter(clock Clock) *quieter {
	return &quieter{clock: clock, kinds: make(map[string]*quietKind)}
}

// pass tells whether a line may be logged, and how many of its kind were held back since the last one.
func (q *quieter) pass(kind string) (more int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.clock.Now()
	k := q.kinds[kind]
	if k == nil {
		if len(q.kinds) >= maximumKinds {
			clear(q.kinds)
		}
		q.kinds[kind] = &quietKind{last: now}
		return 0, true
	}
	if now.Sub(k.last) < quietTime {
		k.more++
		return 0, false
	}
	more = k.more
	*k = quietKind{last: now}
	return more, true
}
