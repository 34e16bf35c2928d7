package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPauseLastsAsLongAsItShouldAndEndsWithItsContext(t *testing.T) {
	for name, c := range map[string]struct {
		pause, cancel, want time.Duration // cancel 0 is never
		err                 error
	}{
		"whole":                 {time.Minute, 0, time.Minute, nil},
		"cut short":             {time.Minute, time.Second, time.Second, context.Canceled},
		"nothing":               {0, 0, 0, nil},
		"less than nothing":     {-time.Second, 0, 0, nil},
		"nothing, but done too": {0, -1, 0, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				switch {
				case c.cancel < 0:
					cancel()
				case c.cancel > 0:
					time.AfterFunc(c.cancel, cancel)
				}
				began := time.Now()
				err := Pause(ctx, c.pause)
				if took := time.Since(began); took != c.want || !errors.Is(err, c.err) {
					t.Errorf("%v and %v, wanted %v and %v", took, err, c.want, c.err)
				}
			})
		})
	}
}
