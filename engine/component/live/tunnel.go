package live

import (
	"context"
	"errors"
	"net"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// ErrTunnel: a service provider's gateway does not let a session through. The session may be over there.
var ErrTunnel = errors.New("the service provider's gateway does not let the session through")

// Tunnel is the way to the target of a session at a service provider. It is for sessions whose offer says so.
func (s *Session) Tunnel(ctx context.Context) (net.Conn, error) { return s.config.Tunnel(ctx, s.ID) }

// checkTunnel refuses an offer that does not belong where it came from, whatever its broker says: what goes through a tunnel is sealed
// always, and a service provider offers nothing else than the way through it.
func checkTunnel(o *Offer, m *wire.Offer, atProvider bool) error {
	switch {
	case o.Tunnel && o.Mode != engine.Sealed:
		return errors.New("what goes through a tunnel to a service provider is always sealed, and this is offered plain")
	case o.Tunnel && o.SameMachine:
		return errors.New("the ends of a session through a tunnel to a service provider are never one machine")
	case o.Tunnel && o.Side == session.Source && !atProvider:
		return errors.New("only a service provider offers a session through its tunnel")
	case !atProvider:
		return nil
	case !o.Tunnel:
		return errors.New("a service provider offered a session that does not go through its tunnel")
	case o.Side != session.Source || m.GetBackend() != "":
		return errors.New("a service provider would have this machine be a target")
	case o.Route != o.Session:
		return errors.New("a service provider offered a session of a route of its own")
	}
	return nil
}

// neutralEnd is what a service provider is told where a session ended for a reason that is the tenant's business.
const neutralEnd = "the tenant's side ended the session"

// forProvider leaves out of a session's stats what says something of the machine and its network.
func forProvider(stats *wire.SessionStats) *wire.SessionStats {
	stats.LocalAddress, stats.Endpoint, stats.CpuNanoseconds = "", "", 0
	return stats
}

// reportForProvider leaves out of a report why the session ended, where neither its times nor the provider itself ended it.
func (s *Session) reportForProvider(report session.Report) session.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch report.Reason {
	case session.ReasonIdle, session.ReasonNever, session.ReasonAgeCap, s.ordered:
	default:
		report.Reason = neutralEnd
	}
	return report
}
