package administration

import (
	"context"
	"net/netip"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// effect is the check that every change passes through: it computes what the change does to the decisions of all pairs and to live sessions.
func (l *Local) effect(ctx context.Context, before *state, p *plan) (engine.Effect, error) {
	if p.ofRoute {
		return engine.Effect{Links: []engine.LinkEffect{}, Route: p.route, Asks: asks(before, p, nil)}, nil
	}
	was, err := before.compiled()
	if err != nil {
		return engine.Effect{}, err
	}
	is, err := p.after.compiled()
	if err != nil {
		return engine.Effect{}, err
	}
	change := policy.Change{Rule: p.matched, Moment: l.Now(), Live: l.liveSessions(before)}
	change.SameMachine = sameMachinePairs(change.Live)
	change.Lacks = lackingNetworks(before, p.after)
	effect, err := policy.Effect(ctx, was, is, change)
	effect.Things = p.things
	effect.Rules, effect.Names = p.changes, p.after.namesOfRule(p.matched)
	effect.Warnings = append(effect.Warnings, p.warnings...)
	effect.EndingSessions = l.ending(p)
	effect.Asks = append(effect.Asks, asks(before, p, effect.EndingSessions)...)
	effect.Cut = cutAsk(effect.StaleSessions)
	effect.Exempts, effect.MoreExempt = p.exempts(is.Links)
	return effect, err
}

// compiled makes the state ready for decisions.
func (s *state) compiled() (policy.State, error) {
	rules, err := policy.Compile(s.rules, s.rules.Settings.Location())
	return policy.State{
		Rules: rules, Components: s.components, Names: s.names(),
		Links: policy.LinksOf(s.components, s.services, s.routes),
	}, err
}

// liveSessions gives the sessions that go on now as policy sees them.
func (l *Local) liveSessions(s *state) []policy.LiveSession {
	if l.Broker == nil {
		return nil
	}
	directions := make(map[engine.ID]engine.Direction, len(s.routes))
	for _, route := range s.routes {
		directions[route.ID] = route.Direction
	}
	var live []policy.LiveSession
	for _, session := range l.Broker.Sessions() {
		if session.State != engine.SessionLive && session.State != engine.SessionDraining {
			continue
		}
		path, _ := netip.ParseAddrPort(session.Endpoint)
		live = append(live, policy.LiveSession{
			ID: session.ID, Source: session.Source, Target: session.Target, Direction: directions[session.Route],
			SameMachine: session.Decision.By == engine.BySameMachine, Path: path.Addr(), Decision: session.Decision,
		})
	}
	return live
}

// sameMachinePairs gives the pairs that a live session has proven to be one machine.
func sameMachinePairs(live []policy.LiveSession) (proven []policy.IDPair) {
	for _, session := range live {
		if session.SameMachine {
			proven = append(proven, policy.IDPair{min(session.Source, session.Target), max(session.Source, session.Target)})
		}
	}
	return proven
}

// provenSameMachine tells which pairs a live session has proven to be one machine.
func provenSameMachine(live []policy.LiveSession) func(a, b engine.ID) bool {
	proven := map[policy.IDPair]bool{}
	for _, pair := range sameMachinePairs(live) {
		proven[pair] = true
	}
	return func(a, b engine.ID) bool { return proven[policy.IDPair{min(a, b), max(a, b)}] }
}
