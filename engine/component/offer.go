package component

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

// offer is a session that the broker gives to this end.
type offer struct {
	session, route, service engine.ID
	routeName, peer         string
	side                    session.Side
	request                 uint64
	mode                    engine.Mode
	cipher                  engine.Cipher
	sourceKey, targetKey    engine.KeyID
	sealed                  session.SealedKey
	backend                 string           // at the target; empty in a test of the route
	endpoints               []netip.AddrPort // at the source
	endpointsLeftOut        uint32           // how many more the target has
	sameMachine, test       bool
	limits                  session.Limits
	lease                   throttle.Lease
}

const (
	// maximumOfferedEndpoints bounds how many addresses a source tries for one flow.
	maximumOfferedEndpoints = 64
	maximumLinger           = time.Hour
)

// own is the key that the offer expects of this end.
func (o *offer) own() engine.KeyID {
	if o.side == session.Source {
		return o.sourceKey
	}
	return o.targetKey
}

func (o *offer) terms() channel.Terms {
	return channel.Terms{Session: o.session, Route: o.route, Mode: o.mode, Cipher: o.cipher, Source: o.sourceKey, Target: o.targetKey}
}

// parseOffer checks an offer. Whatever is missing or unknown makes it unusable; above all a mode is never guessed.
func parseOffer(m *wire.Offer) (*offer, error) {
	o := &offer{
		routeName: machine.Shorten(m.GetRouteName()), peer: machine.Shorten(m.GetPeerName()), request: m.GetRequest(),
		sameMachine: m.GetSameMachine(), test: m.GetTest(), endpointsLeftOut: m.GetEndpointsLeftOut(),
	}
	var err error
	read := func(what string, from error) {
		if err == nil && from != nil {
			err = fmt.Errorf("offer: %s: %w", what, from)
		}
	}
	var failed error
	o.session, failed = wire.ParseID(m.GetSession())
	read("session", failed)
	o.route, failed = wire.ParseID(m.GetRoute())
	read("route", failed)
	o.service, failed = wire.ParseID(m.GetService())
	read("service", failed)
	o.mode, failed = m.GetMode().Engine()
	read("mode", failed)
	o.cipher, failed = m.GetCipher().Engine()
	read("cipher", failed)
	o.sourceKey, failed = wire.ParseKeyID(m.GetSourceKey())
	read("source key", failed)
	o.targetKey, failed = wire.ParseKeyID(m.GetTargetKey())
	read("target key", failed)
	o.sealed, failed = session.ParseSealedKey(m.GetOneTimeKey(), m.GetSealedKey())
	read("key", failed)
	o.limits, failed = parseLimits(m)
	read("times", failed)
	o.lease, failed = leaseOf(m.GetLease())
	read("lease", failed)
	switch m.GetSide() {
	case wire.Side_SIDE_SOURCE:
		o.side = session.Source
		o.endpoints, failed = parseEndpoints(m.GetEndpoints(), o.sameMachine)
		read("endpoints", failed)
	case wire.Side_SIDE_TARGET:
		o.side = session.Target
		o.backend = m.GetBackend()
		if o.backend == "" && !o.test {
			read("backend", errors.New("it is missing"))
		}
		if o.backend != "" {
			read("backend", engine.CheckHostPort(o.backend))
		}
	default:
		read("side", errors.New("it is missing"))
	}
	return o, err
}

func parseLimits(m *wire.Offer) (session.Limits, error) {
	const most = int64(engine.AgeCap / time.Millisecond)
	linger, cap := m.GetLingerMilliseconds(), m.GetAgeCapMilliseconds()
	if linger < 0 || linger > int64(maximumLinger/time.Millisecond) || cap <= 0 || cap > most {
		return session.Limits{}, fmt.Errorf("%d and %d ms are out of range", linger, cap)
	}
	return session.Limits{Linger: time.Duration(linger) * time.Millisecond, AgeCap: time.Duration(cap) * time.Millisecond}, nil
}

// parseEndpoints reads where a source can dial the target. For one machine only loopback counts, whatever else is named.
func parseEndpoints(texts []string, loopbackOnly bool) ([]netip.AddrPort, error) {
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
		if loopbackOnly && !endpoint.Addr().IsLoopback() {
			return nil, fmt.Errorf("%v is not this machine", endpoint)
		}
		endpoints = append(endpoints, endpoint)
	}
	return endpoints, nil
}
