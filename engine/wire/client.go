package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// ErrNoBroker: what answers proved its key, and speaks something else than the control protocol.
var ErrNoBroker = errors.New("what answers does not speak the control protocol")

// NewClient makes a gRPC client on a connection whose TLS handshake is done, and takes it over: it is closed where an error is given. The
// client is over with the connection; it dials no other. ErrNoBroker where the peer does not speak the control protocol.
func NewClient(secured *tls.Conn) (*grpc.ClientConn, error) {
	if secured.ConnectionState().NegotiatedProtocol != "h2" {
		_ = secured.Close()
		return nil, ErrNoBroker
	}
	var once sync.Once
	client, err := grpc.NewClient("passthrough:///broker",
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the connection below is TLS already
		grpc.WithContextDialer(func(context.Context, string) (handed net.Conn, err error) {
			err = errors.New("the connection is over")
			once.Do(func() { handed, err = secured, nil })
			return handed, err
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaximumMessage), grpc.MaxCallSendMsgSize(MaximumMessage)),
		grpc.WithStaticStreamWindowSize(Window), grpc.WithStaticConnWindowSize(Window),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: KeepAlive, Timeout: Silence - KeepAlive}),
		grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0),
	)
	if err != nil {
		_ = secured.Close()
		return nil, err
	}
	return client, nil
}
