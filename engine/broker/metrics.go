package broker

import (
	"sync/atomic"

	"lockwire/engine/broker/front"
	"lockwire/engine/broker/recorder"
)

// Metrics counts what the broker did since it started. A program may export it.
type Metrics struct {
	front.Calls
	recorder.Writes
	// SessionsBegun counts sessions whose key was minted, SessionsPlain those of them that were plain.
	SessionsBegun, SessionsPlain atomic.Uint64
	// SessionsRefused counts requests that came to nothing, SessionsEnded sessions that were live and ended.
	SessionsRefused, SessionsEnded atomic.Uint64
	// Attached counts control streams that were accepted, SlowPeers those that were dropped because they did not read.
	Attached, SlowPeers atomic.Uint64
}
