package administration

import (
	"context"
	"errors"
	"testing"

	"lockwire/engine"
)

// lookedAt counts how often the end of the chain is read, with which each check begins.
type lookedAt struct {
	engine.Store
	times int
}

func (s *lookedAt) ChainHead(ctx context.Context) (engine.ChainLink, error) {
	s.times++
	return s.Store.ChainHead(ctx)
}

func TestTheReceiptsAreCheckedForOneAtATime(t *testing.T) {
	f := newFixture(t)
	store := &lookedAt{Store: f.Store}
	f.Store = store
	viewer := f.As("anna", engine.MayView)
	f.verifying <- struct{}{} // somebody has them checked
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := viewer.VerifyReceipts(ended); !errors.Is(err, context.Canceled) || store.times != 0 {
		t.Errorf("a second check runs beside the first: %v, %d", err, store.times)
	}
	<-f.verifying
	for range 2 { // the one before has ended
		if verdict, err := viewer.VerifyReceipts(t.Context()); err != nil || verdict.Checked.IsZero() {
			t.Error(verdict, err)
		}
	}
}
