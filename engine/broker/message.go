package broker

import (
	"context"
	"fmt"

	"lockwire/engine/wire"
)

// take carries out one message of an attached component; each kind has a file that is named for it. An error means that the
// message is not as the protocol says.
func (b *Broker) take(ctx context.Context, a *attachment, up *wire.Up) error {
	if a.tenant != "" && !fromTenant(up) {
		return nil
	}
	switch message := up.GetMessage().(type) {
	case *wire.Up_Hello:
		return fmt.Errorf("%w: a second hello", wire.ErrMalformed)
	case *wire.Up_Report:
		return b.takeReport(a, message.Report)
	case *wire.Up_OneTimeKeys:
		return b.takeOneTimeKeys(a, message.OneTimeKeys)
	case *wire.Up_SessionRequest:
		return b.takeSessionRequest(ctx, a, message.SessionRequest)
	case *wire.Up_OfferAnswer:
		return b.takeOfferAnswer(a, message.OfferAnswer)
	case *wire.Up_Stats:
		return b.takeStats(a, message.Stats)
	case *wire.Up_KeyDestroyed:
		return b.takeKeyDestroyed(a, message.KeyDestroyed)
	case *wire.Up_SessionEnded:
		return b.takeSessionEnded(a, message.SessionEnded)
	case *wire.Up_ListenerStates:
		return b.takeListenerStates(a, message.ListenerStates)
	case *wire.Up_ProbeResult:
		return b.takeProbeResult(a, message.ProbeResult)
	case *wire.Up_LeasesInForce:
		return b.takeLeasesInForce(a, message.LeasesInForce)
	case *wire.Up_ProviderKey:
		return b.takeProviderKey(a, message.ProviderKey)
	case *wire.Up_TransferResult:
		return b.takeTransferResult(a, message.TransferResult)
	case *wire.Up_TunnelAsk:
		return b.takeTunnelAsk(a, message.TunnelAsk)
	}
	return nil // a message of a newer agent, which this broker does not know
}
