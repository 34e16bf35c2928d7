package route

import (
	"context"
	"errors"
	"net"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/network"
)

// openAttempts is how many sessions one connection tries: the one at hand, one in place of a session that has ended meanwhile or that
// the target does not know any more, and one that is not taken for one machine.
const openAttempts = 3

// serve carries one connection of a tool, which has entered.
func (r *Route) serve(conn net.Conn) {
	network.GrowStack()
	tool, err := tcpEnd(conn)
	if err != nil {
		r.leave()
		r.refuse(conn, err)
		return
	}
	f, err := r.admit(conn)
	r.leave()
	if err != nil {
		tool.Reset()
		r.refuse(conn, err)
		return
	}
	f.carry(tool)
}

// admit counts a connection that waits for its session with the process's budget, until the session has taken it, and opens its flow.
func (r *Route) admit(conn net.Conn) (*Flow, error) {
	waiting, err := r.flows.Budget.BeginWaiting()
	if err != nil {
		return nil, err
	}
	defer waiting.End()
	return r.openFlow(r.Life, r.flows.dials.via(r.Life, conn))
}

// openFlow brings a connection to the target. A session that ends meanwhile, or turns out to be over there, is replaced by a new one;
// nothing else is tried twice. via are the sessions through which the connection came.
func (r *Route) openFlow(ctx context.Context, via []engine.ID) (*Flow, error) {
	var failure error
	for range openAttempts {
		joined, err := r.current.Join(ctx)
		if err != nil {
			return nil, err
		}
		f, err := r.flows.Open(ctx, joined, via)
		if err == nil {
			return f, nil
		}
		failure = err
		switch {
		case errors.Is(err, ErrNotSameMachine):
			r.current.ReplaceOnOtherMachine(joined.Session, err.Error())
		case errors.Is(err, live.ErrEndedMeanwhile), errors.Is(err, channel.ErrNoSession): // cut, or drained
			r.current.Forget(joined.Session)
		case isOver(err) && r.mayReplace(err):
			r.current.Replace(joined.Session, "the target does not take connections for this session any more")
		default:
			return nil, err
		}
	}
	return nil, failure
}

// isOver tells whether the target, once reached, does not know the session or takes no flow of it: it may have been started
// again, or the session may have just ended there. One endpoint that says so is enough: others of the same machine may lead nowhere from here.
func isOver(err error) bool {
	var refused *channel.RefusedError
	if errors.As(err, &refused) {
		return refused.Reason == channel.ReasonSessionOver
	}
	return errors.Is(err, errTurnedAway) || errors.Is(err, errUnanswered)
}

// mayReplace tells whether a session that seems to be over at the target may be given up for a new one. What the target said
// in an authentic record is sure. A handshake that broke can be the network's doing, and while the broker is away there would
// be no other session: then the present one is kept.
func (r *Route) mayReplace(err error) bool {
	var refused *channel.RefusedError
	stream, _ := r.flows.Broker.Stream()
	return stream != nil || errors.As(err, &refused)
}
