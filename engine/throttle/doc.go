// Package throttle keeps sessions under every cap that holds for them, wherever they run.
//
// A [Limiter] is the local part: it holds the sending end of a session to a limit that changes while it runs, and lets the
// session's flows take fair turns. A [Ledger] divides all caps at once among all sending ends, max-min fair, and decides what
// each of them may be told, and when.
//
// # Leases
//
// The broker allots each second and on every change. An allotment is a lease: a number and a limit. A session keeps the last
// lease that it was told until a later one comes, also while the broker is gone or the network is cut. It must not stop,
// because a backup has to go on without the broker; and it must not go faster, because the others keep theirs as well. As the
// limits in force never add up to more than a cap, they don't when all of them stay as they are.
//
// For the same reason nobody else gets the share of a session that is out of reach before it is known to have ended, and a
// raise waits until the cuts that make room for it are in force: the Ledger counts the highest limit that a session may still
// be obeying.
package throttle
