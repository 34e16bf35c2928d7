// Package session makes a session's one-time key, brings it to both ends, and keeps the life of the session straight until
// every copy of the key is gone.
//
// # The key
//
// [Mint], at the broker, makes K, seals it to the one-time public key that each component made for this session, and wipes
// its own copy before it returns. [KeyRing], at the component, holds the private halves and opens a sealed copy exactly
// once. SPEC.md fixes every byte.
//
// # The life
//
// [Life] is the broker's view of a session and [End] the view of each of its two components. Both are pure state machines:
// values without goroutine, clock or lock. Their owner feeds in events, carries out the commands that come back, and
// sets one timer, for the moment that Deadline names.
//
// Error contract: Step either takes an event whole or not at all. When it returns an error the value that it returns is the
// unchanged one and there are no commands, so a caller can ignore the error, log it, and go on; no event, in whatever order,
// makes Step panic. Time is part of every event and never taken from a clock; where an event's time is past a deadline the
// deadline is carried out first, so that a late timer cannot let a flow in after the age cap.
//
// [engine.KeyLife] is what a receipt says of the key: when it was made, delivered and destroyed, and how certain that is.
package session
