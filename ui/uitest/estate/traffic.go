package estate

import (
	"fmt"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// addRoutes makes routes from the components in turn to those that keep backups, each with a service of its own.
func (e *Estate) addRoutes(count int) {
	var targets []int
	for i := range e.Components {
		if role := e.Components[i].Role; role == engine.Repository || role == engine.Tape {
			targets = append(targets, i)
		}
	}
	if len(targets) == 0 {
		return
	}
	for i := range count {
		source, target := &e.Components[i%len(e.Components)], &e.Components[targets[i*3%len(targets)]]
		if source.ID == target.ID {
			target = &e.Components[targets[(i*3+1)%len(targets)]]
		}
		port := 8000 + i/len(e.Components)
		service := engine.Service{ID: id(ofService, i), Revision: 1, Name: fmt.Sprintf("store %04d", i), Target: target.ID, Backend: fmt.Sprintf("127.0.0.1:%d", 8000+i%100)}
		route := engine.Route{ID: id(ofRoute, i), Revision: 1, Name: fmt.Sprintf("%s %04d", routeKinds[i%len(routeKinds)], i), Sources: []engine.ID{source.ID}, Listen: fmt.Sprintf("127.0.0.1:%d", port), Service: service.ID, Direction: engine.Push, Enabled: i%37 != 36}
		if i%50 == 49 {
			route.Listen = fmt.Sprintf("0.0.0.0:%d", port)
		}
		listener := engine.Listener{Component: source.ID, ComponentName: source.Name, State: engine.ListenerUp}
		switch {
		case !source.Online:
			listener.State = engine.ListenerOffline
		case i%211 == 210:
			listener.State, listener.Problem = engine.ListenerFailed, "another program listens there; end it, or give the route another port"
		}
		status := engine.RouteStatus{Route: route, ServiceName: service.Name, Backend: service.Backend, Target: target.ID, TargetName: target.Name, Listeners: []engine.Listener{listener}, OpenLegs: engine.OpenLegs(route, service)}
		e.Services, e.Routes = append(e.Services, service), append(e.Routes, status)
	}
}

var routeKinds = []string{"nightly", "hourly", "databases", "mail"}

// addSessions has the routes carry sessions, as the rules decide them.
func (e *Estate) addSessions(count int) {
	stored := make([]engine.Component, len(e.Components))
	byID := make(map[engine.ID]*engine.ComponentStatus, len(stored))
	for i := range e.Components {
		stored[i] = e.Components[i].Component
		byID[stored[i].ID] = &e.Components[i]
	}
	rules, err := policy.Compile(e.Rules, time.UTC)
	if err != nil {
		panic(err) // the rules are those of this package
	}
	names := policy.NamesOf(stored, nil)
	one := func(string) int { return 1 }
	for i := range e.Routes {
		r := &e.Routes[i]
		source, target := byID[r.Listeners[0].Component], byID[r.Target]
		decision := rules.DecideSession(source.Party(), target.Party(), r.Direction, false, netip.Addr{}, e.Made, names, one)
		r.Listeners[0].Protection = decision.Protection()
		for n := i; n < count && len(e.Routes) > 0; n += len(e.Routes) {
			e.Sessions = append(e.Sessions, e.session(r, source, target, decision, n))
			r.Sessions++
			source.Sessions++
			target.Sessions++
		}
	}
}

func (e *Estate) session(r *engine.RouteStatus, source, target *engine.ComponentStatus, decision engine.SessionDecision, i int) engine.Session {
	began := e.Made.Add(-time.Duration(i%86_000) * time.Second)
	s := engine.Session{
		ID: id(ofSession, i), Route: r.ID, RouteName: r.Name, Source: source.ID, SourceName: source.Name, Target: target.ID, TargetName: target.Name, ServiceName: r.ServiceName, Backend: r.Backend,
		State: engine.SessionLive, Decision: decision, Endpoint: netip.AddrPortFrom(target.SeenFrom, 6171).String(), Began: began, Flows: 1 + i%3, AllFlows: uint64(1 + i%40),
		Key: engine.KeyLife{Made: began, DeliveredTarget: began, DeliveredSource: began, DestroyedBroker: began},
	}
	if decision.Mode == engine.Sealed {
		s.Cipher, s.Group = engine.AES256GCM, "X25519MLKEM768"
	}
	s.Traffic = engine.Traffic{ToTarget: uint64(i%90_000) * 1_000_000, SourceCPU: time.Minute, TargetCPU: 2 * time.Minute}
	return s
}

// running gives the sessions with their figures after so many changes.
func (e *Estate) running(changes uint64) []engine.Session {
	sessions := append([]engine.Session(nil), e.Sessions...)
	for i := range sessions {
		traffic := &sessions[i].Traffic
		traffic.RateToTarget = (uint64(i)*7919 + changes*104729) % 800_000
		traffic.ToTarget += changes * 100_000
	}
	return sessions
}

// Snapshot is how all goes after so many changes of the figures.
func (e *Estate) Snapshot(changes uint64, when time.Time) engine.Snapshot {
	sessions := e.running(changes)
	snapshot := engine.Snapshot{When: when, Sessions: sessions, Components: e.loaded(changes, sessions), Routes: e.Routes, Revision: 1}
	snapshot.Today = engine.DayTotals{Began: when.Truncate(24 * time.Hour), Sealed: 81_000_000_000_000, Plain: 3_000_000_000_000}
	return snapshot
}
