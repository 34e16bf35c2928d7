package engine

import (
	"fmt"
	"strings"
	"time"
)

// Allotment is what one end of a session may send now, and why. Where no limit holds there is none.
type Allotment struct {
	// From is the end that sends.
	From SideOfSession `json:"from"`
	// BytesPerSecond is its share of all limits that it draws on.
	BytesPerSecond uint64 `json:"bytesPerSecond"`
	// Confirmed tells that the component has put it in force. OutOfReach: nothing else can be told to it, and it keeps this share.
	Confirmed  bool       `json:"confirmed"`
	OutOfReach bool       `json:"outOfReach,omitempty"`
	Caps       []CapShare `json:"caps"` // the lowest limit first
}

// CapShare is one limit that an end draws on.
type CapShare struct {
	Cap
	// Sessions is how many ends of sessions draw on it.
	Sessions int `json:"sessions"`
	// Share is what it would let the end have, in bytes per second, whatever its other limits say.
	Share uint64 `json:"share"`
	// Holds tells that it is the one that keeps the end from more.
	Holds bool `json:"holds,omitempty"`
}

// InWords says what the end may send now, and what holds it: "to target: 33.3 Mbit/s, held by Branch".
func (a *Allotment) InWords() string {
	text := "to target: "
	if a.From == TargetEnd {
		text = "to source: "
	}
	text += RateInWords(a.BytesPerSecond)
	for i := range a.Caps {
		if a.Caps[i].Holds {
			text += ", held by " + a.Caps[i].Rule
		}
	}
	switch {
	case a.OutOfReach:
		text += "; the component is out of reach and keeps this share"
	case !a.Confirmed:
		text += "; not confirmed yet"
	}
	return text
}

// InWords says a limit, how many draw on it and what it lets this end have: "Branch: 100 Mbit/s until 18:00, then 400 Mbit/s; 3
// share it, up to 33.3 Mbit/s here".
func (c *CapShare) InWords(now time.Time) string {
	others := "nobody else draws on it"
	if c.Sessions > 1 {
		others = fmt.Sprintf("%d share it", c.Sessions)
	}
	return fmt.Sprintf("%s; %s, up to %s here", c.Cap.InWords(now), others, RateInWords(c.Share))
}

// InWords says a limit, until when it holds and what holds then, as it is read at a moment.
func (c *Cap) InWords(now time.Time) string {
	name := c.Rule
	if c.Restores {
		name += ", for restores"
	}
	return name + ": " + c.Hours().InWords(now)
}

// CapsInWords says all limits that a session drew on by a decision, the way first; empty where there is none.
func (d *SessionDecision) CapsInWords(now time.Time) string {
	var ways []string
	for _, way := range []struct {
		name string
		caps []Cap
	}{{"to target", d.CapsToTarget}, {"to source", d.CapsToSource}} {
		var words []string
		for i := range way.caps {
			words = append(words, way.caps[i].InWords(now))
		}
		if len(words) > 0 {
			ways = append(ways, way.name+" "+strings.Join(words, "; "))
		}
	}
	return strings.Join(ways, ". ")
}
