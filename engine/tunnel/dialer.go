package tunnel

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"lockwire/engine/network"
)

var (
	// ErrRefused: the gateway did not let the connection through. It gives no reason.
	ErrRefused = errors.New("the provider's gateway does not let this connection through")
	// ErrUnreachable: no gateway could be reached, or none proved to be the provider's.
	ErrUnreachable = errors.New("the provider's gateway cannot be reached")
)

const (
	// dialGatewayWithin is how long the connect with one gateway may take, proxy included; shakeWithin how long then TLS, and
	// answerWithin the gateway's answer, for which it asks its broker and dials.
	dialGatewayWithin = 10 * time.Second
	shakeWithin       = 10 * time.Second
	answerWithin      = 15 * time.Second
)

// DialerConfig is what a Dialer is made from.
type DialerConfig struct {
	// TLS is identity.TunnelConfig, or identity.TunnelPinConfig.
	TLS *tls.Config
	// Gateways gives HOST:PORT of the provider's gateways, in the order to try them.
	Gateways func() []string
	// Dial connects to HOST:PORT, through a proxy where one is set.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// Dialer leads connections through a provider's gateways. It is safe for concurrent use.
type Dialer struct {
	config DialerConfig
	ready  *ready

	mu   sync.Mutex
	last string // the gateway that answered last
}

// NewDialer makes a dialer.
func NewDialer(config DialerConfig) *Dialer {
	d := &Dialer{config: config}
	d.ready = newReady(d.prove)
	return d
}

// Close drops the connections that are kept ready. Connections that were given go on.
func (d *Dialer) Close() { d.ready.close() }

// Connect gives a connection that a gateway has let through to a destination. It begins with the gateway that answered last.
// Its error is ErrRefused where one refused it and none let it through, else ErrUnreachable, which says why for each gateway.
func (d *Dialer) Connect(ctx context.Context, to Destination) (*Conn, error) {
	gateways := slices.Clone(d.config.Gateways())
	d.mu.Lock()
	last := d.last
	d.mu.Unlock()
	if i := slices.Index(gateways, last); i > 0 {
		gateways = append([]string{last}, slices.Delete(gateways, i, i+1)...)
	}
	var refused bool
	var failures []error
	for _, gateway := range gateways {
		conn, err := d.connectKept(ctx, gateway, to)
		switch {
		case err == nil:
			d.mu.Lock()
			d.last = gateway
			d.mu.Unlock()
			return conn, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		}
		refused = refused || errors.Is(err, ErrRefused)
		failures = append(failures, fmt.Errorf("%s: %w", gateway, err))
	}
	switch {
	case refused:
		return nil, fmt.Errorf("reach %v: %w", to, ErrRefused)
	case len(failures) == 0:
		return nil, fmt.Errorf("%w: none is known", ErrUnreachable)
	}
	return nil, fmt.Errorf("%w: %w", ErrUnreachable, errors.Join(failures...))
}

// connectKept uses a connection that was kept ready, where one is. The gateway may have closed it, so that its failure counts for nothing:
// only the answer of a gateway lets anything be carried.
func (d *Dialer) connectKept(ctx context.Context, gateway string, to Destination) (*Conn, error) {
	if to.Kind == ToSession {
		defer d.ready.used(gateway)
		for {
			kept := d.ready.take(gateway)
			if kept == nil {
				break
			}
			if !d.isCurrent(kept) {
				kept.drop()
				continue
			}
			if conn, err := ask(ctx, kept, gateway, to); err == nil || errors.Is(err, ErrRefused) {
				return conn, err
			}
		}
	}
	return d.ConnectAt(ctx, gateway, to)
}

// ConnectAt gives a connection that one gateway has let through to a destination.
func (d *Dialer) ConnectAt(ctx context.Context, gateway string, to Destination) (*Conn, error) {
	proven, err := d.prove(ctx, gateway)
	if err != nil {
		return nil, err
	}
	return ask(ctx, proven, gateway, to)
}

// proven is a connection with a gateway that has proved to be the provider's.
type proven struct {
	*tls.Conn
	tcp   net.Conn
	shown []byte // the certificate that it showed, in DER
}

// drop resets a connection that nothing was carried on.
func (p *proven) drop() { reset(p.tcp) }

// prove dials a gateway and runs the handshake.
func (d *Dialer) prove(ctx context.Context, gateway string) (*proven, error) {
	dialing, cancel := context.WithTimeout(ctx, dialGatewayWithin)
	defer cancel()
	tcp, err := d.config.Dial(dialing, gateway)
	if err != nil {
		return nil, err
	}
	shaking, cancel := context.WithTimeout(ctx, shakeWithin)
	defer cancel()
	network.SetReset(tcp)
	config := d.config.TLS.Clone()
	var shown []byte
	config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		certificate, err := d.config.TLS.GetClientCertificate(info)
		shown = leafOf(certificate)
		return certificate, err
	}
	secured := tls.Client(&below{tcp}, config)
	if err := secured.HandshakeContext(shaking); err != nil {
		reset(tcp)
		return nil, err
	}
	return &proven{secured, tcp, shown}, nil
}

// isCurrent tells whether a connection showed the certificate that would be shown now.
func (d *Dialer) isCurrent(kept *proven) bool {
	certificate, err := d.config.TLS.GetClientCertificate(&tls.CertificateRequestInfo{})
	return err == nil && bytes.Equal(kept.shown, leafOf(certificate))
}

// leafOf gives the certificate that is shown, in DER; nil where there is none.
func leafOf(certificate *tls.Certificate) []byte {
	if certificate == nil || len(certificate.Certificate) == 0 {
		return nil
	}
	return certificate.Certificate[0]
}

// ask says where a connection is to go, and waits for the answer. It takes the connection over.
func ask(ctx context.Context, to *proven, gateway string, destination Destination) (*Conn, error) {
	hello, err := destination.marshal()
	if err != nil {
		to.drop()
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, to.drop)
	var answer [1]byte
	if _, err = to.Write(hello); err == nil {
		_, err = io.ReadFull(to, answer[:])
	}
	switch {
	case !stop():
		return nil, fmt.Errorf("wait for the gateway's answer: %w", context.Cause(ctx))
	case err != nil:
		to.drop()
		return nil, fmt.Errorf("ask the gateway: %w", err)
	case answer[0] == answerThrough:
		network.SetOrderly(to.tcp)
		return &Conn{Conn: to.Conn, tcp: to.tcp, gateway: gateway}, nil
	}
	to.drop()
	if answer[0] != answerRefused {
		return nil, fmt.Errorf("the gateway answers %d, which this version does not know: update it", answer[0])
	}
	return nil, ErrRefused
}
