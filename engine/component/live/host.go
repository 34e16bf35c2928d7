package live

import (
	"log/slog"

	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

// Host is what the sessions, routes and tests of one attachment share.
type Host struct {
	Log *slog.Logger
	// Lines bounds the log lines that any connection can cause.
	Lines   *machine.LogLimiter
	Clock   machine.Clock
	Network machine.Network
	Work    *Work
	Broker  Broker
	// Budget is the process's, for the flows of all attachments.
	Budget *Budget
	// Drains says why no new session begins; nil where one may.
	Drains func() error
}

// Broker is the way to the broker of the attachment.
type Broker interface {
	// Stream is the control stream, nil while there is none, and a channel that is closed when that changes.
	Stream() (Stream, <-chan struct{})
	// Problem says why there is none.
	Problem() string
}

// Stream is one control stream, from the broker's welcome to its end.
type Stream interface {
	// Send queues a message. It never waits.
	Send(*wire.Up)
	// Done is closed when the stream is over.
	Done() <-chan struct{}
	// Generation numbers the one-time keys that the broker has of this stream.
	Generation() uint64
}

// Tell sends a message where there is a stream. What must not be lost is repeated over the next stream (Reattach).
func (h *Host) Tell(message *wire.Up) {
	if stream, _ := h.Broker.Stream(); stream != nil {
		stream.Send(message)
	}
}
