package engine

import "time"

const (
	// littlePart is the part of what a component could carry in all below which its headroom is low.
	littlePart = 10
	// lowFor is how long headroom has to be low before anybody is told.
	lowFor = 15 * time.Second
)

// IsLow tells whether hardly any headroom is left at this moment: less than a tenth of what the component could carry if it did
// nothing else. So a small machine that idles has enough, and a large one that is busy has not, whatever the figures are. What
// keeps it busy, sessions or other programs, makes no difference, and neither does whether processor or network limits it.
func (h *Headroom) IsLow() bool { return h.Known() && h.BytesPerSecond < h.Whole/littlePart }

// LowHeadroom follows which components have had hardly any headroom for a while. It is the one judgement that all who show
// headroom go by. The zero value is ready to use; it is not safe for concurrent use.
type LowHeadroom struct {
	since map[ID]time.Time
}

// Take takes up a snapshot and gives the components whose headroom has been low for 15 seconds. The map is the caller's.
func (l *LowHeadroom) Take(snapshot *Snapshot) map[ID]bool {
	since, low := map[ID]time.Time{}, map[ID]bool{}
	for i := range snapshot.Components {
		c := &snapshot.Components[i]
		if !c.Online || !c.Headroom.IsLow() {
			continue
		}
		began, known := l.since[c.ID]
		if !known || began.After(snapshot.When) { // the clock was set back
			began = snapshot.When
		}
		since[c.ID] = began
		if snapshot.When.Sub(began) >= lowFor {
			low[c.ID] = true
		}
	}
	l.since = since
	return low
}
