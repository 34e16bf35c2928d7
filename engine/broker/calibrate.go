package broker

import (
	"context"
	"fmt"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// Calibrate has a component measure its processor anew; the result comes with its next report. ErrOffline where the component
// is not attached, ErrInUse where it carries a session: what a session takes would be measured too, and the session would suffer.
func (b *Broker) Calibrate(_ context.Context, component engine.ID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.members[component]
	if m == nil || m.Tenant != "" {
		return fmt.Errorf("component %s: %w", component, engine.ErrNotFound)
	}
	if !m.online() {
		return fmt.Errorf("component %s: %w", m.Name, engine.ErrOffline)
	}
	for _, s := range m.sessions {
		if s.open() {
			return fmt.Errorf("component %s is measured only while it carries no session: %w", m.Name, engine.ErrInUse)
		}
	}
	b.send(m, &wire.Down{Message: &wire.Down_Calibrate{Calibrate: &wire.Calibrate{}}})
	return nil
}
