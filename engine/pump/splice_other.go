//go:build !linux

package pump

import (
	"context"
	"errors"
)

func (d *direction) spliceable() (source, target *TCP, ok bool) { return nil, nil, false }

func (d *direction) splice(context.Context, *TCP, *TCP) error { return errors.ErrUnsupported }
