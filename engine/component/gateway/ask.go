package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/tunnel"
	"lockwire/engine/wire"
)

const (
	// answerWithin is how long the broker may take for an answer.
	answerWithin = 10 * time.Second
	// maximumEndpoints is how many addresses an answer carries.
	maximumEndpoints = 32
)

var (
	errAway   = errors.New("the broker is away, so that nobody can say whether it is allowed")
	errNoRole = errors.New("this machine is no provider gateway any more")
	errSilent = errors.New("the broker does not answer")
)

// ask asks the broker what a key may do.
func (g *Gateway) ask(ctx context.Context, key engine.KeyID, to tunnel.Destination) (tunnel.Verdict, error) {
	if !g.Serves() { // of a connection that came before
		return tunnel.Verdict{}, errNoRole
	}
	stream := g.config.Broker.Stream()
	if stream == nil {
		return tunnel.Verdict{}, errAway
	}
	answered := make(chan tunnel.Verdict, 1)
	g.mu.Lock()
	g.number++
	number := g.number
	g.asks[number] = answered
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		delete(g.asks, number)
		g.mu.Unlock()
	}()
	question := &wire.TunnelAsk{Ask: number, Key: key[:]}
	if to.Kind == tunnel.ToSession {
		question.Session = wire.IDBytes(to.Session)
	}
	stream.Send(&wire.Up{Message: &wire.Up_TunnelAsk{TunnelAsk: question}})
	late := g.config.Clock.NewTimer(answerWithin)
	defer late.Stop()
	select {
	case verdict := <-answered:
		return verdict, nil
	case <-stream.Done():
		return tunnel.Verdict{}, errAway
	case <-late.C():
		return tunnel.Verdict{}, errSilent
	case <-ctx.Done():
		return tunnel.Verdict{}, context.Cause(ctx)
	}
}

// Answer takes the broker's answer. One that nobody waits for any more is left.
func (g *Gateway) Answer(message *wire.TunnelAnswer) error {
	if len(message.GetEndpoints()) > maximumEndpoints {
		return fmt.Errorf("%w: an answer with %d endpoints", wire.ErrMalformed, len(message.GetEndpoints()))
	}
	for _, endpoint := range message.GetEndpoints() {
		if _, err := netip.ParseAddrPort(endpoint); err != nil {
			return fmt.Errorf("%w: an endpoint: %w", wire.ErrMalformed, err)
		}
	}
	verdict := tunnel.Verdict{Allowed: message.GetAllowed(), Endpoints: message.GetEndpoints()}
	if verdict.Allowed {
		var err error
		if verdict.Tenant, err = wire.ParseID(message.GetTenant()); err != nil {
			return fmt.Errorf("whose key it is: %w", err)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if answered := g.asks[message.GetAsk()]; answered != nil {
		delete(g.asks, message.GetAsk())
		answered <- verdict
	}
	return nil
}

// Cut ends what the broker says.
func (g *Gateway) Cut(message *wire.TunnelCut) error {
	if len(message.GetKey()) == 0 && len(message.GetSession()) == 0 {
		return fmt.Errorf("%w: a cut of nothing", wire.ErrMalformed)
	}
	if len(message.GetKey()) > 0 {
		key, err := wire.ParseKeyID(message.GetKey())
		if err != nil {
			return err
		}
		g.tunnel.CutKey(key)
	}
	if len(message.GetSession()) > 0 {
		session, err := wire.ParseID(message.GetSession())
		if err != nil {
			return err
		}
		g.tunnel.CutSession(session)
	}
	return nil
}
