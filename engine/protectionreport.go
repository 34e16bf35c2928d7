package engine

import (
	"math"
	"time"
)

// Bounds on what a report lists. What does not fit is counted and summed up, so that all sums stay exact.
const (
	MaximumReportRows    = 1000
	MaximumReportEntries = 2000
)

// ProtectionReport says for a span of time what was sealed, what was plain and why, and who changed what; and what is not protected at the
// moment when it is made. Sessions count in the span in which they ended.
type ProtectionReport struct {
	Installation ID        `json:"installation"`
	Version      string    `json:"version"`
	Made         time.Time `json:"made"`
	By           Actor     `json:"by"`
	Span         Span      `json:"span"`
	// Sealed and Plain sum up the sessions that ended in the span, tests of routes included; Tests are those alone. Refused counts receipts
	// of refused sessions: the same refusal has one a minute.
	Sealed  SessionTotals `json:"sealed"`
	Plain   SessionTotals `json:"plain"`
	Tests   SessionTotals `json:"tests"`
	Refused int           `json:"refused"`
	// Pairs, Deciders and Ciphers each sum up all sessions that ended; the largest come first.
	Pairs     []ReportedPair    `json:"pairs"`
	MorePairs SealedAndPlain    `json:"morePairs"` // of those that do not fit
	Deciders  []ReportedDecider `json:"deciders"`
	// MoreDeciders are those that do not fit.
	MoreDeciders SealedAndPlain    `json:"moreDeciders"`
	Ciphers      []ReportedCipher  `json:"ciphers"`
	Refusals     []ReportedRefusal `json:"refusals"`
	// MoreRefusals counts receipts of refusals that do not fit.
	MoreRefusals int `json:"moreRefusals,omitempty"`
	// PlainOnPublic are the plain sessions that touched a public address, the oldest first.
	PlainOnPublic     []ReportedPlain `json:"plainOnPublic"`
	MorePlainOnPublic SessionTotals   `json:"morePlainOnPublic"`
	// Changes are those of rules, settings, preferred networks and routes in the span, the oldest first.
	Changes     []AuditEntry `json:"changes"`
	MoreChanges int          `json:"moreChanges,omitempty"`
	// Receipts is what a check of all receipts found when the report was made; ReceiptsProblem says why they could not be checked, and is
	// empty where they could.
	Receipts        ReceiptsVerdict `json:"receipts"`
	ReceiptsProblem string          `json:"receiptsProblem,omitempty"`
	// Running are the sessions that had not ended when the report was made; their bytes are in no sum above. Nil where no broker runs.
	Running *SealedAndPlain `json:"running,omitempty"`
	// Unprotected are findings of what is plain, or can be, when the report is made. Looked tells that it was looked for, which needs a
	// running broker.
	Unprotected []Finding `json:"unprotected"`
	Looked      bool      `json:"looked"`
}

// SealedAndPlain are sessions and bytes by their mode.
type SealedAndPlain struct {
	Sealed SessionTotals `json:"sealed"`
	Plain  SessionTotals `json:"plain"`
}

// Add counts a session that moved so many bytes.
func (s *SealedAndPlain) Add(mode Mode, bytes uint64) {
	of := &s.Plain
	if mode == Sealed {
		of = &s.Sealed
	}
	of.Join(SessionTotals{1, bytes})
}

// Join adds all of another one.
func (s *SealedAndPlain) Join(other SealedAndPlain) {
	s.Sealed.Join(other.Sealed)
	s.Plain.Join(other.Plain)
}

// Bytes are those of both.
func (s *SealedAndPlain) Bytes() uint64 {
	all := s.Sealed
	all.Join(s.Plain)
	return all.Bytes
}

// Join adds other sessions. What components report may be wrong, and more than can be counted.
func (t *SessionTotals) Join(other SessionTotals) {
	t.Sessions += other.Sessions
	if t.Bytes > math.MaxUint64-other.Bytes {
		t.Bytes = math.MaxUint64
		return
	}
	t.Bytes += other.Bytes
}

// ReportedPair are the sessions of two components, by the names that they had last in the span.
type ReportedPair struct {
	Source string `json:"source"`
	Target string `json:"target"`
	// Tenant is the customer whose component the source is; empty where it is one of this installation.
	Tenant string `json:"tenant,omitempty"`
	SealedAndPlain
}

// ReportedDecider are the sessions that the same step and rules decided.
type ReportedDecider struct {
	By    By       `json:"by"`
	Rules []string `json:"rules,omitempty"`
	SealedAndPlain
}

// ReportedCipher are the sealed sessions with one cipher and key exchange.
type ReportedCipher struct {
	Cipher Cipher `json:"cipher"`
	Group  string `json:"group,omitempty"` // empty: no connection was made
	SessionTotals
}

// ReportedRefusal are the refusals of one route and source for one reason.
type ReportedRefusal struct {
	Source string    `json:"source"`
	Target string    `json:"target"`
	Route  string    `json:"route"`
	Reason string    `json:"reason"`
	Count  int       `json:"count"` // receipts
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
}

// ReportedPlain is a plain session that touched a public address.
type ReportedPlain struct {
	ID        ID        `json:"id"`
	Began     time.Time `json:"began"`
	Ended     time.Time `json:"ended"`
	Source    string    `json:"source"`
	Target    string    `json:"target"`
	Route     string    `json:"route"`
	Bytes     uint64    `json:"bytes"`
	Addresses []string  `json:"addresses"` // the public ones
	By        By        `json:"by"`
	// Exempt tells that a trusted link allowed it. Reason says in words why it was plain.
	Exempt bool   `json:"exempt"`
	Reason string `json:"reason"`
}
