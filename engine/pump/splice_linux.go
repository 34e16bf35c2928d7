package pump

import (
	"context"
	"fmt"
	"io"
)

// spliceTurn bounds one turn, so that the counters of a fast flow move and a cap is in force soon.
const spliceTurn = 1 << 20

// spliceable says whether the kernel can move the bytes of a direction by itself.
func (d *direction) spliceable() (source, target *TCP, ok bool) {
	source, ok = d.source.(*TCP)
	if !ok {
		return nil, nil, false
	}
	target, ok = d.target.(*TCP)
	return source, target, ok
}

// splice is copy between two TCP connections, inside the kernel.
//
// It asks how many bytes have arrived and has package net splice exactly those: so a turn never waits for the source, every
// byte is counted and throttled as elsewhere, and the pipe that package net splices through goes back to its pool after
// every turn instead of being held by flows that are quiet.
func (d *direction) splice(ctx context.Context, source, target *TCP) error {
	chunk := &io.LimitedReader{R: source.conn}
	for {
		if err := d.reads(source.WaitReadable); err != nil {
			return d.broken(err)
		}
		n, err := source.socket.count()
		if err != nil {
			return d.broken(err)
		}
		if n == 0 { // readable without bytes
			if ended, err := d.ask(ctx, source, target); ended || err != nil {
				return err
			}
			continue
		}
		n = min(n, d.turn(spliceTurn))
		if err := d.pass(ctx, n); err != nil {
			return err
		}
		chunk.N = int64(n)
		var moved int64
		err = d.during(writing, func() (err error) {
			moved, err = target.conn.ReadFrom(chunk)
			return err
		})
		d.count(int(moved))
		if err != nil {
			return fmt.Errorf("%w: splice: %w", ErrReset, err)
		}
		source.socket.moved(n)
	}
}

// ask reads what a readable connection without bytes has to say: its end, an error, or a byte that has come just now. It
// reports whether the source has ended in order.
func (d *direction) ask(ctx context.Context, source, target *TCP) (bool, error) {
	var one [1]byte
	n, err := source.Read(one[:])
	if n > 0 {
		if err := d.pass(ctx, n); err != nil {
			return false, err
		}
		if _, err := target.conn.Write(one[:n]); err != nil {
			return false, fmt.Errorf("%w: send: %w", ErrReset, err)
		}
		d.count(n)
	}
	switch err {
	case nil:
		return false, nil
	case io.EOF:
		return true, nil
	default:
		return false, d.broken(err)
	}
}
