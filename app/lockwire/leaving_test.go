package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestAWindowLibraryThatDoesNotLeaveKeepsNoConsoleRunning(t *testing.T) {
	for name, test := range map[string]struct {
		leaves time.Duration // after the console's end; 0 for never
		stuck  bool
	}{
		"at once": {time.Millisecond, false},
		"slowly":  {leaveWithin - time.Second, false},
		"never":   {0, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				stuck := make(chan struct{})
				l := watchLeaving(ctx, func() { close(stuck) })
				time.Sleep(time.Hour) // while the console runs nothing is stuck
				end()
				if test.leaves > 0 {
					time.Sleep(test.leaves)
					l.done()
				}
				time.Sleep(2 * leaveWithin)
				synctest.Wait()
				select {
				case <-stuck:
					if !test.stuck {
						t.Error("it is taken to be stuck")
					}
				default:
					if test.stuck {
						t.Error("it waits for ever")
					}
				}
			})
		})
	}
}

func TestTheWindowLibraryIsToldToQuitOnlyWhereItDoesNotByItself(t *testing.T) {
	for name, leaves := range map[string]bool{"it leaves of itself": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &leaving{left: make(chan struct{})}
				told := false
				if leaves {
					time.AfterFunc(quitWithin/2, l.done)
				}
				l.otherwiseQuit(func() {
					told = true
					panic("the library has ended meanwhile")
				})
				if told == leaves {
					t.Errorf("told: %v", told)
				}
			})
		})
	}
}
