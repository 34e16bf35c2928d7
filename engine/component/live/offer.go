package live

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/machine"
	"lockwire/engine/session"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// Offer is a session that the broker gives to this end. It never changes.
type Offer struct {
	Session, Route, Service engine.ID
	RouteName, Peer         string
	Side                    session.Side
	Request                 uint64
	Mode                    engine.Mode
	Cipher                  engine.Cipher
	SourceKey, TargetKey    engine.KeyID
	Sealed                  session.SealedKey
	Backend                 string           // at the target; empty in a test of the route
	Endpoints               []netip.AddrPort // at the source
	PreferredEndpoints      int              // how many of them, the first ones, lie in preferred networks
	EndpointsLeftOut        uint32           // how many more the target has
	SameMachine, Test       bool
	Tunnel                  bool // through a tunnel to a service provider: always sealed, and without endpoints
	Times                   session.Times
	Lease                   throttle.Lease // of what this end may send
	Receives                throttle.Lease // of what the target takes from a source at the other end of a tunnel
	Streams                 int            // of each connection at once; 1 where it is plain
	Tenant                  engine.ID      // at the target of a tenant's session; empty otherwise
	RestoresOnly            bool           // the tenant may only read
}

const (
	// maximumOfferedEndpoints bounds how many addresses a source tries for one flow.
	maximumOfferedEndpoints = 64
	maximumLinger           = time.Hour
)

// own is the key that the offer expects of this end.
func (o *Offer) own() engine.KeyID {
	if o.Side == session.Source {
		return o.SourceKey
	}
	return o.TargetKey
}

// peerKey is the enrolled key of the component at the other end.
func (o *Offer) peerKey() engine.KeyID {
	if o.Side == session.Source {
		return o.TargetKey
	}
	return o.SourceKey
}

func (o *Offer) terms(installation engine.ID) channel.Terms {
	return channel.Terms{Installation: installation, Session: o.Session, Route: o.Route, Mode: o.Mode, Cipher: o.Cipher, Source: o.SourceKey, Target: o.TargetKey}
}

// parseOffer checks an offer. Whatever is missing or unknown makes it unusable; above all a mode is never guessed.
// atProvider tells that a service provider's broker made it.
func parseOffer(m *wire.Offer, atProvider bool) (*Offer, error) {
	o := &Offer{
		RouteName: machine.Shorten(m.GetRouteName()), Peer: machine.Shorten(m.GetPeerName()), Request: m.GetRequest(),
		SameMachine: m.GetSameMachine(), Test: m.GetTest(), EndpointsLeftOut: m.GetEndpointsLeftOut(), Tunnel: m.GetTunnel(),
	}
	var err error
	read := func(what string, from error) {
		if err == nil && from != nil {
			err = fmt.Errorf("offer: %s: %w", what, from)
		}
	}
	var failed error
	o.Session, failed = wire.ParseID(m.GetSession())
	read("session", failed)
	o.Route, failed = wire.ParseID(m.GetRoute())
	read("route", failed)
	o.Service, failed = wire.ParseID(m.GetService())
	read("service", failed)
	o.Mode, failed = m.GetMode().Engine()
	read("mode", failed)
	o.Cipher, failed = m.GetCipher().Engine()
	read("cipher", failed)
	o.SourceKey, failed = wire.ParseKeyID(m.GetSourceKey())
	read("source key", failed)
	o.TargetKey, failed = wire.ParseKeyID(m.GetTargetKey())
	read("target key", failed)
	o.Sealed, failed = session.ParseSealedKey(m.GetOneTimeKey(), m.GetSealedKey())
	read("key", failed)
	o.Times, failed = parseTimes(m)
	read("times", failed)
	o.Lease, failed = LeaseOf(m.GetLease())
	read("lease", failed)
	o.Receives, failed = LeaseOf(m.GetReceives())
	read("lease of what the source sends", failed)
	o.Streams, failed = parseStreams(m.GetStreams(), o.Mode)
	read("streams", failed)
	switch m.GetSide() {
	case wire.Side_SIDE_SOURCE:
		o.Side = session.Source
		o.Endpoints, failed = parseEndpoints(m.GetEndpoints(), o)
		read("endpoints", failed)
		o.PreferredEndpoints = min(int(m.GetPreferredEndpoints()), len(o.Endpoints))
	case wire.Side_SIDE_TARGET:
		o.Side = session.Target
		o.Backend = m.GetBackend()
		if o.Backend == "" && !o.Test {
			read("backend", errors.New("it is missing"))
		}
		if o.Backend != "" {
			read("backend", engine.CheckHostPort(o.Backend))
		}
	default:
		read("side", errors.New("it is missing"))
	}
	read("tunnel", checkTunnel(o, m, atProvider))
	if o.Tunnel && o.Side == session.Target {
		o.Tenant, failed = wire.ParseID(m.GetTenant())
		read("tenant", failed)
		o.RestoresOnly = m.GetRestoresOnly()
	}
	return o, err
}

func parseStreams(n uint32, mode engine.Mode) (int, error) {
	if n > engine.MaximumStreams || n > engine.OneStream && mode != engine.Sealed {
		return 0, fmt.Errorf("%d of a connection that is %v", n, mode)
	}
	return max(int(n), engine.OneStream), nil
}

func parseTimes(m *wire.Offer) (session.Times, error) {
	const most = int64(engine.AgeCap / time.Millisecond)
	linger, cap := m.GetLingerMilliseconds(), m.GetAgeCapMilliseconds()
	if linger < 0 || linger > int64(maximumLinger/time.Millisecond) || cap <= 0 || cap > most {
		return session.Times{}, fmt.Errorf("%d and %d ms are out of range", linger, cap)
	}
	return session.Times{Linger: time.Duration(linger) * time.Millisecond, AgeCap: time.Duration(cap) * time.Millisecond}, nil
}

// parseEndpoints reads where a source can dial the target: nowhere but through the tunnel where the session has one. For one machine only
// loopback counts, whatever else is named.
func parseEndpoints(texts []string, o *Offer) ([]netip.AddrPort, error) {
	if o.Tunnel {
		if len(texts) > 0 {
			return nil, errors.New("a session through a tunnel has none")
		}
		return nil, nil
	}
	if len(texts) == 0 {
		return nil, errors.New("there is none")
	}
	if len(texts) > maximumOfferedEndpoints {
		return nil, fmt.Errorf("%d are too many", len(texts))
	}
	var endpoints []netip.AddrPort
	for _, text := range texts {
		endpoint, err := netip.ParseAddrPort(text)
		if err != nil || endpoint.Port() == 0 || !machine.Diallable(endpoint.Addr()) {
			return nil, fmt.Errorf("%q cannot be dialled", machine.Shorten(text))
		}
		endpoint = netip.AddrPortFrom(engine.PlainAddress(endpoint.Addr()), endpoint.Port())
		if o.SameMachine && !endpoint.Addr().IsLoopback() {
			return nil, fmt.Errorf("%v is not this machine", endpoint)
		}
		endpoints = append(endpoints, endpoint)
	}
	return endpoints, nil
}

// LeaseOf reads a lease; a message that is absent is one without a limit.
func LeaseOf(message *wire.Lease) (throttle.Lease, error) {
	number, limit, err := message.Terms()
	return throttle.Lease{Number: number, Limit: limit}, err
}
