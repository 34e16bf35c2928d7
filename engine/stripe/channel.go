package stripe

import (
	"lockwire/engine/channel"
	"lockwire/engine/network"
)

// Channel carries one stream of a flow. A [channel.Conn] that was opened for more than one stream is one.
//
// One goroutine sends, one other receives; Reset, Close, Info and BoundSending may be called by any.
type Channel interface {
	// SendRecord sends one record of a stream. It returns once the system has taken it.
	SendRecord(kind channel.Kind, plaintext []byte) error
	// NextRecord waits for the next record and tells its kind and the length of its plaintext, before there is memory for it.
	// An error that wraps [channel.ErrRecord] fails the flow; any other only loses the stream.
	NextRecord() (kind channel.Kind, n int, err error)
	// TakeRecord receives the record that NextRecord told of, into memory of its length.
	TakeRecord(into []byte) ([]byte, error)
	// Info is what the system knows of the connection.
	Info() (network.Info, bool)
	// BoundReceiving bounds what the system holds that has arrived, before the first record is received, and BoundSending what it holds
	// that is not sent.
	BoundReceiving(room *network.Room, grown func(unsent int))
	BoundSending(unsent int)
	// Reset breaks the connection.
	Reset()
	// Close ends it in order, after both directions have.
	Close() error
}

var _ Channel = (*channel.Conn)(nil)
