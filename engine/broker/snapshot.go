package broker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/engine/session"
)

// Sessions gives the live sessions, oldest first. What it gives is not changed any more and may be shared by callers.
func (b *Broker) Sessions() []engine.Session {
	b.mu.Lock()
	defer b.mu.Unlock()
	of := [2]uint64{b.revision.Load(), b.figures}
	if b.snapshot == nil || b.snapshotOf != of {
		sessions := make([]engine.Session, 0, len(b.ordered))
		for _, s := range b.ordered {
			if s.open() {
				sessions = append(sessions, s.shown)
			}
		}
		b.snapshot, b.snapshotOf = sessions, of
	}
	return b.snapshot
}

// Session gives a session that has not ended.
func (b *Broker) Session(id engine.ID) (engine.Session, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.sessions[id]; s != nil && s.open() {
		return s.shown, true
	}
	return engine.Session{}, false
}

// open tells whether the session has not ended; one that has is kept until its ends have confirmed that the key is destroyed.
func (s *live) open() bool {
	return s.life.State() != session.Ended && s.life.State() != session.Closed
}

// Components gives all components of this installation as they are now, sorted by name. Those of tenants stand with their tenant.
func (b *Broker) Components() []engine.ComponentStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	statuses := make([]engine.ComponentStatus, 0, len(b.members))
	for _, m := range b.membersByName() {
		if m.Tenant != "" {
			continue
		}
		status := engine.ComponentStatus{Component: m.Component, Online: m.online(), Problem: m.problem}
		if m.attachment != nil {
			status.Load, status.Group, status.ClockAhead = m.load, m.attachment.group, m.clockAhead
		} else if m.Revoked.IsZero() && status.Problem == "" {
			status.Problem = awayWords(m)
		}
		for _, s := range m.sessions {
			if s.open() {
				status.Sessions++
			}
		}
		statuses = append(statuses, status)
	}
	return statuses
}

// membersByName gives all members sorted by name. b.mu is held.
func (b *Broker) membersByName() []*member {
	if b.byName == nil {
		type named struct {
			name string
			*member
		}
		all := make([]named, 0, len(b.members))
		for _, m := range b.members {
			all = append(all, named{engine.Fold(m.Name), m})
		}
		slices.SortFunc(all, func(x, y named) int {
			return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(string(x.ID), string(y.ID)))
		})
		b.byName = make([]*member, len(all))
		for i := range all {
			b.byName[i] = all[i].member
		}
	}
	return b.byName
}

// awayWords says what to look at where a component is not attached.
func awayWords(m *member) string {
	if m.Report.Version == "" {
		return "it has joined, and has not attached yet: is its agent running there (lockwire-agent status)?"
	}
	return "it is not attached: is the machine on, does its agent run, and does it reach the broker (lockwire-agent status there says why not)?"
}

// Routes gives all routes as they are now, sorted by name.
func (b *Broker) Routes() []engine.RouteStatus {
	b.protect()
	b.mu.Lock()
	defer b.mu.Unlock()
	live := map[engine.ID]int{}
	for _, s := range b.sessions {
		if s.open() {
			live[s.shown.Route]++
		}
	}
	statuses := make([]engine.RouteStatus, 0, len(b.present.routes))
	for _, route := range b.present.routes {
		status := engine.RouteStatus{Route: *route, Listeners: []engine.Listener{}, Sessions: live[route.ID]}
		if service := b.present.services[route.Service]; service != nil {
			status.ServiceName, status.Backend, status.Target = service.Name, service.Backend, service.Target
			status.Provider = service.Provider
			status.OpenLegs = engine.OpenLegs(*route, *service)
			if target := b.beyond(service); target != nil {
				status.TargetName = target.Name
			}
		}
		for _, id := range b.present.sources[route.ID] {
			if source := b.members[id]; source != nil {
				status.Listeners = append(status.Listeners, b.listener(route, source))
			}
		}
		statuses = append(statuses, status)
	}
	slices.SortFunc(statuses, func(x, y engine.RouteStatus) int {
		return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
	})
	return statuses
}

// listener gives how a route fares on one of its sources. b.mu is held.
func (b *Broker) listener(route *engine.Route, source *member) engine.Listener {
	listener := engine.Listener{Component: source.ID, ComponentName: source.Name, State: engine.ListenerPending, Protection: b.protection(route, source)}
	reported, known := source.listeners[route.ID]
	switch {
	case !source.online():
		listener.State = engine.ListenerOffline
	case !route.Enabled:
		listener.Problem = "the route is off"
	case known:
		listener.State, listener.Problem = reported.State, reported.Problem
		if listener.State == engine.ListenerUp {
			listener.Problem = cmp.Or(b.drainsOn(route, source), b.notReadyOn(route, source))
		}
	}
	return listener
}

// notReadyOn says why no session of a route that leads to a provider can begin from a source; empty where nothing is in the way. b.mu is held.
func (b *Broker) notReadyOn(route *engine.Route, source *member) string {
	service := b.present.services[route.Service]
	if service == nil || b.providers[service.Provider] == nil {
		return ""
	}
	return b.notReady(b.providers[service.Provider], source, service.Remote)
}

// Cut ends a session at once.
func (b *Broker) Cut(_ context.Context, id engine.ID, reason string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sessions[id]
	if s == nil || !s.open() {
		return fmt.Errorf("live session %s: %w", id, engine.ErrNotFound)
	}
	b.step(s, session.Event{Kind: session.CutWanted, Reason: reason})
	return nil
}
