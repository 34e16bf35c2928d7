package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"lockwire/engine"
	"lockwire/engine/network"
	"lockwire/engine/secret"
)

// answerWithin is how long a source waits for the answer to a flight, and keeps the flight's key, at most.
const answerWithin = 25 * time.Second

// Join opens a channel of a session over conn without a handshake: way joins. open is asked for and answered as by Proven.Open,
// for 25 seconds at most. It takes conn over and closes it when it fails. Errors to decide on: ErrUnanswered, *RefusedError,
// ErrRecord, ErrNoSession.
func Join(ctx context.Context, conn net.Conn, session Session, way Way, open Open) (*Conn, error) {
	network.SetReset(conn)
	c, err := join(ctx, conn, session, way, open, (*Conn).awaitAnswer)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("join at %v: %w", conn.RemoteAddr(), err)
	}
	return c, nil
}

// Connect opens a channel over conn in whichever way the session is at: it founds or it joins. It is for who reaches the target at
// one place only.
func Connect(ctx context.Context, conn net.Conn, session Session, open Open) (*Conn, error) {
	way, err := session.Secret.Next(ctx)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if !way.Founds() {
		return Join(ctx, conn, session, way, open)
	}
	c, err := Dial(ctx, conn, session, open)
	way.Done(err)
	return c, err
}

// join does what Join says over a connection that resets when it is closed. await receives the beginning of the answer.
func join(ctx context.Context, conn net.Conn, session Session, way Way, open Open, await func(*Conn, context.Context, []byte) (int, error)) (*Conn, error) {
	id, err := session.Terms.Session.Bytes()
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	if session.Sizes, err = session.Sizes.withDefaults(); err != nil {
		return nil, err
	}
	s := session.Secret
	select {
	case s.source.numbers <- struct{}{}:
		defer func() { <-s.source.numbers }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	c := newConn(conn, &session, source, way.chain.group)
	open.Keep = c.mayKeep(open)
	request, err := open.marshal()
	if err != nil {
		return nil, err
	}
	number, err := way.take(c)
	if err != nil {
		return nil, way.explain(ctx, err)
	}
	f, err := newFlight(id, way.chain.id, number, request).seal(session.Terms.Cipher, way.chain.door, c.opening.flow, request)
	if err != nil {
		return nil, way.explain(ctx, c.fail(err))
	}
	_ = conn.SetDeadline(time.Now().Add(answerWithin)) // fails only on a closed connection
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = c.askToJoin(way, f, open, func(answer []byte) (int, error) { return await(c, ctx, answer) })
	if !stop() && err == nil {
		err = ctx.Err() // the deadline that ended the wait still stands
	}
	if err == nil && c.terms.Mode == engine.Plain {
		err = c.put(typePing, nil) // proves to the target, before anything is raw, that this is no flight that somebody took off the wire
	}
	if err == nil {
		err = c.opened(open)
	}
	if err != nil {
		return nil, way.explain(ctx, c.fail(err))
	}
	return c, nil
}

// askToJoin sends the flight and takes the answer. Once that is authentic the session is settled: K is not needed any more.
func (c *Conn) askToJoin(way Way, f flight, open Open, await func(answer []byte) (int, error)) error {
	if _, err := c.conn.Write(f); err != nil {
		return unanswered(err)
	}
	var room [answerHead + overhead + keepExtensionSize]byte
	beginning := room[:answerHead+overhead] // no answer is shorter
	if open.Keep {
		beginning = room[:] // and most are so long
	}
	n, err := await(beginning)
	if err != nil {
		return unanswered(err)
	}
	beginning = beginning[:n]
	if recordType(beginning[0]) != typeAnswer {
		return fmt.Errorf("%w: 0x%02x instead of an answer", ErrRecord, beginning[0])
	}
	if err := c.startJoined(f, beginning[1:answerHead]); err != nil {
		return err
	}
	t, answer, err := c.receiveOne(beginning[answerHead:], typeOpened, typeRefused)
	if err != nil {
		return err
	}
	way.secret.joined(way.chain)
	if err := c.answered(); err != nil {
		return err
	}
	return c.takeAnswer(open, t, answer)
}

// awaitAnswer receives the beginning of an answer: as much as any has, and more where it is there already.
func (c *Conn) awaitAnswer(_ context.Context, answer []byte) (int, error) {
	return io.ReadAtLeast(c.conn, answer, answerHead+overhead)
}

// startJoined makes the channel's keys of the flow's, which goes.
func (c *Conn) startJoined(f flight, random []byte) error {
	keys, err := reserveDirections()
	if err != nil {
		return err
	}
	used := c.opening.flow.Use(func(flow []byte) { // whoever wipes the channel waits here, and then wipes what was made
		if err = keys.fill(f, flow, random); err == nil {
			err = c.start(keys)
		}
	})
	c.opening.flow.Destroy()
	if used != nil {
		err = used
	}
	if err != nil {
		keys.destroy()
	}
	return err
}

// unanswered is the failure of a join whose connection ended before its answer.
func unanswered(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer within %v: %w", answerWithin, err)
	}
	return fmt.Errorf("%w: %w", ErrUnanswered, readError(err))
}

// explain says what a failure of the join comes from, where that lies at this end.
func (w Way) explain(ctx context.Context, err error) error {
	s := w.secret
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case s.over:
		return fmt.Errorf("%w: it ended before the answer came", ErrNoSession)
	case errors.Is(err, secret.ErrDestroyed): // a join of another chain was answered first
		return fmt.Errorf("%w: %w", ErrUnanswered, err)
	}
	return err
}

// joined notes that a join on c has an authentic answer.
func (s *Secret) joined(c *chain) {
	s.mu.Lock()
	then := s.settle(c)
	s.mu.Unlock()
	then()
}
