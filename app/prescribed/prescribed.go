// Package prescribed reads what the broker's machine itself prescribes of the settings, and notices when that changes: on Windows a
// value in the registry. Elsewhere a machine prescribes nothing.
package prescribed

import (
	"context"
	"sync/atomic"

	"lockwire/engine"
)

// Source is where a machine prescribes something. Tests give one of their own.
type Source interface {
	// Read gives what is prescribed now.
	Read() engine.Prescription
	// Watch calls with what is prescribed, at once and after each change, until ctx is done. What changes while it begins is not missed.
	Watch(ctx context.Context, each func(engine.Prescription))
}

// Kept is what a source prescribes, as it was read last.
type Kept struct {
	source  Source
	present atomic.Pointer[engine.Prescription]
}

// Keep reads a source.
func Keep(source Source) *Kept {
	k := &Kept{source: source}
	now := source.Read()
	k.present.Store(&now)
	return k
}

// Present gives what is prescribed.
func (k *Kept) Present() engine.Prescription { return *k.present.Load() }

// Watch keeps it current until ctx is done, and calls after each change.
func (k *Kept) Watch(ctx context.Context, changed func()) {
	k.source.Watch(ctx, func(now engine.Prescription) {
		if last := k.present.Swap(&now); !last.Same(now) {
			changed()
		}
	})
}
