package live

import (
	"context"

	"lockwire/engine/pump"
)

// bothTurns holds a flow back to two limits: the lower one counts.
type bothTurns [2]pump.Limiter

// Burst implements pump.Limiter.
func (t bothTurns) Burst() int {
	least := t[0].Burst()
	if second := t[1].Burst(); least == 0 || second > 0 && second < least {
		least = second
	}
	return least
}

// Wait implements pump.Limiter.
func (t bothTurns) Wait(ctx context.Context, n int) error {
	for _, one := range t {
		if err := one.Wait(ctx, n); err != nil {
			return err
		}
	}
	return nil
}
