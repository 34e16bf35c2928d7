package front

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
	"lockwire/engine/network"
	"lockwire/engine/wire"
)

const (
	// Handshakes under way at once: in all, and from one address (networkOf), so that one who opens connections and
	// says nothing keeps nobody else out. There are no more than a busy machine brings to an end within wire.HandshakeWithin: where
	// ten thousand components come at once, more of them would all be given up, and begun again.
	MaximumHandshakes           = 256
	MaximumHandshakesPerAddress = 32
	// A provider's gateway leads all tenants here from one address.
	MaximumHandshakesOfGateway = wire.HandshakesOfGateway
	// The same for the connections of callers without an acceptable certificate; each lives unprovenAge at most.
	MaximumUnproven           = 256
	MaximumUnprovenPerAddress = 64
	unprovenAge               = 30 * time.Second
	// MaximumJoinMessage is the largest message that is read from such a caller: a token's secret and a certificate request.
	MaximumJoinMessage = 16 << 10
)

// handover is the listener of one of the three gRPC servers: the front puts connections into it.
type handover struct {
	server  *grpc.Server
	arrived chan net.Conn
	done    chan struct{}
	close   sync.Once
	address net.Addr
}

func newHandover(server *grpc.Server, address net.Addr) *handover {
	return &handover{server: server, arrived: make(chan net.Conn), done: make(chan struct{}), address: address}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case connection := <-h.arrived:
		return connection, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error   { h.close.Do(func() { close(h.done) }); return nil }
func (h *handover) Addr() net.Addr { return h.address }

// take passes a connection to the server, or closes it if the server has stopped.
func (h *handover) take(connection net.Conn) {
	select {
	case h.arrived <- connection:
	case <-h.done:
		connection.Close()
	}
}

// servers takes the connections of port 6170, does the TLS handshake and hands each to the server for its kind of caller.
// All three offer the same services under the same table of access; they differ in what they read from whom.
type servers struct {
	front                                *Front
	config                               *tls.Config
	unproven, components, administrators *handover

	handshakes *slots
	unknown    *slots // connections of callers without an acceptable certificate
	running    sync.WaitGroup
}

func (f *Front) newServers(address net.Addr) (*servers, error) {
	all := &servers{
		front: f, config: identity.BrokerServerConfig(f.certificate),
		handshakes: newSlots(MaximumHandshakes, MaximumHandshakesPerAddress, MaximumHandshakesOfGateway, f.isGateway),
		unknown:    newSlots(MaximumUnproven, MaximumUnprovenPerAddress, MaximumUnprovenPerAddress, f.isGateway),
	}
	common := []grpc.ServerOption{
		grpc.Creds(handshaken{}),
		grpc.ChainUnaryInterceptor(f.admitUnary),
		grpc.ChainStreamInterceptor(f.admitStream),
		grpc.MaxHeaderListSize(16 << 10),
		grpc.ConnectionTimeout(wire.HandshakeWithin), // for HTTP/2's own first words
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: wire.KeepAlive / 4, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	}
	alive := keepalive.ServerParameters{Time: wire.KeepAlive, Timeout: wire.Silence - wire.KeepAlive}
	server := func(maximumMessage int, streams uint32, alive keepalive.ServerParameters, more ...grpc.ServerOption) (*handover, error) {
		options := append(append(common[:len(common):len(common)], grpc.MaxRecvMsgSize(maximumMessage), grpc.MaxConcurrentStreams(streams), grpc.KeepaliveParams(alive)), more...)
		s := grpc.NewServer(options...)
		wire.RegisterEnrolmentServer(s, f.Enrolment())
		for _, register := range f.config.Register {
			register(s)
		}
		return newHandover(s, address), f.checkAccess(s)
	}
	brief := keepalive.ServerParameters{MaxConnectionAge: unprovenAge, MaxConnectionAgeGrace: time.Second, MaxConnectionIdle: wire.HandshakeWithin}
	// Ten thousand attached components should not hold ten thousand buffers. Reading needs none, for TLS has its own; those for writing
	// are shared. Windows that do not grow need no ping for each message to measure the path with.
	small := []grpc.ServerOption{
		grpc.ReadBufferSize(0), grpc.WriteBufferSize(4 << 10),
		grpc.StaticStreamWindowSize(wire.Window), grpc.StaticConnWindowSize(wire.Window),
	}
	var wrong [3]error
	all.unproven, wrong[0] = server(MaximumJoinMessage, 2, brief, small...)
	all.components, wrong[1] = server(wire.MaximumMessage, 8, alive, small...)
	all.administrators, wrong[2] = server(wire.MaximumDocument+1024, 64, alive)
	return all, errors.Join(wrong[:]...)
}

// checkAccess makes sure that no method was registered without saying who may call it.
func (f *Front) checkAccess(server *grpc.Server) error {
	for service, info := range server.GetServiceInfo() {
		for _, method := range info.Methods {
			if name := "/" + service + "/" + method.Name; f.access[name] == 0 {
				return fmt.Errorf("nobody said who may call %s", name)
			}
		}
	}
	return nil
}

// handovers are those of all three.
func (s *servers) handovers() []*handover {
	return []*handover{s.unproven, s.components, s.administrators}
}

// accept takes connections until the listener is closed.
func (s *servers) accept(ctx context.Context, listener net.Listener) error {
	defer s.running.Wait()
	accepting := network.Acceptor{Listener: listener}
	for {
		connection, err := accepting.Accept(ctx)
		if err != nil {
			return nil
		}
		from := addressOf(connection.RemoteAddr()).Addr()
		leave := s.handshakes.take(from)
		if leave == nil {
			connection.Close()
			continue
		}
		s.running.Go(func() {
			defer leave()
			s.handshake(ctx, connection, from)
		})
	}
}

func (s *servers) handshake(ctx context.Context, raw net.Conn, from netip.Addr) {
	ctx, cancel := context.WithTimeout(ctx, wire.HandshakeWithin)
	defer cancel()
	connection := tls.Server(raw, s.config)
	if err := connection.HandshakeContext(ctx); err != nil || connection.ConnectionState().NegotiatedProtocol != "h2" {
		raw.Close()
		return
	}
	known := &identified{Conn: connection, caller: s.front.verifier.Identify(connection.ConnectionState())}
	switch kindOf(known.caller) {
	case identity.Component, identity.Tenant:
		s.components.take(known)
	case identity.Administrator:
		s.administrators.take(known)
	default:
		if known.gone = s.unknown.take(from); known.gone == nil {
			raw.Close()
			return
		}
		s.unproven.take(known)
	}
}

// kindOf says which server a caller belongs to. That decides about sizes only; what may be called is decided for each call.
func kindOf(caller identity.Caller) identity.Kind {
	proven, err := caller.Renewing()
	if err != nil {
		return 0
	}
	return proven.Kind
}

// identified is a connection whose TLS handshake is done.
type identified struct {
	*tls.Conn
	caller identity.Caller
	// gone gives back the slot that it takes until it is closed; nil where it takes none.
	gone func()
}

func (c *identified) Close() error {
	if c.gone != nil {
		defer c.gone()
	}
	return c.Conn.Close()
}

// callerInfo is what is known of a connection for each of its calls.
type callerInfo struct {
	credentials.CommonAuthInfo
	caller identity.Caller
	group  tls.CurveID // of the key exchange
}

// AuthType implements credentials.AuthInfo.
func (callerInfo) AuthType() string { return "tls" }

// handshaken are the credentials of a server whose connections come with the TLS handshake done.
type handshaken struct{}

func (handshaken) ServerHandshake(connection net.Conn) (net.Conn, credentials.AuthInfo, error) {
	known, ok := connection.(*identified)
	if !ok {
		return nil, nil, errors.New("the connection is not a TLS one")
	}
	return connection, callerInfo{
		CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
		caller:         known.caller, group: known.ConnectionState().CurveID,
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
