package engine

import (
	"fmt"
	"math"
	"time"
)

// SessionState is where a session is in its life.
type SessionState string

const (
	SessionOffered  SessionState = "offered"  // the key is made, not both ends have taken it
	SessionLive     SessionState = "live"     // flows may join
	SessionDraining SessionState = "draining" // the key is gone, flows finish
	SessionEnded    SessionState = "ended"
	SessionRefused  SessionState = "refused"
)

// Session is one brokered conversation between two components over one route, as it is now.
type Session struct {
	ID          ID     `json:"id"`
	Route       ID     `json:"route"`
	RouteName   string `json:"routeName"`
	Source      ID     `json:"source"`
	SourceName  string `json:"sourceName"`
	Target      ID     `json:"target"`
	TargetName  string `json:"targetName"`
	ServiceName string `json:"serviceName"`
	Backend     string `json:"backend"`
	// Tenant is the customer whose component the source is; empty where it is one of this installation.
	Tenant     ID     `json:"tenant,omitempty"`
	TenantName string `json:"tenantName,omitempty"`
	// Provider is the installation of the provider to which the session leads: then there is no target here, and TargetName is the
	// provider's.
	Provider ID              `json:"provider,omitempty"`
	State    SessionState    `json:"state"`
	Decision SessionDecision `json:"decision"`
	// Stale tells that the decision would now differ; Now is that decision then.
	Stale  bool             `json:"stale"`
	Now    *SessionDecision `json:"now,omitempty"`
	Cipher Cipher           `json:"cipher,omitempty"`
	// Group is the key exchange group of the channel, such as X25519MLKEM768.
	Group    string `json:"group,omitempty"`
	Endpoint string `json:"endpoint,omitempty"` // the target's ADDR:PORT that was dialled
	// Interface is the source's, over which it was dialled, with its address: "eth1, 10.9.0.4". FallBack says why that path is in no
	// preferred network although these are preferred; empty where they are not, or where it is in one.
	Interface string    `json:"interface,omitempty"`
	FallBack  string    `json:"fallBack,omitempty"`
	Began     time.Time `json:"began"`
	Key       KeyLife   `json:"key"`
	Traffic   Traffic   `json:"traffic"`
	// Flows counts those open now, AllFlows those that there were.
	Flows    int    `json:"flows"`
	AllFlows uint64 `json:"allFlows"`
	// HeldBack is what keeps it from carrying more now.
	HeldBack HeldBack `json:"heldBack,omitempty"`
	// TurnedAway counts connections of tools that were reset because MaximumFlows were open, or all that an agent carries with one peer.
	TurnedAway uint64 `json:"turnedAway,omitempty"`
	// HalfClosed counts connections that an agent reset because one side had ended and nothing came from the other for a long time,
	// Unanswered those whose peer acknowledged nothing any more.
	HalfClosed uint64 `json:"halfClosed,omitempty"`
	Unanswered uint64 `json:"unanswered,omitempty"`
	Test       bool   `json:"test,omitempty"` // made by a test of the route
	// Streams are those that carry connections over more than one, at most MaximumStreams of them. They are replaced as a whole and
	// never changed in place.
	Streams []StreamTraffic `json:"streams,omitempty"`
	// Allotments are what the ends for which limits hold may send. They are replaced as a whole and never changed in place.
	Allotments []Allotment `json:"allotments,omitempty"`
}

// MaximumFlows is how many connections of one session may be open at once.
const MaximumFlows = 4096

// TurnedAwayWords says how many connections a session turned away; empty where that is none.
func TurnedAwayWords(count uint64) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("%s reset, because a session carries at most %d at a time, and an agent as many with one component as its --memory and the limit of open files allow; "+
		"let the tool open fewer, an agent's log says which it was", countInWords(count, "connection was", "connections were"), MaximumFlows)
}

// ResetWords says how many connections of the session were reset by an agent of its own accord, and why; empty where that is none.
func (s *Session) ResetWords() string {
	words := TurnedAwayWords(s.TurnedAway)
	add := func(count uint64, because, remedy string) {
		if count == 0 {
			return
		}
		if words != "" {
			words += "; "
		}
		words += countInWords(count, "connection was", "connections were") + " reset, because " + because + "; " + remedy
	}
	add(s.HalfClosed, "one side had ended and the other one sent nothing for a long time", "an agent's --half-closed says how long")
	add(s.Unanswered, "the peer acknowledged nothing any more", "an agent's log says which, and its --silence for how long")
	return words
}

func countInWords(count uint64, one, many string) string {
	return CountInWords(int(min(count, math.MaxInt)), one, many)
}

// Traffic is what a session carries. Bytes count what the backup tool sent and received, not what encryption adds.
type Traffic struct {
	ToTarget uint64 `json:"toTarget"`
	ToSource uint64 `json:"toSource"`
	// RateToTarget and RateToSource are of the last second, in bytes per second; 0 in a receipt.
	RateToTarget uint64 `json:"rateToTarget,omitempty"`
	RateToSource uint64 `json:"rateToSource,omitempty"`
	// SourceCPU and TargetCPU are the agents' CPU time that went into the session, as measured; 0 where an agent cannot tell,
	// because others run in its process.
	SourceCPU time.Duration `json:"sourceCPU"`
	TargetCPU time.Duration `json:"targetCPU"`
}

// KeyLife is the life of a one-time key as a time line. Zero times are things that have not happened.
type KeyLife struct {
	Made            time.Time `json:"made,omitzero"`
	DeliveredTarget time.Time `json:"deliveredTarget,omitzero"`
	DeliveredSource time.Time `json:"deliveredSource,omitzero"`
	// DestroyedBroker, DestroyedSource and DestroyedTarget are when no copy was left at each.
	DestroyedBroker time.Time `json:"destroyedBroker,omitzero"`
	DestroyedSource time.Time `json:"destroyedSource,omitzero"`
	DestroyedTarget time.Time `json:"destroyedTarget,omitzero"`
	// SourceErasure and TargetErasure say how: ErasureProven, ErasureReleased or ErasureUnconfirmed.
	SourceErasure Erasure `json:"sourceErasure,omitempty"`
	TargetErasure Erasure `json:"targetErasure,omitempty"`
}

// Erasure says what an end could promise about a destroyed key.
type Erasure string

const (
	ErasureProven      Erasure = "destroyed"
	ErasureReleased    Erasure = "released, not provable" // the platform cannot erase what the runtime copied
	ErasureUnconfirmed Erasure = "destruction unconfirmed"
	ErasureNotNeeded   Erasure = "never delivered"
)

// Receipt is the lasting record of a session. It is written once, when the session has ended or was refused, and never holds the key.
type Receipt struct {
	ID          ID     `json:"id"` // the session's
	Route       ID     `json:"route"`
	RouteName   string `json:"routeName"`
	Source      ID     `json:"source"`
	SourceName  string `json:"sourceName"`
	Target      ID     `json:"target"`
	TargetName  string `json:"targetName"`
	ServiceName string `json:"serviceName"`
	Backend     string `json:"backend"`
	// Tenant is the customer whose component the source is; empty where it is one of this installation.
	Tenant     ID              `json:"tenant,omitempty"`
	TenantName string          `json:"tenantName,omitempty"`
	Provider   ID              `json:"provider,omitempty"`
	Decision   SessionDecision `json:"decision"`
	Cipher     Cipher          `json:"cipher,omitempty"`
	Group      string          `json:"group,omitempty"`
	// Endpoint, Interface and FallBack are the session's path.
	Endpoint  string    `json:"endpoint,omitempty"`
	Interface string    `json:"interface,omitempty"`
	FallBack  string    `json:"fallBack,omitempty"`
	Began     time.Time `json:"began"`
	Ended     time.Time `json:"ended"`
	Key       KeyLife   `json:"key"`
	Traffic   Traffic   `json:"traffic"`
	AllFlows  uint64    `json:"allFlows"`
	// State is SessionEnded or SessionRefused.
	State SessionState `json:"state"`
	// Reason says in words why it ended or was refused.
	Reason string `json:"reason"`
	Test   bool   `json:"test,omitempty"`
}

// ReceiptQuery picks receipts. Zero fields pick everything, newest first.
type ReceiptQuery struct {
	From, Until time.Time // by when the session began; Until is excluded
	Component   ID        // source or target
	Route       ID
	Mode        Mode
	State       SessionState
	// Text picks those whose SearchText has each of its words, whatever its case.
	Text   string
	Order  ReceiptOrder
	Upward bool // else the largest, the newest or the last comes first
	// Before continues a listing: only what comes after the receipt with this id.
	Before ID
	Limit  int // 0 means 100; at most 1,000
}
