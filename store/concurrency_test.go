package store

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"lockwire/engine"
)

// countUp makes a change that puts one number in two places.
func countUp(tx engine.Transaction, n int) error {
	return errors.Join(
		tx.PutSettings(engine.Settings{LingerSeconds: n}),
		tx.PutPreferredNetworks(engine.PreferredNetworks{Mode: engine.PreferredMode(strconv.Itoa(n))}),
	)
}

// checkCounted checks that both places hold the same number.
func checkCounted(t *testing.T, s *Store) {
	t.Helper()
	set, err := s.RuleSet(context.Background())
	if err != nil {
		t.Error(err)
		return
	}
	mode := string(set.PreferredNetworks.Mode)
	if mode != strconv.Itoa(set.Settings.LingerSeconds) && mode != string(engine.PreferredOff) {
		t.Errorf("the settings say %d, the networks %s: two moments in one reading", set.Settings.LingerSeconds, mode)
	}
}

func TestReadersSeeOneMomentWhileWritersWork(t *testing.T) {
	s := openNew(t)
	ctx, stop := context.WithCancel(t.Context())
	var readers, writers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for ctx.Err() == nil {
				checkCounted(t, s)
			}
		})
	}
	const changes = 50
	for range 4 {
		writers.Go(func() {
			for range changes {
				if err := s.Write(ctx, func(tx engine.Transaction) error {
					// What is read in a change cannot be overtaken by another: no count is lost.
					set, err := tx.RuleSet(ctx)
					if err != nil {
						return err
					}
					return countUp(tx, set.Settings.LingerSeconds+1)
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
	if n := must[engine.RuleSet](t)(s.RuleSet(t.Context())).Settings.LingerSeconds; n != 4*changes {
		t.Errorf("%d changes are left of %d", n, 4*changes)
	}
}

func TestCloseWaitsForTheChangeUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := newFolder(t)
		s := openIn(t, folder)
		begun, proceed, written := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			written <- s.Write(t.Context(), func(tx engine.Transaction) error {
				close(begun)
				<-proceed
				return tx.PutValue("a", []byte("b"))
			})
		}()
		<-begun
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		synctest.Wait() // Close has come as far as it can
		if _, err := Open(t.Context(), folder, quiet); !errors.Is(err, engine.ErrFolderInUse) {
			t.Errorf("the folder is free while a change is under way: %v", err)
		}
		close(proceed)
		if err := errors.Join(<-written, <-closed); err != nil {
			t.Fatal(err)
		}
		again := openIn(t, folder)
		if value := must[[]byte](t)(again.Value(t.Context(), "a")); string(value) != "b" {
			t.Errorf("the value is %q", value)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
