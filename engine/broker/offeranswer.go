package broker

import (
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// takeOfferAnswer takes an end's answer to its offer.
func (b *Broker) takeOfferAnswer(a *attachment, message *wire.OfferAnswer) error {
	event := session.Event{Kind: session.EndReady}
	if !message.GetReady() {
		event = session.Event{Kind: session.EndRefused, Reason: reasonText(message.GetReason())}
	}
	return b.eventFrom(a, message.GetSession(), event)
}
