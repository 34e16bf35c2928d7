package text

import (
	"fmt"
	"time"

	"lockwire/engine"
)

// SessionMode writes how a session is protected.
func SessionMode(s *engine.Session) string {
	if s.Test {
		return s.Decision.Mode.String() + ", test"
	}
	return s.Decision.Mode.String()
}

// SessionState writes a session's state, whether it is stale, and how many connections it turned away.
func SessionState(s *engine.Session) string {
	words := string(s.State)
	if s.Stale {
		words += ", stale"
	}
	if s.TurnedAway > 0 {
		words += fmt.Sprintf(", %d reset", s.TurnedAway)
	}
	return words
}

// Cipher writes a cipher; empty if there is none.
func Cipher(c engine.Cipher) string {
	if !c.Valid() {
		return ""
	}
	return c.String()
}

// CPUCost is a session's cost in CPU seconds per GB, both ends together. It is 0 if too little was carried, or if an end does not
// measure it.
func CPUCost(t engine.Traffic) float64 {
	bytes := t.Bytes()
	if bytes < 1_000_000 || t.SourceCPU == 0 || t.TargetCPU == 0 {
		return 0
	}
	return (t.SourceCPU + t.TargetCPU).Seconds() * 1e9 / float64(bytes)
}

// CPU writes a session's CPUCost in a cell.
func CPU(t engine.Traffic) string {
	if cost := CPUCost(t); cost > 0 {
		return Decimal(cost, 2)
	}
	return "–"
}

// ShortAge writes how long ago a time was in the width of a column.
func ShortAge(t, now time.Time) string {
	switch age := max(now.Sub(t), 0); {
	case t.IsZero():
		return ""
	case age < time.Minute:
		return fmt.Sprintf("%d s", int(age.Seconds()))
	case age < time.Hour:
		return fmt.Sprintf("%d min", int(age.Minutes()))
	case age < 48*time.Hour:
		return Decimal(age.Hours(), 1) + " h"
	default:
		return Decimal(age.Hours()/24, 1) + " d"
	}
}

// Receipt writes how an ended session was protected, or that it was refused.
func Receipt(r *engine.Receipt) string {
	if r.State == engine.SessionRefused {
		return "refused"
	}
	if r.Test {
		return r.Decision.Mode.String() + ", test"
	}
	return r.Decision.Mode.String()
}
