package pump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

var (
	// ErrTruncated is wrapped by the error of [Run] when a source stopped without having ended its direction.
	ErrTruncated = errors.New("stream was cut before its end")
	// ErrReset is wrapped by the error of [Run] when an end broke or was reset by its peer.
	ErrReset = errors.New("connection was reset")
	// ErrCancelled is wrapped by the error of [Run] when its context ended the flow, together with the context's cause.
	ErrCancelled = errors.New("flow was cut")
)

// Counters count the bytes of one or more flows while they run. A byte counts once the system has taken it for the
// receiving side.
type Counters struct {
	ToRemote atomic.Uint64
	ToLocal  atomic.Uint64
	// ToRemoteWaits and ToLocalWaits measure what holds each direction up.
	ToRemoteWaits, ToLocalWaits Waits
}

// Ending is how one direction of a flow ended.
type Ending uint8

const (
	Reset     Ending = iota // broken: an end failed, was reset by its peer, or the flow was cut
	Truncated               // the source stopped without saying that this was all
	Ordered                 // the source ended it, and so did the target
)

// String returns the ending in words.
func (e Ending) String() string {
	switch e {
	case Ordered:
		return "ordered"
	case Truncated:
		return "truncated"
	default:
		return "reset"
	}
}

// Direction is what became of one direction.
type Direction struct {
	Bytes  uint64 // handed on to the target
	Ending Ending
}

// Result is what became of a flow.
type Result struct {
	ToRemote Direction
	ToLocal  Direction
}

// classify turns a source's error into the sentinel that a caller decides on; the cause stays in the chain.
func classify(err error) (Ending, error) {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return Truncated, fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	return Reset, fmt.Errorf("%w: %w", ErrReset, err)
}

// causeOf says why ctx is done: a direction's own failure as it is, anything from outside as [ErrCancelled].
func causeOf(ctx context.Context) error {
	err := context.Cause(ctx)
	if errors.Is(err, ErrTruncated) || errors.Is(err, ErrReset) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCancelled, err)
}
