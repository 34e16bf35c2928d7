package model

import (
	"context"
	"fmt"
	"time"

	"lockwire/engine"
	"lockwire/ui/text"
)

// answerWithin bounds the broker's answer to questions that keep the state fresh. A broker that takes longer counts as unreachable:
// what is shown meanwhile is old.
const answerWithin = 6 * time.Second

// asking bounds a question.
func asking[Reply any](ctx context.Context, ask func(context.Context) (Reply, error)) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	reply, err := ask(ctx)
	if err != nil && ctx.Err() == context.DeadlineExceeded {
		err = fmt.Errorf("the broker has not answered for %s", answerWithin)
	}
	return reply, err
}

// OldWords say why what is shown is old, and since when; empty while it is not.
func (s *State) OldWords() string {
	switch asOf := s.AsOf(); {
	case s.Problem == "":
		return ""
	case asOf == "":
		return fmt.Sprintf("Not connected: %s. It is tried again.", s.Problem)
	default:
		return fmt.Sprintf("Not connected: %s. What you see is as of %s; nothing can be changed until the broker answers. It is tried again.", s.Problem, asOf)
	}
}

// AsOf is the time at which an old state was true; empty for a fresh state, and for one that never was.
func (s *State) AsOf() string {
	if s.Problem == "" || s.OldSince.IsZero() {
		return ""
	}
	return clock(s.OldSince)
}

// clock is a moment as a person compares it with a clock: without a day where that is today's.
func clock(at time.Time) string {
	at = at.Local()
	if now := time.Now(); now.YearDay() == at.YearDay() && now.Year() == at.Year() {
		return text.Clock(at)
	}
	return text.DayOfYear(at) + ", " + text.Clock(at)
}

// Guarded is the administration as the pages have it: while what they show is old, nothing is changed through it.
func (l *Live) Guarded() engine.Administration { return &guarded{l.admin, l} }

// guarded refuses changes that somebody makes from an old state. What only reads is let through.
type guarded struct {
	engine.Administration
	live *Live
}

// refuse says why nothing is changed; nil while the state is not old.
func (g *guarded) refuse() error {
	state := g.live.State()
	if state == nil || state.Problem == "" {
		return nil
	}
	since := state.AsOf()
	if since == "" {
		since = "the console was opened"
	}
	return fmt.Errorf("nothing was changed: the broker has not been heard since %s (%s), and what you see may be out of date. Try again once it answers", since, state.Problem)
}

// Each of the methods below changes something.
func (g *guarded) Apply(ctx context.Context, change engine.Change, confirmation engine.Confirmation) (engine.Effect, error) {
	return unless(g, func() (engine.Effect, error) { return g.Administration.Apply(ctx, change, confirmation) })
}

func (g *guarded) Calibrate(ctx context.Context, component engine.ID) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.Calibrate(ctx, component)
}

func (g *guarded) Drain(ctx context.Context, order engine.DrainOrder) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.Drain(ctx, order)
}

func (g *guarded) NewToken(ctx context.Context, request engine.TokenRequest) (engine.Token, error) {
	return unless(g, func() (engine.Token, error) { return g.Administration.NewToken(ctx, request) })
}

func (g *guarded) RevokeToken(ctx context.Context, id engine.ID) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.RevokeToken(ctx, id)
}

func (g *guarded) PutService(ctx context.Context, service engine.Service) (engine.Service, error) {
	return unless(g, func() (engine.Service, error) { return g.Administration.PutService(ctx, service) })
}

func (g *guarded) RemoveService(ctx context.Context, id engine.ID) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.RemoveService(ctx, id)
}

func (g *guarded) PutAlarms(ctx context.Context, edit engine.AlarmEdit) (engine.Alarms, error) {
	return unless(g, func() (engine.Alarms, error) { return g.Administration.PutAlarms(ctx, edit) })
}

func (g *guarded) TestAlarms(ctx context.Context, receiver engine.AlarmReceiver) ([]engine.AlarmTestResult, error) {
	return unless(g, func() ([]engine.AlarmTestResult, error) { return g.Administration.TestAlarms(ctx, receiver) })
}

func (g *guarded) PutTenant(ctx context.Context, tenant engine.Tenant) (engine.Tenant, error) {
	return unless(g, func() (engine.Tenant, error) { return g.Administration.PutTenant(ctx, tenant) })
}

func (g *guarded) RemoveTenant(ctx context.Context, id engine.ID) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.RemoveTenant(ctx, id)
}

func (g *guarded) LinkTenant(ctx context.Context, request engine.LinkRequest) (engine.TenantLink, error) {
	return unless(g, func() (engine.TenantLink, error) { return g.Administration.LinkTenant(ctx, request) })
}

func (g *guarded) ConfirmTenant(ctx context.Context, id engine.ID, key engine.KeyID) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.ConfirmTenant(ctx, id, key)
}

func (g *guarded) AddProvider(ctx context.Context, link engine.ProviderLink) (engine.ProviderStatus, error) {
	return unless(g, func() (engine.ProviderStatus, error) { return g.Administration.AddProvider(ctx, link) })
}

func (g *guarded) RemoveProvider(ctx context.Context, id engine.ID) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.RemoveProvider(ctx, id)
}

func (g *guarded) TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
	return unless(g, func() ([]engine.RouteTestResult, error) { return g.Administration.TestRoute(ctx, test) })
}

func (g *guarded) Cut(ctx context.Context, id engine.ID) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.Cut(ctx, id)
}

func (g *guarded) RevokeAdministrator(ctx context.Context, id engine.ID) error {
	if err := g.refuse(); err != nil {
		return err
	}
	return g.Administration.RevokeAdministrator(ctx, id)
}

func unless[Reply any](g *guarded, do func() (Reply, error)) (reply Reply, err error) {
	if err := g.refuse(); err != nil {
		return reply, err
	}
	return do()
}
