package broker

import (
	"context"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
)

// reconsiderPause lets changes that come in a row, such as many components that attach, be answered by one look at all sessions.
const reconsiderPause = 100 * time.Millisecond

// wantReconsideration has all live sessions decided anew soon. It never waits.
func (b *Broker) wantReconsideration() {
	select {
	case b.reconsidered <- struct{}{}:
	default:
	}
}

// reconsiderWhenWanted decides anew whenever something changed that decides.
func (b *Broker) reconsiderWhenWanted(ctx context.Context) {
	for {
		select {
		case <-b.reconsidered:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(reconsiderPause):
		case <-ctx.Done():
			return
		}
		b.refreshing.Lock()
		b.reconsider()
		b.refreshing.Unlock()
	}
}

// open is a live session as a new decision needs it.
type open struct {
	s              *live
	source, target engine.Party
	sameMachine    bool
	path           netip.Addr
	counted        []string
	decision       engine.SessionDecision
}

// reconsider decides anew for all live sessions, shows those whose protection would now be another one as stale, and lets no
// plain one take new flows that should now be sealed. b.refreshing is held, b.mu is not.
func (b *Broker) reconsider() {
	now := time.Now()
	sessions, present, names, limited := b.openSessions()
	for i := range sessions {
		o := &sessions[i]
		liveUnder := func(rule string) int {
			for _, counted := range o.counted {
				if counted == rule {
					return limited[rule]
				}
			}
			return limited[rule] + 1
		}
		o.decision = present.compiled.DecideSession(o.source, o.target, o.s.flow, o.sameMachine, o.path, now, names, liveUnder)
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	b.nextChange = present.compiled.NextChange(now)
	for i := range sessions {
		if o := &sessions[i]; b.sessions[o.s.shown.ID] == o.s {
			b.redecided(o, present)
		}
	}
	b.changed()
}

// openSessions gives the sessions that may still carry flows.
func (b *Broker) openSessions() (sessions []open, present *configuration, names engine.Names, limited map[string]int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.sessions {
		if s.life.State() == session.Ended || s.life.State() == session.Closed {
			continue
		}
		source, target := &s.ends[session.Source].Component, &s.ends[session.Target].Component
		path, _ := netip.ParseAddrPort(s.shown.Endpoint)
		sessions = append(sessions, open{
			s: s, source: source.Party(), target: target.Party(), path: path.Addr(), counted: s.limits,
			sameMachine: s.sameMachine && engine.SameMachine(source, target),
		})
	}
	limited = make(map[string]int, len(b.limited))
	for rule, count := range b.limited {
		limited[rule] = count
	}
	return sessions, b.present, b.namesNow(), limited
}

// redecided takes over a new decision. b.mu is held.
func (b *Broker) redecided(o *open, present *configuration) {
	s := o.s
	s.current = &o.decision
	b.recount(s)
	s.shown.Stale, s.shown.Now = o.decision.Mode != s.shown.Decision.Mode, nil
	if s.shown.Stale {
		s.shown.Now = &o.decision
	}
	route := present.routes[s.shown.Route]
	switch {
	case s.shown.Stale && s.shown.Decision.Mode == engine.Plain && present.settings.CutSessionsThatShouldBeSealed == 1:
		b.step(s, session.Event{Kind: session.CutWanted, Reason: "the rules now say that it is to be sealed"})
	case s.life.State() == session.Draining:
	case s.shown.Stale && s.shown.Decision.Mode == engine.Plain:
		b.step(s, session.Event{Kind: session.DrainWanted, Reason: "the rules now say that it is to be sealed; the next connection begins a new session"})
	case route == nil || !route.Enabled:
		b.step(s, session.Event{Kind: session.DrainWanted, Reason: "its route was removed or turned off"})
	case !s.shown.Test && s.backendMoved(present, route):
		b.step(s, session.Event{Kind: session.DrainWanted, Reason: "its route leads elsewhere now"})
	}
}

// backendMoved tells whether the route leads to another component or backend than the session does.
func (s *live) backendMoved(present *configuration, route *engine.Route) bool {
	service := present.services[route.Service]
	return service == nil || service.Target != s.shown.Target || service.Backend != s.shown.Backend
}
