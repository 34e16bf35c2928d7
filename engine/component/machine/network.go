package machine

import (
	"context"
	"net"

	"lockwire/engine/network"
)

// Network is where a component listens and dials. Connections of flows reset their peer when the process dies, from their
// first moment on.
type Network interface {
	// Listen listens on an address of the form ADDR:PORT.
	Listen(ctx context.Context, address string) (net.Listener, error)
	// Dial connects to ADDR:PORT for a flow, and DialBroker to HOST:PORT for the control stream or a tunnel, through a proxy where one is
	// set.
	Dial(ctx context.Context, address string) (net.Conn, error)
	DialBroker(ctx context.Context, address string) (net.Conn, error)
	Resolver
}

// SystemNetwork is the machine's network.
type SystemNetwork struct {
	net.Resolver
	// Proxy leads to brokers and gateways; nil is a direct way.
	Proxy *network.Proxy
}

// Listen implements Network.
func (*SystemNetwork) Listen(ctx context.Context, address string) (net.Listener, error) {
	return network.Listen(ctx, address)
}

// Dial implements Network.
func (*SystemNetwork) Dial(ctx context.Context, address string) (net.Conn, error) {
	return network.Dial(ctx, address)
}

// DialBroker implements Network.
func (n *SystemNetwork) DialBroker(ctx context.Context, address string) (net.Conn, error) {
	return n.Proxy.Dial(ctx, address, func(ctx context.Context, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	})
}
