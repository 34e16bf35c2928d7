package administration

import (
	"context"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// Check looks at rules, routes and the broker's own machine, and with Backends at those of the targets.
func (l *Local) Check(ctx context.Context, question engine.CheckQuestion) (engine.Checked, error) {
	state, err := l.state(ctx)
	if err != nil {
		return engine.Checked{}, err
	}
	compiled, err := state.compiled()
	if err != nil {
		return engine.Checked{}, err
	}
	now := l.Now()
	checked := engine.Checked{Version: l.Version}
	if checked.Rules, err = policy.Faults(ctx, compiled, now); err != nil {
		return engine.Checked{}, err
	}
	ids := make(map[string]engine.ID, len(state.routes))
	for i := range state.routes {
		ids[state.routes[i].Name] = state.routes[i].ID
	}
	for _, plain := range policy.PlainRoutes(compiled, now, provenSameMachine(l.liveSessions(state))) {
		checked.Routes = append(checked.Routes, engine.RouteFault{Route: ids[plain.Route], Name: plain.Route, SourceName: plain.SourceName, TargetName: plain.TargetName, Why: plain.Why, Exempt: plain.Exempt})
	}
	if authority, err := l.Authority(); err == nil { // a sealed one is not opened for this
		checked.AuthorityEnds = authority.Ends()
	}
	if checked.Space, err = l.space(ctx); err != nil {
		return engine.Checked{}, err
	}
	if l.Config.Alarms != nil {
		checked.Alarms = l.Config.Alarms.Status()
	}
	if l.Broker != nil {
		receipts := l.Broker.ReceiptsCheck()
		checked.Receipts = &receipts
	}
	if question.Backends && l.Broker != nil {
		checked.Around = l.Broker.BackendsAround(ctx)
	}
	return checked, ctx.Err()
}

// space says how much room the record has, and since when it grows; nil where the system does not say.
func (l *Local) space(ctx context.Context) (*engine.Space, error) {
	if l.Space == nil {
		return nil, nil
	}
	free, size, err := l.Space()
	if err != nil {
		return nil, nil
	}
	oldest, err := l.Store.Receipts(ctx, engine.ReceiptQuery{Upward: true, Limit: 1})
	if err != nil {
		return nil, err
	}
	space := &engine.Space{Free: free, Record: size}
	if len(oldest) > 0 {
		space.Since = oldest[0].Began
	}
	return space, nil
}
