//go:build !linux

package pump

import "context"

func (d *direction) spliceable() (source, target *TCP, ok bool) { return nil, nil, false }

func (d *direction) splice(ctx context.Context, _, _ *TCP) error { return d.copy(ctx) }
