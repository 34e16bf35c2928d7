package providers

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

const (
	// dialWithin bounds the way through one gateway: TCP, the tunnel's handshake and its answer.
	dialWithin = 15 * time.Second
	// callWithin bounds a call that is answered at once.
	callWithin = 15 * time.Second
)

// link is a connection to a provider's broker whose TLS handshake is done, within the tunnel, with a gRPC client on top.
type link struct {
	*grpc.ClientConn
	tenancy wire.TenancyClient
	gateway string
	// key is the one that was proven.
	key engine.KeyID
}

// dial tries a provider's gateways in order.
func (c *connection) dial(ctx context.Context) (*link, error) {
	verifier := identity.NewVerifier(c.directory.Roots, c.keeper.config.Now)
	key := c.directory.KeyID()
	as := Credentials{Installation: c.known().ID, Roots: c.directory.Roots, Certificate: c.directory.Certificate}
	return dialBroker(ctx, c.keeper.config.Dial, c.gateways(), as, identity.ClientConfig(verifier, c.directory.Certificate), key)
}

// dialBroker connects to a provider's broker through the first of its gateways that leads there. The error says of each why not.
func dialBroker(ctx context.Context, dial Dial, gateways []string, as Credentials, config *tls.Config, key engine.KeyID) (*link, error) {
	var failures []string
	var causes []error
	for _, gateway := range gateways {
		l, err := dialThrough(ctx, dial, gateway, as, config, key)
		if err == nil {
			return l, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		causes = append(causes, err)
		failures = append(failures, fmt.Sprintf("through gateway %s: %v", gateway, err))
	}
	return nil, &unreachable{"its broker cannot be reached " + strings.Join(failures, "; "), errors.Join(causes...)}
}

// unreachable says in words why no gateway led to the provider's broker.
type unreachable struct {
	words string
	cause error
}

func (e *unreachable) Error() string { return e.words }
func (e *unreachable) Unwrap() error { return e.cause }

func dialThrough(ctx context.Context, dial Dial, gateway string, as Credentials, config *tls.Config, key engine.KeyID) (*link, error) {
	dialing, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	conn, err := dial(dialing, gateway, as)
	if err != nil {
		return nil, err
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(dialing); err != nil {
		_ = conn.Close()
		return nil, err
	}
	client, err := wire.NewClient(secured)
	if err != nil {
		return nil, err
	}
	return &link{ClientConn: client, tenancy: wire.NewTenancyClient(client), gateway: gateway, key: key}, nil
}
