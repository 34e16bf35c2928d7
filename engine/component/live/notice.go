package live

import (
	"errors"
	"sync/atomic"

	"lockwire/engine/component/machine"
	"lockwire/engine/pump"
	"lockwire/engine/wire"
)

// Notice is what a service provider says holds for all sessions there.
type Notice struct{ restoresOnly atomic.Pointer[string] }

// Take keeps what the provider's broker says. It is a stranger's word, so that it is shortened.
func (n *Notice) Take(message *wire.RestoresOnly) {
	if !message.GetRestoresOnly() {
		n.restoresOnly.Store(nil)
		return
	}
	reason := machine.Sentence(message.GetReason())
	n.restoresOnly.Store(&reason)
}

// RestoresOnly is why the provider lets through restores only; empty where it takes backups, too.
func (s *Session) RestoresOnly() string {
	if reason := s.config.Notice.restoresOnly.Load(); reason != nil {
		return *reason
	}
	return ""
}

// noteStopped notes why the provider has probably ended a flow. s.mu is held.
func (s *Session) noteStopped(err error) {
	if reason := s.RestoresOnly(); reason != "" && err != nil && !errors.Is(err, pump.ErrCancelled) {
		s.stopped = "a connection was reset while the service provider let restores through only: " + reason
	}
}
