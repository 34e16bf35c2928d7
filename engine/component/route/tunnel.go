package route

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/network"
)

// foundThrough is found for a session that goes through a tunnel to a service provider: there is one way, and the target's key is proven
// at its end.
func (f *Flows) foundThrough(ctx context.Context, s *live.Session, open channel.Open) (*channel.Conn, netip.AddrPort, error) {
	conn, err := f.tunnel(ctx, s)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	gateway := network.AddressOf(conn.RemoteAddr())
	began := f.Clock.Now()
	proven, err := channel.Handshake(ctx, conn, s.Channel)
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, channel.ErrPeerKey) && !errors.Is(err, channel.ErrNoSession) && !errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%w: %w", errTurnedAway, err)
		}
		return nil, gateway, notReachedThrough(s.Offer, err)
	}
	s.Log.Debug("target proven", "gateway", gateway, "handshake", f.Clock.Now().Sub(began))
	opening, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	opened, err := proven.Open(opening, open)
	return opened, gateway, answerError(opening, err)
}

// joinThrough is join likewise.
func (f *Flows) joinThrough(ctx context.Context, s *live.Session, way channel.Way, open channel.Open) (*channel.Conn, netip.AddrPort, error) {
	conn, err := f.tunnel(ctx, s)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	gateway := network.AddressOf(conn.RemoteAddr())
	opened, err := channel.Join(ctx, conn, s.Channel, way, open)
	return opened, gateway, answerError(ctx, err)
}

// tunnel connects to the session's target. A gateway that does not let the session through may know that it is over.
func (f *Flows) tunnel(ctx context.Context, s *live.Session) (net.Conn, error) {
	conn, err := s.Tunnel(ctx)
	if errors.Is(err, live.ErrTunnel) {
		err = fmt.Errorf("%w: %w", errTurnedAway, err)
	}
	if err != nil {
		return nil, notReachedThrough(s.Offer, err)
	}
	return conn, nil
}

func notReachedThrough(o *live.Offer, err error) error {
	return fmt.Errorf("the repository of the service provider %s was not reached: %w", o.Peer, err)
}

// gatewayOf is where the gateway of a tunnel was dialled, which may be reached through a proxy; empty for any other connection.
func gatewayOf(conn net.Conn) string {
	if through, ok := conn.(interface{ Gateway() string }); ok {
		return through.Gateway()
	}
	return ""
}
