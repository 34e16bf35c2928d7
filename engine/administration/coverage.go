package administration

import (
	"context"
	"net/netip"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// Coverage decides for all pairs of components, on the present rules.
func (l *Local) Coverage(ctx context.Context, question engine.CoverageQuestion) (engine.Coverage, error) {
	state, err := l.state(ctx)
	if err != nil {
		return engine.Coverage{}, err
	}
	compiled, err := state.compiled()
	if err != nil {
		return engine.Coverage{}, err
	}
	if question.At.IsZero() {
		question.At = l.Now()
	}
	live := l.liveSessions(state)
	crossed := map[netip.Addr]bool{}
	for _, session := range live {
		crossed[engine.PlainAddress(session.Path)] = true
	}
	return policy.Coverage(ctx, compiled, question.At, policy.CoverageChecks{
		SameMachine: provenSameMachine(live), Used: func(address netip.Addr) bool { return crossed[engine.PlainAddress(address)] },
	})
}
