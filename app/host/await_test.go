package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFreeAddressesOfOneProcessDiffer(t *testing.T) {
	given := map[string]bool{}
	for range 50 {
		address, err := FreeAddress()
		if err != nil || given[address] {
			t.Fatalf("%q, %v, after %v", address, err, given)
		}
		given[address] = true
	}
}

func TestAwaitEndsWithWhatComesFirst(t *testing.T) {
	broken, interrupted := errors.New("broken"), errors.New("interrupted")
	for _, test := range []struct {
		name  string
		there func(asked int) (bool, error)
		stop  time.Duration // when the context ends; 0 is never
		want  error         // nil where it came
		says  string
		took  time.Duration
	}{
		{"it is there already", func(int) (bool, error) { return true, nil }, 0, nil, "", 0},
		{"it comes", func(asked int) (bool, error) { return asked == 4, nil }, 0, nil, "", 3 * askEvery},
		{"asking fails", func(asked int) (bool, error) { return false, map[int]error{3: broken}[asked] }, 0, broken, "broken", 2 * askEvery},
		{"it does not come", func(int) (bool, error) { return false, nil }, 0, nil, "the broker did not come within 1s", time.Second},
		{"the context ends", func(int) (bool, error) { return false, nil }, 50 * time.Millisecond, interrupted, "wait for the broker: interrupted", 50 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if test.stop > 0 {
					defer time.AfterFunc(test.stop, func() { cancel(interrupted) }).Stop()
				}
				asked, began := 0, time.Now()
				err := Await(ctx, time.Second, "the broker", func() (bool, error) { asked++; return test.there(asked) })
				switch {
				case (err == nil) != (test.says == ""), err != nil && !strings.Contains(err.Error(), test.says), test.want != nil && !errors.Is(err, test.want):
					t.Errorf("it ended with %v", err)
				case time.Since(began) != test.took:
					t.Errorf("it took %v", time.Since(began))
				}
			})
		})
	}
}
