package broker

import (
	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// takeKeyDestroyed takes an end's confirmation that no copy of a session's keys is left there.
func (b *Broker) takeKeyDestroyed(a *attachment, message *wire.KeyDestroyed) error {
	return b.eventFrom(a, message.GetSession(), session.Event{
		Kind: session.KeyDestroyed, At: wire.Time(message.GetWhen()), Erasure: erasure(message.GetProven()),
	})
}

func erasure(proven bool) engine.Erasure {
	if proven {
		return engine.ErasureProven
	}
	return engine.ErasureReleased
}
