package control

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

const (
	// brokerDialTimeout bounds the TCP connect with one address of the broker.
	brokerDialTimeout = 5 * time.Second
	// tunnelDialTimeout bounds the way through a tunnel: a proxy, the gateway's handshake, and what it has to ask its broker.
	tunnelDialTimeout = 20 * time.Second
	// callTimeout bounds a call that is answered at once.
	callTimeout = 15 * time.Second
)

// brokerConnection is a connection to the broker whose TLS handshake is done, with a gRPC client on top.
type brokerConnection struct {
	*grpc.ClientConn
	address string
	group   string
}

// dialWithin bounds the connect with one address.
func (b *Broker) dialWithin() time.Duration {
	if b.Tunnelled {
		return tunnelDialTimeout
	}
	return brokerDialTimeout
}

// dialBroker tries the broker's addresses in order, and gives the first that proves to be the broker. The TLS handshake is
// done here and not by gRPC, whose errors are text only: here it is known why an address failed, and explain says it.
func dialBroker(ctx context.Context, network machine.Network, within time.Duration, addresses []string, config *tls.Config) (*brokerConnection, error) {
	var failures []string
	var causes []error
	for _, address := range addresses {
		conn, err := dialOneBroker(ctx, network, within, address, config)
		if err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		causes = append(causes, err)
		failures = append(failures, explainDial(address, err))
	}
	return nil, &unreachableError{strings.Join(failures, "; "), errors.Join(causes...)}
}

// unreachableError says in words why no address of the broker could be used; the causes can still be asked for.
type unreachableError struct {
	words string
	cause error
}

func (e *unreachableError) Error() string { return "the broker cannot be reached: " + e.words }
func (e *unreachableError) Unwrap() error { return e.cause }

func dialOneBroker(ctx context.Context, network machine.Network, within time.Duration, address string, config *tls.Config) (*brokerConnection, error) {
	dialing, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	conn, err := network.DialBroker(dialing, address)
	if err != nil {
		return nil, err
	}
	shaking, cancel := context.WithTimeout(ctx, wire.HandshakeWithin)
	defer cancel()
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(shaking); err != nil {
		_ = conn.Close()
		return nil, err
	}
	client, err := wire.NewClient(secured)
	if err != nil {
		return nil, err
	}
	return &brokerConnection{ClientConn: client, address: address, group: secured.ConnectionState().CurveID.String()}, nil
}
