package host

import "time"

// stopTime is what a program needs to end what it does in order, on top of what its service gives to what it carries.
const stopTime = 20 * time.Second

const (
	// stopSays is how often a service that stops tells its manager that it goes on stopping.
	stopSays = 5 * time.Second
	// stopHint is how long the manager then waits for the next word.
	stopHint = 4 * stopSays
)

// stopping says how a service that was told to stop gets on, for a manager that gives up one of which it hears nothing: Windows'. It
// ends where the program takes longer than it may.
type stopping struct {
	until      time.Time
	checkpoint uint32
}

// newStopping begins at a moment. Within is the service's StopWithin.
func newStopping(now time.Time, within time.Duration) *stopping {
	return &stopping{until: now.Add(within + stopTime)}
}

// next gives the next step, which is greater than the one before, and how long the manager is to wait for another. False tells that the
// time is over, and that nothing more is to be said.
func (s *stopping) next(now time.Time) (checkpoint uint32, wait time.Duration, ok bool) {
	if !now.Before(s.until) {
		return 0, 0, false
	}
	s.checkpoint++
	return s.checkpoint, stopHint, true
}

// patience waits for a service of another process to stop, for as long as that says something new at least every so often.
type patience struct {
	most time.Duration
	last uint32
	at   time.Time // of the last new word
}

func newPatience(now time.Time, most time.Duration) *patience { return &patience{most: most, at: now} }

// goesOn tells whether to wait on, where the service is at a step.
func (p *patience) goesOn(now time.Time, checkpoint uint32) bool {
	if checkpoint != p.last {
		p.last, p.at = checkpoint, now
	}
	return now.Sub(p.at) < p.most
}
