package component

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"lockwire/engine"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/network"
	"lockwire/engine/tunnel"
)

// tunnelWay is the way through a provider's gateways. The provider's broker learns of a renewed key when that attaches, so until then
// sessions show the key before it.
type tunnelWay struct{ broker, sessions *tunnel.Dialer }

func newTunnelWay(directory *identity.Directory, clock machine.Clock, by machine.Network) way {
	verifier := identity.NewVerifier(directory.Roots, clock.Now)
	dialer := func(certificate func() (*tls.Certificate, error)) *tunnel.Dialer {
		return tunnel.NewDialer(tunnel.DialerConfig{
			TLS:      identity.TunnelConfig(verifier, certificate),
			Gateways: func() []string { return directory.Attachment().Brokers },
			Dial:     by.DialBroker,
		})
	}
	return &tunnelWay{broker: dialer(directory.Certificate), sessions: dialer(func() (*tls.Certificate, error) {
		if previous := directory.Previous(); previous != nil {
			return previous, nil
		}
		return directory.Certificate()
	})}
}

// Broker implements way, as do the following.
func (w *tunnelWay) Broker(ctx context.Context, gateway string) (net.Conn, error) {
	conn, err := w.broker.ConnectAt(ctx, gateway, tunnel.Broker())
	if err != nil {
		return nil, explainGateway(err)
	}
	return conn, nil
}

func (w *tunnelWay) Session(ctx context.Context, session engine.ID) (net.Conn, error) {
	conn, err := w.sessions.Connect(ctx, tunnel.Session(session))
	switch {
	case errors.Is(err, tunnel.ErrRefused):
		return nil, fmt.Errorf("%w: %w", live.ErrTunnel, err)
	case err != nil:
		return nil, err
	}
	return conn, nil
}

func (w *tunnelWay) Close() {
	w.broker.Close()
	w.sessions.Close()
}

// explainGateway says in words why a gateway does not lead to its broker. Who explains why a broker cannot be reached adds nothing to it.
func explainGateway(err error) error {
	switch {
	case errors.Is(err, tunnel.ErrRefused):
		return errors.New("the gateway does not let this machine through; its certificate there may have been revoked")
	case errors.Is(err, identity.ErrOtherInstallation), errors.Is(err, identity.ErrUntrusted), errors.Is(err, identity.ErrMalformed), errors.Is(err, identity.ErrNotGateway), errors.Is(err, identity.ErrNoCertificate):
		return fmt.Errorf("what answers there is not the service provider's gateway: %v", err)
	case errors.Is(err, network.ConnectionRefused):
		return errors.New("nothing listens there; ask the service provider whether its gateway runs")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, network.ConnectionTimedOut):
		return errors.New("the gateway does not answer; a firewall may drop its port")
	}
	return fmt.Errorf("%v", err)
}
