// Package pump carries one flow: it copies two ends both ways until both directions have ended in order, or breaks
// both as soon as one of them fails.
//
// What holds, whatever the ends are:
//
//   - Every byte that is sent on arrived whole; a direction ends in order only after its source said so. A source that
//     stops without saying so resets the other side, so that no program behind it takes a cut stream for a complete one.
//   - The directions end each for themselves (half-close): the one that is still open runs on.
//   - The pump reads straight into the memory that the sending end lends, so that an end that encrypts finds the plaintext
//     where it seals it. Between two TCP connections nothing is copied at all on Linux: the kernel splices.
//   - A flow that is quiet holds no buffer, and what the system holds of one is bounded: a receiver that does not read holds its
//     sender back after a few megabytes.
//   - A peer that acknowledges nothing of what was sent to it is dead after a minute, and so is a flow after an hour in which one
//     direction had ended and the other carried nothing. A slow receiver is not dead. Both connections are watched until the
//     flow is over: the loss of one resets the other, also where nobody reads or sends any more.
//
// It knows no cryptography: a sealed channel is an [End] like a TCP connection ([TCP]).
package pump

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine/network"
)

// End is one of the two sides of a flow.
//
// Read is called by one goroutine; Buffer, Commit and CloseWrite by one other; Reset by any.
type End interface {
	// Read reads what the peer sent into p and returns io.EOF only after the peer ended this direction in order. A
	// connection that stopped without that returns an error that wraps io.ErrUnexpectedEOF; any other error means that
	// it is broken. Bytes that come together with an error, or with io.EOF, count.
	Read(p []byte) (int, error)
	// Buffer lends memory for the next bytes to send, at least one. It is lent until Commit.
	Buffer() []byte
	// Commit sends the first n bytes of Buffer and returns when they are handed to the system.
	Commit(n int) error
	// CloseWrite ends the sending direction in order; the other one stays open.
	CloseWrite() error
	// Reset breaks the connection so that the peer sees an error, not an end. It unblocks every other method and may be
	// called more than once.
	Reset()
	// Close frees the end. It is called only when both directions have ended in order.
	Close() error
}

// Waiter is an [End] that can wait for bytes before there is memory for them.
type Waiter interface {
	// WaitReadable returns when Read will not wait long: bytes, the end or an error are there. The pump calls it before every
	// Read, without holding a buffer, and Read may then return 0, nil when there was nothing after all.
	WaitReadable() error
}

// Releaser is an [End] that takes back what Buffer lent.
type Releaser interface {
	// Release ends the loan without sending anything.
	Release()
}

// Finisher is an [End] that sends its last bytes and the end of the direction together, where it costs less than Commit and
// CloseWrite one after the other.
type Finisher interface {
	// Finish sends the first n bytes of Buffer, 0 where nothing is lent, and ends the sending direction in order. With closes, Close
	// follows at once: the other direction has ended already.
	Finish(n int, closes bool) error
}

// Prober is an [End] whose system can ask whether its peer is still there while nothing comes.
type Prober interface {
	// KeepAlive has the system do so. The pump calls it once, when the flow is a few seconds old: shorter ones do without.
	KeepAlive()
}

// Bounded is an [End] whose system buffers can be bounded, so that a receiver that does not read leaves little lying.
type Bounded interface {
	// BoundReceiving lets what has arrived and is not read grow within room only. grown is told how much the other end may hold
	// unsent, by the goroutine that reads, once there is something to bound and each time that it has grown.
	BoundReceiving(room *network.Room, grown func(unsent int))
	// BoundSending bounds what was committed and cannot be sent yet. It is called by the goroutine that commits.
	BoundSending(unsent int)
}

// Limiter holds a direction back. Its limit may change, come and go while a flow runs.
type Limiter interface {
	// Wait returns when n bytes may pass, or with an error when ctx is done.
	Wait(ctx context.Context, n int) error
	// Burst is how many bytes may pass in one turn, 0 where there is no limit at present. The pump reads no more than that at
	// once, so that a slow flow is smooth.
	Burst() int
}

// Options tune one flow. The zero value is a flow without limits.
type Options struct {
	ToRemote Limiter   // holds local -> remote back; nil is no limit
	ToLocal  Limiter   // holds remote -> local back; nil is no limit
	Counters *Counters // counts live, may be shared by the flows of a session; nil is none

	// ToRemoteRoom and ToLocalRoom are how much the system's buffers of a direction may hold; nil is network.DefaultBuffer.
	ToRemoteRoom, ToLocalRoom *network.Room

	Silence    time.Duration // an end whose peer acknowledges nothing for so long is dead; 0 is DefaultSilence
	HalfClosed time.Duration // a half-closed flow may be quiet for so long; 0 is DefaultHalfClosed

	// LocalName and RemoteName, which may be nil, say for errors what stands at the other side of each end.
	LocalName, RemoteName func() string
}

// Run carries the flow between local and remote and returns when both directions have ended. It owns both ends: they
// are closed when it returns.
//
// The error is nil when both directions ended in order. Otherwise it is what ended the flow first, and wraps
// [ErrTruncated], [ErrReset] or [ErrCancelled] (with the cause of ctx).
func Run(ctx context.Context, local, remote End, o Options) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	reset := func() {
		local.Reset()
		remote.Reset()
	}
	cancelled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(cancelled)
		reset()
	})

	counters := o.Counters
	if counters == nil {
		counters = new(Counters)
	}
	toRemote := direction{name: "local to remote", source: local, target: remote, limiter: o.ToRemote, live: &counters.ToRemote, waits: &counters.ToRemoteWaits}
	toLocal := direction{name: "remote to local", source: remote, target: local, limiter: o.ToLocal, live: &counters.ToLocal, waits: &counters.ToLocalWaits}
	toRemote.other, toLocal.other = &toLocal, &toRemote
	tellWaits(local, remote, &toRemote, &toLocal)
	stopWith := func(err error) {
		cancel(err) // the first cause wins
		reset()
	}
	bound(local, remote, o.ToRemoteRoom)
	bound(remote, local, o.ToLocalRoom)
	watch := startWatch(local, remote, &toRemote, &toLocal, o, stopWith)
	var open atomic.Int32
	open.Store(2)
	carry := func(d *direction) {
		err := d.run(ctx)
		switch {
		case err != nil:
		case open.Add(-1) == 0:
			unwatch(local, remote)
		default:
			err = d.watchSource(ctx)
		}
		if err != nil {
			stopWith(fmt.Errorf("%s: %w", d.name, err))
		}
	}
	// One direction runs here: a goroutine that only waited would cost each idle flow its stack.
	var running sync.WaitGroup
	running.Go(func() { carry(&toRemote) })
	carry(&toLocal)
	running.Wait()
	watch.stop()

	result := Result{ToRemote: toRemote.result(), ToLocal: toLocal.result()}
	if !stop() {
		<-cancelled
		return result, causeOf(ctx)
	}
	return result, closeBoth(local, remote)
}

// bound bounds what the system holds of one direction.
func bound(source, target End, room *network.Room) {
	if room == nil {
		room = network.NewRoom(network.DefaultBuffer, nil)
	}
	grown := func(int) {}
	if sending, ok := target.(Bounded); ok {
		grown = sending.BoundSending
	}
	if receiving, ok := source.(Bounded); ok {
		receiving.BoundReceiving(room, grown)
	}
}

func closeBoth(local, remote End) error {
	var errs []error
	if err := local.Close(); err != nil {
		errs = append(errs, fmt.Errorf("close local end: %w", err))
	}
	if err := remote.Close(); err != nil {
		errs = append(errs, fmt.Errorf("close remote end: %w", err))
	}
	return errors.Join(errs...)
}
