package main

import (
	"time"

	"lockwire/ui/model"
)

// newsPause is the least time between two notifications.
const newsPause = 10 * time.Minute

// news remembers what needs attention, to tell when something new does.
type news struct {
	known map[string]bool // nil before the first look: what is there when the console starts is no news
	told  time.Time
}

// of tells whether something newly needs attention that is worth a notification. What comes within newsPause of the last one
// is not told of later either: the window and the tray show it.
func (n *news) of(standing model.Standing, now time.Time) bool {
	first, fresh := n.known == nil, false
	known := make(map[string]bool, len(standing.Things))
	for _, thing := range standing.Things {
		known[thing] = true
		fresh = fresh || !n.known[thing]
	}
	if standing.Outlook == model.NoBroker { // what needs attention otherwise is not known now, and no news when it is again
		for thing := range n.known {
			known[thing] = true
		}
	}
	n.known = known
	if first || !fresh || !n.told.IsZero() && now.Sub(n.told) < newsPause {
		return false
	}
	n.told = now
	return true
}
