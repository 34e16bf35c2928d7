package engine

import (
	"time"
)

// Span is a stretch of time. A zero From or Until leaves that side open.
type Span struct {
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"` // excluded
}

// ReceiptTotals sum up the sessions that ended in a span, those of route tests included.
type ReceiptTotals struct {
	Sealed  SessionTotals `json:"sealed"`
	Plain   SessionTotals `json:"plain"`
	Refused int           `json:"refused"` // receipts of refused sessions; the same refusal has one a minute
}

// DayTotals are the bytes that sessions moved since a day began, both ways together; those of route tests are left out. They grow
// as the bytes are reported, and never fall within a day.
type DayTotals struct {
	Began  time.Time `json:"began"` // midnight in the broker's time zone
	Sealed uint64    `json:"sealed"`
	Plain  uint64    `json:"plain"`
}

// All are the day's bytes, sealed or not.
func (t DayTotals) All() uint64 { return t.Sealed + t.Plain }

// SessionTotals are how many sessions there were, and what they moved, both ways together.
type SessionTotals struct {
	Sessions int    `json:"sessions"`
	Bytes    uint64 `json:"bytes"`
}

// Ended is how many sessions ended that had begun.
func (t ReceiptTotals) Ended() int { return t.Sealed.Sessions + t.Plain.Sessions }

// Holds tells whether a moment lies in the span.
func (s Span) Holds(moment time.Time) bool {
	return (s.From.IsZero() || !moment.Before(s.From)) && (s.Until.IsZero() || moment.Before(s.Until))
}
