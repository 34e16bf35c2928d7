package tunnel

import (
	"errors"
	"testing"

	"lockwire/engine"
)

func TestACutByKeyEndsAllOfItAndNothingElse(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	other, otherCertificate := s.tenant()
	session, theirs := Session(engine.NewID()), Session(engine.NewID())
	s.allow(certificate, Broker(), session)
	s.allow(otherCertificate, theirs)
	control, controlFar := s.connect(d, Broker())
	data, dataFar := s.connect(d, session)
	kept, keptFar := s.connect(other, theirs)
	s.disallow(certificate)
	s.gateway.CutKey(keyOf(certificate))
	breaks(t, "control", control)
	breaks(t, "control at the broker", controlFar)
	breaks(t, "data", data)
	breaks(t, "data at the target", dataFar)
	if _, err := d.Connect(t.Context(), session); !errors.Is(err, ErrRefused) {
		t.Errorf("a session of a key that was cut: %v", err)
	}
	send(t, kept, "still here")
	receive(t, keptFar, "still here")
}

// An answer that was on its way when the session was cut must not let anything through.
func TestAnAnswerOlderThanACutCountsForNothing(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session)
	s.mu.Lock()
	s.hold = make(chan struct{})
	s.mu.Unlock()
	result := make(chan error, 1)
	go func() {
		_, err := d.ConnectAt(t.Context(), s.tap.address, session)
		result <- err
	}()
	eventually(t, "the question", func() bool { return s.askedFor(session) == 1 })
	s.gateway.CutSession(session.Session)
	s.mu.Lock()
	close(s.hold)
	s.mu.Unlock()
	if err := <-result; err == nil {
		t.Error("it was let through")
	}
	if sessions, _ := s.gateway.holders.kept(); len(sessions) != 0 {
		t.Errorf("kept %v", sessions)
	}
}
