package machine

import (
	"sync"
	"time"
)

// LogLimiter lets a log line of each kind pass once in logInterval and counts those in between, so that nobody can fill a disk
// by connecting again and again.
type LogLimiter struct {
	clock Clock

	mu    sync.Mutex
	kinds map[string]*limitedKind
}

type limitedKind struct {
	last time.Time
	more int
}

const (
	logInterval = 5 * time.Second
	// maximumKinds bounds the memory for kinds; when it is full all begin anew.
	maximumKinds = 4096
)

func NewLogLimiter(clock Clock) *LogLimiter {
	return &LogLimiter{clock: clock, kinds: make(map[string]*limitedKind)}
}

// Pass tells whether a line may be logged, and how many of its kind were held back since the last one.
func (l *LogLimiter) Pass(kind string) (more int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	k := l.kinds[kind]
	if k == nil {
		if len(l.kinds) >= maximumKinds {
			clear(l.kinds)
		}
		l.kinds[kind] = &limitedKind{last: now}
		return 0, true
	}
	if now.Sub(k.last) < logInterval {
		k.more++
		return 0, false
	}
	more = k.more
	*k = limitedKind{last: now}
	return more, true
}
