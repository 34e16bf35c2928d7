package live

import (
	"errors"
	"sync/atomic"
	"time"

	"lockwire/engine/component/machine"
	"lockwire/engine/pump"
	"lockwire/engine/wire"
)

// Notice is what a service provider says holds for all sessions there.
type Notice struct{ restoresOnly atomic.Pointer[notice] }

// notice is why only restores go through, and since when that is known here.
type notice struct {
	reason string
	since  time.Time
}

// noticeLate is by how much what a provider says may come after what it does: both go over connections of their own.
const noticeLate = 10 * time.Second

// Take keeps what the provider's broker says. It is a stranger's word, so that it is shortened.
func (n *Notice) Take(message *wire.RestoresOnly, now time.Time) {
	if !message.GetRestoresOnly() {
		n.restoresOnly.Store(nil)
		return
	}
	said := &notice{machine.Sentence(message.GetReason()), now}
	if before := n.restoresOnly.Load(); before != nil {
		said.since = before.since
	}
	n.restoresOnly.Store(said)
}

// RestoresOnly is why the provider lets through restores only; empty where it takes backups, too.
func (s *Session) RestoresOnly() string {
	if said := s.config.Notice.restoresOnly.Load(); said != nil {
		return said.reason
	}
	return ""
}

// noteBroken notes that a flow broke, and why if the provider has probably ended it. s.mu is held.
func (s *Session) noteBroken(err error) {
	if err != nil && !errors.Is(err, pump.ErrCancelled) {
		s.broken = s.config.Clock.Now()
		s.noteStopped()
	}
}

// noteStopped notes why the provider has probably ended a flow that broke. s.mu is held.
func (s *Session) noteStopped() {
	if said := s.config.Notice.restoresOnly.Load(); said != nil && !s.broken.IsZero() && said.since.Sub(s.broken) < noticeLate {
		s.stopped = "a connection was reset while the service provider let restores through only: " + said.reason
	}
}
