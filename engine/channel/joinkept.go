package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"lockwire/engine/network"
)

// unacknowledgedFor is how long a flight over a kept connection may go unacknowledged, at least: the path may have forgotten the connection.
// As many round trips are waited for as tell a lost packet from that.
const (
	unacknowledgedFor   = time.Second
	unacknowledgedTrips = 5
)

// JoinKept is Join over a connection to endpoint that an earlier flow of the session has left. Where there is none, or where it turns out
// that nobody answers there any more, it gives ErrNoneKept: the caller joins over a connection of its own, with the same open. That is
// safe whatever became of the first flight, because a target accepts each flow number once.
func JoinKept(ctx context.Context, session Session, way Way, open Open, endpoint netip.AddrPort) (*Conn, error) {
	conn := session.Secret.takeKept(endpoint)
	if conn == nil {
		return nil, ErrNoneKept
	}
	c, err := join(ctx, conn, session, way, open, (*Conn).awaitAnswerOfKept)
	if err == nil {
		return c, nil
	}
	_ = conn.Close()
	if errors.Is(err, ErrUnanswered) {
		session.Secret.dropKept() // what has ended this one has mostly ended the others
		return nil, fmt.Errorf("%w: %w", ErrNoneKept, err)
	}
	return nil, fmt.Errorf("join at %v: %w", endpoint, err)
}

// awaitAnswerOfKept receives the beginning of the answer to a flight over a kept connection. Whether the path still leads to the target
// shows only now: a flight that nobody acknowledges counts as not answered. One that was acknowledged has reached the target, which
// may take its time to connect to the backend.
func (c *Conn) awaitAnswerOfKept(ctx context.Context, answer []byte) (int, error) {
	until, have := time.Now().Add(answerWithin), 0
	for patience := unacknowledgedFor; ; {
		n, err := c.readAnswer(ctx, answer, have, time.Now().Add(patience))
		have = n
		switch {
		case err == nil:
			_ = c.conn.SetReadDeadline(until) // for the rest
			return have, ctx.Err()            // whose deadline this may have replaced
		case !errors.Is(err, os.ErrDeadlineExceeded), ctx.Err() != nil:
			return have, err
		}
		info, ok := network.ReadInfo(c.conn)
		switch trips := unacknowledgedTrips * info.RoundTrip; {
		case have > 0 || !ok || !info.Unacknowledged && !info.Waiting: // what waits was not even sent, as behind a firewall of this machine's
			return c.readAnswer(ctx, answer, have, until)
		case patience < trips:
			patience = trips
		default:
			return have, fmt.Errorf("nothing was acknowledged for %v over a connection that was kept", patience)
		}
	}
}

// readAnswer is awaitAnswer, of which have bytes are there, unless due or ctx's end comes before.
func (c *Conn) readAnswer(ctx context.Context, answer []byte, have int, due time.Time) (int, error) {
	_ = c.conn.SetReadDeadline(due) // fails only on a closed connection
	if ctx.Err() != nil {           // whose deadline this may have replaced
		return have, os.ErrDeadlineExceeded
	}
	n, err := io.ReadAtLeast(c.conn, answer[have:], answerHead+overhead-have)
	return have + n, err
}
