package broker

import (
	"context"
	"net/netip"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
)

const (
	// reconsiderPause lets changes that come in a row, such as many components that attach, be answered by one look at all sessions.
	reconsiderPause = 100 * time.Millisecond
	// Where looking takes long, the pause is reconsiderRest times as long, so that ten thousand components that attach leave time for
	// all else; longestPause bounds it. An edit does not wait for it.
	reconsiderRest = 4
	longestPause   = time.Second
)

// wantReconsideration asks for a new decision for every live session. It never waits.
func (b *Broker) wantReconsideration() {
	select {
	case b.reconsidered <- struct{}{}:
	default:
	}
}

// nextMoment is when a decision next changes by itself, with nobody changing anything: what does that adds its moment here. Zero
// where no such moment comes.
func nextMoment(present *configuration, now time.Time) time.Time {
	return present.compiled.NextChange(now)
}

// sooner is the earlier one of two moments, of which zero is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// lookAtClock asks for new decisions once the next moment has come, by the clock on the wall, or where the record is still to be read.
func (b *Broker) lookAtClock() {
	now := b.config.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	// A clock that was set back since may pass a moment again that was taken to be over.
	setBack := b.consideredAt.Sub(now) > time.Second
	if b.behind.Load() || setBack || !b.nextChange.IsZero() && !now.Before(b.nextChange) {
		b.wantReconsideration()
	}
}

// reconsiderWhenWanted decides anew whenever something changed that decides.
func (b *Broker) reconsiderWhenWanted(ctx context.Context) {
	pause := reconsiderPause
	for {
		select {
		case <-b.reconsidered:
		case <-ctx.Done():
			return
		}
		if engine.Pause(ctx, pause) != nil {
			return
		}
		began := time.Now()
		if b.behind.Load() {
			if err := b.Refresh(ctx); err != nil {
				b.log.Error("a change that is in the record is not in force yet; it is tried again", "error", err)
			}
			continue
		}
		b.refreshing.Lock()
		b.reconsider()
		b.refreshing.Unlock()
		pause = min(max(reconsiderPause, reconsiderRest*time.Since(began)), longestPause)
	}
}

// situation is all that a decision for a session depends on, besides what holds for all of them. Sessions that have it in
// common share one decision, for deciding is what takes time where thousands of sessions are live.
type situation struct {
	from, to    engine.ID
	direction   engine.Direction
	sameMachine bool
	path        netip.Addr
}

// open is a live session as a new decision needs it.
type open struct {
	situation
	s              *live
	source, target engine.Party
	counted        []string
	cap            *engine.Cap // its tenant's; nil where there is none
	drawing        *drawing
}

// reconsider decides anew for all live sessions, shows those whose protection would now be another one as stale, and lets no
// plain one take new flows that should now be sealed. b.refreshing is held, b.mu is not.
func (b *Broker) reconsider() {
	now := b.config.Now()
	sessions, present, names, limited := b.openSessions()
	decided := map[situation]*drawing{}
	for i := range sessions {
		o := &sessions[i]
		if drawing, known := decided[o.situation]; known {
			o.drawing = drawing
			continue
		}
		liveUnder := func(rule string) int {
			for _, counted := range o.counted {
				if counted == rule {
					return limited[rule]
				}
			}
			return limited[rule] + 1
		}
		decision := present.compiled.DecideSession(o.source, o.target, o.direction, o.sameMachine, o.path, now, names, liveUnder)
		withCap(&decision, o.cap)
		o.drawing = drawingOf(&decision)
		decided[o.situation] = o.drawing
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	b.nextChange, b.consideredAt = sooner(nextMoment(present, now), b.nextChangeOfTenants(now)), now
	b.judgeTenants()
	for _, drawing := range decided {
		b.setCaps(drawing)
	}
	for i := range sessions {
		if o := &sessions[i]; b.sessions[o.s.shown.ID] == o.s {
			b.redecided(o, present)
		}
	}
	b.wantAllotment()
	b.changed()
}

// openSessions gives the sessions that may still carry flows.
func (b *Broker) openSessions() (sessions []open, present *configuration, names engine.Names, limited map[string]int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.considered++
	parties := map[engine.ID]engine.Party{}
	party := func(c *engine.Component) engine.Party {
		p, known := parties[c.ID]
		if !known {
			p = c.Party()
			parties[c.ID] = p
		}
		return p
	}
	for _, s := range b.sessions {
		if s.life.State() == session.Ended || s.life.State() == session.Closed {
			continue
		}
		source, target := &s.ends[session.Source].Component, &s.ends[session.Target].Component
		path, _ := netip.ParseAddrPort(s.shown.Endpoint)
		var limit *engine.Cap
		if t := b.tenants[s.shown.Tenant]; t != nil {
			limit = tenantCap(&t.Tenant)
		}
		sessions = append(sessions, open{
			situation: situation{source.ID, target.ID, s.direction, s.sameMachine && engine.SameMachine(source, target), path.Addr()},
			s:         s, source: party(source), target: party(target), counted: s.limits, cap: limit,
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
	s, decision := o.s, o.drawing.decision
	b.redraw(s, o.drawing)
	if s.shown.Tenant != "" {
		b.redecidedTenant(s, present)
		return
	}
	// A test that compares is to be in the other mode.
	s.shown.Stale, s.shown.Now = decision.Mode != s.shown.Decision.Mode && s.shown.Decision.By != engine.ByTest, nil
	if s.shown.Stale {
		s.shown.Now = decision
	}
	route := present.routes[s.shown.Route]
	drains := s.draining()
	shouldBeSealed := s.shown.Stale && s.shown.Decision.Mode == engine.Plain
	switch {
	case shouldBeSealed && present.settings.CutSessionsThatShouldBeSealed == 1:
		b.step(s, session.Event{Kind: session.CutWanted, Reason: "the rules now say that it is to be sealed"})
	case shouldBeSealed:
		b.retire(s, "the rules now say that it is to be sealed; the next connection begins a new session")
	case drains != nil:
		b.retireForDrain(s, drains)
	case route == nil || !route.Enabled:
		b.retire(s, "its route was removed or turned off")
	case !s.shown.Test && s.backendMoved(present, route):
		b.retire(s, "its route leads elsewhere now")
	}
}

// retire lets no new flow join a session. One that is still being set up never gets that far. b.mu is held.
func (b *Broker) retire(s *live, reason string) {
	switch s.life.State() {
	case session.Offered, session.Acknowledged:
		b.step(s, session.Event{Kind: session.CutWanted, Reason: reason})
	case session.Ready, session.Live:
		b.step(s, session.Event{Kind: session.DrainWanted, Reason: reason})
	}
}

// backendMoved tells whether the route leads to another component or backend than the session does.
func (s *live) backendMoved(present *configuration, route *engine.Route) bool {
	service := present.services[route.Service]
	if service != nil && service.Provider != "" {
		return service.Provider != s.shown.Provider || s.remote != "" && service.Remote != s.remote // it is not known after a restart
	}
	return service == nil || s.shown.Provider != "" || service.Target != s.shown.Target || service.Backend != s.shown.Backend
}
