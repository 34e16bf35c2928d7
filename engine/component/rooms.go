package component

import (
	"lockwire/engine"
	"lockwire/engine/component/control"
	"lockwire/engine/component/gateway"
	"lockwire/engine/component/live"
	"lockwire/engine/wire"
)

// rooms is an attachment as its control stream reaches it. It implements control.Rooms.
type rooms attachment

// Hello implements control.Rooms, as do the following.
func (r *rooms) Hello(hello *wire.Hello) (err error) {
	r.routes.StartAnew()
	hello.Sessions = r.sessions.Hello()
	hello.Providers = r.providers.installations()
	hello.OneTimeKeys, err = r.keys.Renew()
	return err
}

func (r *rooms) Welcomed(hello *wire.Hello, welcome *wire.Welcome) {
	r.sessions.Reattach(hello.GetSessions(), welcome.GetAdopted())
	r.routes.Tell()
	r.gateway.Welcomed(engine.Role(welcome.GetRole()))
}

func (r *rooms) Take(s *control.Stream, down *wire.Down) error {
	switch message := down.GetMessage().(type) {
	case *wire.Down_Routes:
		return r.routes.Replace(message.Routes.GetRoutes())
	case *wire.Down_TunnelAnswer:
		return r.gateway.Answer(message.TunnelAnswer)
	case *wire.Down_TunnelCut:
		return r.gateway.Cut(message.TunnelCut)
	case *wire.Down_GatewayLine:
		r.gateway.Line(message.GatewayLine)
	case *wire.Down_Offer:
		return r.offers.Take(s, message.Offer)
	case *wire.Down_OfferCancelled:
		r.providers.giveUp(message.OfferCancelled.GetSession(), message.OfferCancelled.GetReason())
		return r.offers.Cancel(message.OfferCancelled)
	case *wire.Down_SessionRefused:
		r.requests.Refuse(message.SessionRefused)
	case *wire.Down_Cut:
		r.providers.giveUp(message.Cut.GetSession(), message.Cut.GetReason())
		return r.sessions.Cut(message.Cut)
	case *wire.Down_RestoresOnly:
		return r.intakes.Take(message.RestoresOnly)
	case *wire.Down_Allotments:
		return r.sessions.Allot(s, message.Allotments)
	case *wire.Down_EndedAcknowledged:
		return r.sessions.Acknowledge(message.EndedAcknowledged)
	case *wire.Down_JoinProvider:
		return r.providers.join(s, message.JoinProvider)
	case *wire.Down_ProviderCertificate:
		return r.providers.certified(s, message.ProviderCertificate)
	case *wire.Down_LeaveProvider:
		return r.providers.leave(message.LeaveProvider)
	case *wire.Down_ProviderSession:
		return r.providers.ask(s, message.ProviderSession)
	case *wire.Down_Probe:
		r.probes.Take(s, message.Probe)
	case *wire.Down_Transfer:
		r.transfers.Take(s, message.Transfer)
	case *wire.Down_DrainOrder:
		return (*attachment)(r).takeDrainOrder(message.DrainOrder)
	case *wire.Down_Calibrate:
		r.c.calibrator.Order()
	}
	return nil // a newer broker may say what this agent does not know
}

func (r *rooms) Detached() {
	r.requests.FailAll()
	r.keys.DropAll() // the broker forgets the public halves with the stream
}

func (r *rooms) Changed() { r.c.tellNews() }

// brokerOfSessions is a broker as sessions and routes reach it.
type brokerOfSessions struct{ broker *control.Broker }

// Stream implements live.Broker, as does Problem.
func (b brokerOfSessions) Stream() (live.Stream, <-chan struct{}) {
	stream, changed := b.broker.Stream()
	if stream == nil {
		return nil, changed // no interface that holds nil
	}
	return stream, changed
}

func (b brokerOfSessions) Problem() string { return b.broker.Presence().Problem }

// brokerOfGateway is a broker as the gateway reaches it.
type brokerOfGateway struct{ broker *control.Broker }

// Stream implements gateway.Broker.
func (b brokerOfGateway) Stream() gateway.Stream {
	stream, _ := b.broker.Stream()
	if stream == nil {
		return nil // no interface that holds nil
	}
	return stream
}
