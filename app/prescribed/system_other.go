//go:build !windows

package prescribed

import (
	"context"

	"lockwire/engine"
)

// System is a machine that prescribes nothing.
func System() Source { return nothing{} }

type nothing struct{}

func (nothing) Read() engine.Prescription { return engine.Prescription{} }

func (nothing) Watch(ctx context.Context, _ func(engine.Prescription)) { <-ctx.Done() }
