package live

import (
	"context"
	"sync"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/pump"
	"lockwire/engine/wire"
)

// Intakes are what this machine, as a target, takes from the tenants that have sessions here.
type Intakes struct {
	clock machine.Clock

	mu  sync.Mutex
	all map[engine.ID]*Intake
}

// NewIntakes begins without any.
func NewIntakes(clock machine.Clock) *Intakes {
	return &Intakes{clock: clock, all: map[engine.ID]*Intake{}}
}

// Take puts in force what the broker says of a tenant. One that has no session here needs nothing: its next offer says it.
func (t *Intakes) Take(message *wire.RestoresOnly) error {
	tenant, err := wire.ParseID(message.GetTenant())
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.all[tenant]; i != nil {
		i.limit(message.GetRestoresOnly())
	}
	return nil
}

// begin finds the intake of an offer's tenant, and puts in force what the offer says. release must follow. It is nil where the session is
// no tenant's.
func (t *Intakes) begin(o *Offer) *Intake {
	if o.Tenant == "" {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i := t.all[o.Tenant]
	if i == nil {
		i = &Intake{clock: t.clock}
		t.all[o.Tenant] = i
	}
	i.limit(o.RestoresOnly)
	i.sessions++
	return i
}

// release forgets an intake that no session needs any more.
func (t *Intakes) release(tenant engine.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.all[tenant]; i != nil {
		if i.sessions--; i.sessions == 0 {
			delete(t.all, tenant)
		}
	}
}

// Limiters are what holds a new flow back that goes to the other end, and from it; nil is nothing.
func (s *Session) Limiters() (toRemote, toLocal pump.Limiter) {
	toRemote = s.Turns()
	if s.receives != nil {
		toLocal = s.receives.Flow()
	}
	if w := s.witnessed(); w != nil {
		toLocal = w.receives.Flow()
	}
	if s.intake == nil {
		return toRemote, toLocal
	}
	taken := s.intake.flow()
	if toLocal == nil {
		return bringing{toRemote, taken}, taken
	}
	return bringing{toRemote, taken}, bothTurns{taken, toLocal}
}

// bringing counts what passes for what may be taken.
type bringing struct {
	pump.Limiter
	taken *intakeFlow
}

// Wait implements pump.Limiter.
func (b bringing) Wait(ctx context.Context, n int) error {
	err := b.Limiter.Wait(ctx, n)
	if err == nil {
		b.taken.brings(n)
	}
	return err
}
