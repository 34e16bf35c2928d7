package live

import (
	"log/slog"
	"testing"

	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// keyStream is a control stream that keeps the one-time keys that are sent over it.
type keyStream struct {
	generation uint64
	sent       []*wire.OneTimeKeys
}

func (s *keyStream) Send(message *wire.Up) { s.sent = append(s.sent, message.GetOneTimeKeys()) }
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
	keys.Refill(old)
	keys.Refill(present)
	if len(old.sent) != 0 || len(present.sent) != 1 || len(present.sent[0].GetKeys()) != used || present.sent[0].GetGeneration() != present.generation {
		t.Errorf("over the old stream %v, over the present one %v", old.sent, present.sent)
	}
}
