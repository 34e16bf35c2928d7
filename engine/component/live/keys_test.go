package live

import (
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/component/machine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// keyStream is a control stream that keeps the one-time keys that are sent over it.
type keyStream struct {
	generation uint64

	mu   sync.Mutex
	sent []*wire.OneTimeKeys
}

func (s *keyStream) Send(message *wire.Up) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, message.GetOneTimeKeys())
}

// take gives what was sent since the last call.
func (s *keyStream) take() (sent []*wire.OneTimeKeys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent, s.sent = s.sent, nil
	return sent
}

func (s *keyStream) Done() <-chan struct{} { return nil }
func (s *keyStream) Generation() uint64    { return s.generation }

// An offer may be answered after the stream on which it came is over, and what it used is made up for then. Keys that are made
// for that stream reach no broker: they would stand for ones that it has of the next stream, until it had none and no session could begin.
func TestRefillThatCrossesAReconnectMakesNoKeysThatTheBrokerHasNot(t *testing.T) {
	keys := NewKeys(slog.New(slog.DiscardHandler))
	defer keys.DropAll()
	renew := func() (*keyStream, *wire.OneTimeKeys) {
		message, err := keys.Renew()
		if err != nil {
			t.Fatal(err)
		}
		return &keyStream{generation: message.GetGeneration()}, message
	}
	old, _ := renew()
	present, hello := renew()
	if len(hello.GetKeys()) != oneTimeAhead || present.generation <= old.generation {
		t.Fatalf("%d keys of generation %d after %d", len(hello.GetKeys()), present.generation, old.generation)
	}
	const used = oneTimeAhead - oneTimeRefill + 1
	for _, key := range hello.GetKeys()[:used] {
		keys.drop(session.OneTimeID(key.GetId())) // as opening an offer does
	}
	keys.Refill(old, oneTimeRefill)
	keys.Refill(present, oneTimeRefill)
	overOld, overPresent := old.take(), present.take()
	if len(overOld) != 0 || len(overPresent) != 1 || len(overPresent[0].GetKeys()) != used || overPresent[0].GetGeneration() != present.generation {
		t.Errorf("over the old stream %v, over the present one %v", overOld, overPresent)
	}
}

// A session that has just begun needs the processor itself: keys are made up for after it, but at once where the next sessions would
// find none.
func TestKeysAreMadeAtOnceOnlyWhereFewAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := NewKeys(slog.New(slog.DiscardHandler))
		defer keys.DropAll()
		hello, err := keys.Renew()
		if err != nil {
			t.Fatal(err)
		}
		work := NewWork()
		defer work.Finish(ErrStopped)
		offers := NewOffers(&Config{Host: &Host{Work: work, Clock: machine.SystemClock{}}}, keys, nil, nil)
		stream := &keyStream{generation: hello.GetGeneration()}
		held := hello.GetKeys()
		use := func(n int) {
			for _, key := range held[:n] {
				keys.drop(session.OneTimeID(key.GetId()))
				offers.refill(stream)
			}
			held = held[n:]
		}
		take := func() (sent int) {
			for _, message := range stream.take() {
				sent += len(message.GetKeys())
				held = append(held, message.GetKeys()...)
			}
			return sent
		}
		use(oneTimeAhead - oneTimeUrgent)
		if made := take(); made != 0 {
			t.Errorf("%d keys are made while the sessions begin", made)
		}
		time.Sleep(refillAfter)
		synctest.Wait()
		if made := take(); made != oneTimeAhead-oneTimeUrgent {
			t.Errorf("%d keys are made later", made)
		}
		use(oneTimeAhead - oneTimeUrgent + 1)
		if made := take(); made != oneTimeAhead-oneTimeUrgent+1 {
			t.Errorf("where few are left, %d are made at once", made)
		}
	})
}
