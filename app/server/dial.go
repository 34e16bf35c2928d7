package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"lockwire/engine/network"
	"lockwire/engine/wire"
)

const (
	// dialWithin is how long a broker elsewhere may take to take a connection.
	dialWithin = 10 * time.Second
	// askAfter is how long a connection may be idle before it is checked with a ping; the broker must reply within answerWithin.
	askAfter     = 10 * time.Second // gRPC asks no more often
	answerWithin = 5 * time.Second
	// redialWithin bounds the pause between two attempts to connect again.
	redialWithin = 2 * time.Second
	// freshWithin is how long a call waits for a connection that is being made again.
	freshWithin = 3 * time.Second
)

// mayAsk lets clients check their connections as often as dialOptions has them do. gRPC would end one that is idle for long, as
// the console's is while nobody uses it.
var mayAsk = keepalive.EnforcementPolicy{MinTime: askAfter / 2, PermitWithoutStream: true}

// dialOptions are those of every connection to a broker: one that died is noticed and made again soon.
func dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: askAfter, Timeout: answerWithin, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: redialWithin / 8, Multiplier: 1.6, Jitter: 0.2, MaxDelay: redialWithin},
			MinConnectTimeout: dialWithin,
		}),
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption) error {
			refresh(ctx, connection)
			return call(ctx, method, request, reply, connection, options...)
		}),
		grpc.WithChainStreamInterceptor(func(ctx context.Context, about *grpc.StreamDesc, connection *grpc.ClientConn, method string, stream grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
			refresh(ctx, connection)
			return stream(ctx, about, connection, method, options...)
		}),
	}
}

// connectTo makes a connection to a broker elsewhere, which is dialled when it is first used.
func connectTo(address string, config *tls.Config) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+address, append(dialOptions(),
		grpc.WithContextDialer(dialBroker), grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaximumDocument), grpc.MaxCallSendMsgSize(wire.MaximumDocument)))...)
}

// refresh dials again after a failed attempt, so that a call after a broker's restart does not fail with an old error.
func refresh(ctx context.Context, connection *grpc.ClientConn) {
	if connection.GetState() != connectivity.TransientFailure {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, freshWithin)
	defer cancel()
	connection.ResetConnectBackoff()
	tried := false
	for state := connection.GetState(); state != connectivity.Ready && state != connectivity.Shutdown; state = connection.GetState() {
		if state == connectivity.TransientFailure && tried {
			return // that is the answer of now
		}
		tried = tried || state == connectivity.Connecting
		connection.Connect()
		if !connection.WaitForStateChange(ctx, state) {
			return
		}
	}
}

// dialBroker connects to a broker elsewhere, and says in words why it cannot.
func dialBroker(ctx context.Context, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialWithin}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, dialError{unreachable(address, err), err}
	}
	return connection, nil
}

// dialError has the words of ours, and is the system's error within.
type dialError struct {
	words string
	error
}

// Error gives the words.
func (e dialError) Error() string { return e.words }

// Unwrap gives the system's error.
func (e dialError) Unwrap() error { return e.error }

// unreachable says why a broker's address was not reached, and what to do.
func unreachable(address string, err error) string {
	var unknown *net.DNSError
	_, port, _ := net.SplitHostPort(address)
	switch {
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return fmt.Sprintf("the name %s is not known here; check its spelling, or name the broker by its address", unknown.Name)
	case errors.As(err, &unknown):
		return fmt.Sprintf("the name %s could not be looked up; does DNS work on this machine?", unknown.Name)
	case errors.Is(err, network.ConnectionRefused):
		return fmt.Sprintf("no broker listens on %s; is it running there, and is that its port?", address)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return fmt.Sprintf("%s does not answer; is that machine on, and does a firewall between let TCP port %s through?", address, port)
	case errors.Is(err, network.NetworkUnreachable), errors.Is(err, network.HostUnreachable):
		return fmt.Sprintf("there is no way from this machine to %s; is its network up?", address)
	}
	return fmt.Sprintf("%s could not be reached: %v", address, err)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}
