package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

const (
	// handshakeWithin is how long a connection may take to become a TLS one.
	handshakeWithin = 10 * time.Second
	// Handshakes under way at once: in all, and from one address (networkOf), so that a stranger who opens connections and
	// says nothing keeps nobody else out.
	maximumHandshakes           = 512
	maximumHandshakesPerAddress = 64
	// The same for the connections of callers without an acceptable certificate; each lives newcomerAge at most.
	maximumNewcomers           = 256
	maximumNewcomersPerAddress = 64
	newcomerAge                = 30 * time.Second
	// maximumJoinMessage is the largest message that is read from such a caller: a token's secret and a certificate request.
	maximumJoinMessage = 16 << 10
)

// lane is the listener of one of the three gRPC servers: the front puts connections into it.
type lane struct {
	server  *grpc.Server
	arrived chan net.Conn
	done    chan struct{}
	close   sync.Once
	address net.Addr
}

func newLane(server *grpc.Server, address net.Addr) *lane {
	return &lane{server: server, arrived: make(chan net.Conn), done: make(chan struct{}), address: address}
}

func (l *lane) Accept() (net.Conn, error) {
	select {
	case connection := <-l.arrived:
		return connection, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *lane) Close() error   { l.close.Do(func() { close(l.done) }); return nil }
func (l *lane) Addr() net.Addr { return l.address }

// take hands a connection over; it is closed where the server has stopped.
func (l *lane) take(connection net.Conn) {
	select {
	case l.arrived <- connection:
	case <-l.done:
		connection.Close()
	}
}

// front takes the connections of port 6170, does the TLS handshake and hands each to the server for its kind of caller.
// All three offer the same services under the same table of access; they differ in what they read from whom.
type front struct {
	config                                *tls.Config
	verifier                              *identity.Verifier
	newcomers, components, administrators *lane

	handshakes *places
	strangers  *places // connections in the lane of newcomers
	running    sync.WaitGroup
}

func (b *Broker) newFront(address net.Addr) (*front, error) {
	f := &front{
		config: identity.BrokerServerConfig(b.certificate), verifier: b.verifier,
		handshakes: newPlaces(maximumHandshakes, maximumHandshakesPerAddress),
		strangers:  newPlaces(maximumNewcomers, maximumNewcomersPerAddress),
	}
	common := []grpc.ServerOption{
		grpc.Creds(handshaken{}),
		grpc.ChainUnaryInterceptor(b.admitUnary),
		grpc.ChainStreamInterceptor(b.admitStream),
		grpc.MaxHeaderListSize(16 << 10),
		grpc.ConnectionTimeout(handshakeWithin), // for HTTP/2's own first words
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: wire.KeepAlive / 4, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	}
	alive := keepalive.ServerParameters{Time: wire.KeepAlive, Timeout: wire.Silence - wire.KeepAlive}
	server := func(maximumMessage int, streams uint32, alive keepalive.ServerParameters, more ...grpc.ServerOption) (*lane, error) {
		options := append(append(common[:len(common):len(common)], grpc.MaxRecvMsgSize(maximumMessage), grpc.MaxConcurrentStreams(streams), grpc.KeepaliveParams(alive)), more...)
		s := grpc.NewServer(options...)
		wire.RegisterEnrolmentServer(s, enrolment{broker: b})
		wire.RegisterAttachmentServer(s, attachments{broker: b})
		if b.config.Register != nil {
			b.config.Register(s)
		}
		return newLane(s, address), b.checkAccess(s)
	}
	brief := keepalive.ServerParameters{MaxConnectionAge: newcomerAge, MaxConnectionAgeGrace: time.Second, MaxConnectionIdle: handshakeWithin}
	// Ten thousand attached components should not hold ten thousand large buffers.
	small := []grpc.ServerOption{grpc.ReadBufferSize(4 << 10), grpc.WriteBufferSize(4 << 10)}
	var wrong [3]error
	f.newcomers, wrong[0] = server(maximumJoinMessage, 2, brief, small...)
	f.components, wrong[1] = server(wire.MaximumMessage, 8, alive, small...)
	f.administrators, wrong[2] = server(wire.MaximumDocument+1024, 64, alive)
	return f, errors.Join(wrong[:]...)
}

// checkAccess makes sure that no method was registered without saying who may call it.
func (b *Broker) checkAccess(server *grpc.Server) error {
	for service, info := range server.GetServiceInfo() {
		for _, method := range info.Methods {
			if name := "/" + service + "/" + method.Name; b.access[name] == 0 {
				return fmt.Errorf("nobody said who may call %s", name)
			}
		}
	}
	return nil
}

// lanes are all three.
func (f *front) lanes() []*lane { return []*lane{f.newcomers, f.components, f.administrators} }

// accept takes connections until the listener is closed.
func (f *front) accept(ctx context.Context, listener net.Listener) error {
	defer f.running.Wait()
	var pause time.Duration
	for {
		connection, err := listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
				return nil
			}
			// Too many open files pass; whoever waits is served then.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			select {
			case <-time.After(pause):
				continue
			case <-ctx.Done():
				return nil
			}
		}
		pause = 0
		from := addressOf(connection.RemoteAddr()).Addr()
		leave := f.handshakes.take(from)
		if leave == nil {
			connection.Close()
			continue
		}
		f.running.Go(func() {
			defer leave()
			f.handshake(ctx, connection, from)
		})
	}
}

func (f *front) handshake(ctx context.Context, raw net.Conn, from netip.Addr) {
	ctx, cancel := context.WithTimeout(ctx, handshakeWithin)
	defer cancel()
	connection := tls.Server(raw, f.config)
	if err := connection.HandshakeContext(ctx); err != nil || connection.ConnectionState().NegotiatedProtocol != "h2" {
		raw.Close()
		return
	}
	switch kind := f.kindOf(connection.ConnectionState()); kind {
	case identity.Component:
		f.components.take(connection)
	case identity.Administrator:
		f.administrators.take(connection)
	default:
		gone := f.strangers.take(from)
		if gone == nil {
			raw.Close()
			return
		}
		f.newcomers.take(&stranger{Conn: connection, gone: gone})
	}
}

// kindOf says which lane a connection belongs to. That decides about sizes only; what may be called is decided for each call.
func (f *front) kindOf(state tls.ConnectionState) identity.Kind {
	proven, err := f.verifier.Identify(state).Renewing()
	if err != nil {
		return 0
	}
	return proven.Kind
}

// stranger counts its connection until it is closed.
type stranger struct {
	*tls.Conn
	gone func()
}

func (s *stranger) Close() error {
	defer s.gone()
	return s.Conn.Close()
}

// handshaken are the credentials of a server whose connections come with the TLS handshake done.
type handshaken struct{}

func (handshaken) ServerHandshake(connection net.Conn) (net.Conn, credentials.AuthInfo, error) {
	state, ok := connection.(interface{ ConnectionState() tls.ConnectionState })
	if !ok {
		return nil, nil, errors.New("the connection is not a TLS one")
	}
	return connection, credentials.TLSInfo{
		State:          state.ConnectionState(),
		CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
	}, nil
}

func (handshaken) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("the broker dials nobody")
}

func (handshaken) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "tls"}
}
func (handshaken) Clone() credentials.TransportCredentials { return handshaken{} }
func (handshaken) OverrideServerName(string) error         { return nil }
