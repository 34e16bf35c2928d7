package providers

import (
	"context"
	"net"
	"time"

	"lockwire/engine/identity"
	"lockwire/engine/network"
	"lockwire/engine/tunnel"
)

// Tunnel gives the Dial that leads through the tunnel to a gateway, and through the proxy where one is meant for it; nil is none. Now is the
// clock that certificates go by.
func Tunnel(now func() time.Time, proxy *network.Proxy) Dial {
	direct := func(ctx context.Context, address string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	dial := func(ctx context.Context, address string) (net.Conn, error) { return proxy.Dial(ctx, address, direct) }
	return func(ctx context.Context, gateway string, as Credentials) (net.Conn, error) {
		config := tunnel.DialerConfig{Gateways: func() []string { return []string{gateway} }, Dial: dial}
		if as.Roots != nil {
			config.TLS = identity.TunnelConfig(identity.NewVerifier(as.Roots, now), as.Certificate)
		} else {
			config.TLS = identity.TunnelPinConfig(as.Installation, as.Pin, now, as.Certificate)
		}
		dialer := tunnel.NewDialer(config)
		defer dialer.Close()
		conn, err := dialer.ConnectAt(ctx, gateway, tunnel.Broker())
		if err != nil {
			return nil, err
		}
		return conn, nil
	}
}
