// Package throttle keeps sessions under a rule's cap, wherever they run.
//
// A [Limiter] is the local part: a token bucket before the sending end of a flow, whose limit changes while it runs. [Share]
// divides a cap among the sessions that share it, max-min fair. [Ledger] decides what each of them may be told, and when.
//
// # Leases
//
// The broker allots each second, and an allotment is a lease: valid for a few seconds, then stale. A session whose lease is
// stale, because the broker is gone or the network is cut, keeps the last limit that it was told. It must not stop, because a
// backup has to go on without the broker; and it must not go faster, because the others keep theirs as well. As the limits
// that are in force never add up to more than the cap, they don't when all of them stay as they are.
//
// For the same reason nobody else gets the share of a session that is out of reach before it is known to have ended, and a
// raise waits until the cuts that make room for it are in force: the Ledger counts the highest limit that a session may still
// be obeying.
package throttle
