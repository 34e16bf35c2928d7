package tunnel

import (
	"testing"

	"lockwire/engine"
)

func TestAReviewEndsWhatTheBrokerDoesNotAllowAnyMore(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	over, on := Session(engine.NewID()), Session(engine.NewID())
	s.allow(certificate, over, on, Broker())
	near, far := s.connect(d, over)
	kept, keptFar := s.connect(d, on)
	s.disallow(certificate)
	s.allow(certificate, on, Broker())
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	breaks(t, "what is over", near)
	breaks(t, "what is over, at the target", far)
	send(t, kept, "still here")
	receive(t, keptFar, "still here")
	s.disallow(certificate)
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	breaks(t, "of a key that is gone", kept)
}

// A component renews its key while a session runs: the broker knows the old key no more, and lets the session go on.
func TestAReviewLeavesTheSessionsOfAKeyThatWasRenewed(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	running := Session(engine.NewID())
	s.allow(certificate, running, Broker())
	near, far := s.connect(d, running)
	control, _ := s.connect(d, Broker())
	s.disallow(certificate)
	s.allow(certificate, running)
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	breaks(t, "the old key's connection with the broker", control)
	send(t, near, "still here")
	receive(t, far, "still here")
	joined, joinedFar := s.connect(d, running)
	send(t, joined, "and one more")
	receive(t, joinedFar, "and one more")
	s.disallow(certificate)
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	breaks(t, "of a session that is over", near)
}

// Once the last connection of such a key is over nothing is known here of whose it is: the broker is asked, as for a key that comes first.
func TestAKeyThatWasRenewedComesBackToItsSession(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	running := Session(engine.NewID())
	s.allow(certificate, running)
	near, _ := s.connect(d, running)
	if err := s.gateway.Review(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Close() // with what it keeps ready
	near.NetConn().Close()
	eventually(t, "nothing is left of the key", func() bool {
		s.gateway.holders.mu.Lock()
		defer s.gateway.holders.mu.Unlock()
		return len(s.gateway.holders.byKey) == 0
	})
	asked := s.askedFor(running)
	again, far := s.connect(s.dialer(s.clientTLS(certificate)), running)
	send(t, again, "back")
	receive(t, far, "back")
	if got := s.askedFor(running); got != asked+1 {
		t.Errorf("the broker was asked %d times", got-asked)
	}
}
