package pump

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
)

// emptyReads is how often in a row an end may return neither bytes nor an error before it counts as broken, as in bufio.
const emptyReads = 100

// direction carries the bytes of one way. Its fields belong to the goroutine that runs it.
type direction struct {
	name           string
	source, target End
	limiter        Limiter
	live           *atomic.Uint64
	waits          *Waits
	other          *direction // the flow's other way

	sourceTells, targetTells bool // the ends tell when they wait
	over                     bool // the direction has ended

	bytes  atomic.Uint64
	ended  atomic.Bool // the source has ended, and the target is being told so
	told   atomic.Bool // the target has been
	ending Ending
}

func (d *direction) result() Direction { return Direction{Bytes: d.bytes.Load(), Ending: d.ending} }

// run copies until the source has ended and the target has sent that end on, or an error.
func (d *direction) run(ctx context.Context) error {
	d.waits.begin()
	defer func() {
		d.over = true
		d.waits.finish()
	}()
	var last int
	var err error
	if source, target, ok := d.spliceable(); ok {
		err = d.splice(ctx, source, target)
	} else {
		last, err = d.copy(ctx)
	}
	if err != nil {
		return err
	}
	d.ended.Store(true)
	if err := d.finish(last); err != nil {
		return fmt.Errorf("%w: end the stream: %w", ErrReset, err)
	}
	d.told.Store(true)
	d.ending = Ordered
	return nil
}

// finish sends the last n bytes, for which the target waits with a loan, and ends the direction there.
func (d *direction) finish(n int) error {
	finisher, ok := d.target.(Finisher)
	if !ok {
		return d.target.CloseWrite()
	}
	if err := d.writes(func() error { return finisher.Finish(n, d.other.told.Load()) }); err != nil {
		return err
	}
	d.count(n)
	return nil
}

// copy reads into the memory that the target lends, once there is something to read. It returns no error when the source has
// ended in order, and how many bytes came with its end, which a target that is a Finisher has not been given yet.
func (d *direction) copy(ctx context.Context) (last int, err error) {
	waiter, _ := d.source.(Waiter)
	releaser, _ := d.target.(Releaser)
	_, finishes := d.target.(Finisher)
	for empty := 0; ; {
		if waiter != nil {
			if err := d.reads(waiter.WaitReadable); err != nil {
				return 0, d.broken(err)
			}
		}
		p := d.target.Buffer()
		n, err := d.read(waiter == nil, p[:d.turn(len(p))])
		switch {
		case n > 0:
			empty = 0
			if err := d.pass(ctx, n); err != nil {
				return 0, err
			}
			if err == io.EOF && finishes {
				return n, nil
			}
			if err := d.writes(func() error { return d.target.Commit(n) }); err != nil {
				return 0, fmt.Errorf("%w: send: %w", ErrReset, err)
			}
			d.count(n)
		case releaser != nil:
			releaser.Release()
		}
		if err == nil && n == 0 {
			if empty++; empty == emptyReads {
				err = io.ErrNoProgress
			}
		}
		switch err {
		case nil:
		case io.EOF:
			return 0, nil
		default:
			return 0, d.broken(err)
		}
	}
}

// read reads from the source. Where it could not be waited for before, that is waiting.
func (d *direction) read(waits bool, p []byte) (n int, err error) {
	if !waits {
		return d.source.Read(p)
	}
	err = d.reads(func() (err error) {
		n, err = d.source.Read(p)
		return err
	})
	return n, err
}

// broken notes how the source failed.
func (d *direction) broken(err error) error {
	var cause error
	d.ending, cause = classify(err)
	return cause
}

// turn is how many bytes one turn may move where size are possible.
func (d *direction) turn(size int) int {
	if d.limiter == nil {
		return size
	}
	if burst := d.limiter.Burst(); burst > 0 {
		return min(burst, size)
	}
	return size
}

// pass returns when n bytes may go. Without a limit nothing is noted: a limit that comes just then counts from the next turn on.
func (d *direction) pass(ctx context.Context, n int) (err error) {
	if d.limiter == nil {
		return nil
	}
	if wait := func() error { return d.limiter.Wait(ctx, n) }; d.limiter.Burst() == 0 {
		err = wait()
	} else {
		err = d.during(limited, wait)
	}
	if err != nil {
		if ctx.Err() != nil {
			return causeOf(ctx)
		}
		return fmt.Errorf("%w: throttle: %w", ErrReset, err)
	}
	return nil
}

func (d *direction) count(n int) {
	d.bytes.Add(uint64(n))
	d.live.Add(uint64(n))
}
