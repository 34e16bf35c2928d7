package channel

import (
	"errors"
	"io"
	"os"
	"time"

	"lockwire/engine/network"
)

// Info is what the system knows of the connection below; ok is false where it knows nothing.
func (c *Conn) Info() (info network.Info, ok bool) { return network.ReadInfo(c.conn) }

// Watch notices, after Read has returned io.EOF, that the connection is lost or that the peer sends something behind its end. It
// returns the failure, which has ended the channel, or nil once Unwatch was called, the peer closed a channel of which both
// directions have ended, or the next flight has come over a connection that is kept. It is called by the goroutine that reads, and
// does nothing in plain mode.
func (c *Conn) Watch() error {
	if c.plain || !c.in.ended.Load() {
		return c.failure()
	}
	var one [1]byte
	n, err := c.in.water.read(c.conn, one[:], 1)
	switch {
	case n > 0 && c.mayFollow():
		c.in.putBack(one[0])
		return nil
	case n > 0:
		return c.fail(errBehindEnd)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case errors.Is(err, io.EOF) && c.hasSentEnd():
		return nil
	}
	return c.fail(readError(err))
}

// hasSentEnd waits for a record that is being sent: the peer may answer this end's own end record before send has noted it.
func (c *Conn) hasSentEnd() bool {
	c.out.turn.Lock()
	defer c.out.turn.Unlock()
	return c.out.ended.Load()
}

// Unwatch ends Watch, or keeps it from waiting. Nothing can be read any more.
func (c *Conn) Unwatch() { _ = c.conn.SetReadDeadline(time.Unix(1, 0)) } // fails only on a closed connection
