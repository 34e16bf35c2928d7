package control

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/network"
	"lockwire/engine/wire"
)

// explainDial says in words why an address of the broker could not be used, and what to do.
func explainDial(address string, err error) string {
	_, port, _ := net.SplitHostPort(address)
	var dns *net.DNSError
	var notTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("the name in %s does not resolve on this machine (%v); check the name and DNS, or set another address: lockwire-agent broker HOST:PORT", address, dns)
	case errors.Is(err, network.ConnectionRefused):
		return fmt.Sprintf("nothing listens at %s; check that lockwired runs there and that its port is %s", address, port)
	case errors.Is(err, identity.ErrExpired), errors.Is(err, identity.ErrNotYetValid), errors.Is(err, identity.ErrPin):
		return fmt.Sprintf("%s: %v", address, err)
	case errors.Is(err, identity.ErrOtherInstallation), errors.Is(err, identity.ErrUntrusted), errors.Is(err, identity.ErrMalformed), errors.Is(err, identity.ErrNotBroker), errors.Is(err, identity.ErrNoCertificate):
		return fmt.Sprintf("what answers at %s is not the broker that this machine joined: %v", address, err)
	case errors.As(err, &notTLS), errors.Is(err, wire.ErrNoBroker):
		return fmt.Sprintf("what answers at %s is no Lockwire broker; check the address and the port", address)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, network.ConnectionTimedOut):
		return fmt.Sprintf("%s does not answer; a firewall may drop TCP port %s, or the machine is off", address, port)
	case errors.Is(err, network.NetworkUnreachable), errors.Is(err, network.HostUnreachable):
		return fmt.Sprintf("there is no network path to %s", address)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, network.ConnectionReset):
		return fmt.Sprintf("%s closed the connection at once; a firewall or a proxy may stand in between, or it is no Lockwire broker", address)
	}
	return fmt.Sprintf("%s: %v", address, err)
}

// refusedError: the broker was reached and does not let this component in. Trying again soon is of no use.
type refusedError struct{ words string }

func (e *refusedError) Error() string { return "the broker refuses this component: " + e.words }

// explainStream says why a control stream ended, in words.
func explainStream(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return errors.New("the broker closed the control stream")
	}
	reply, ok := status.FromError(err)
	if !ok {
		return err
	}
	words := machine.Sentence(reply.Message())
	switch reply.Code() {
	case codes.PermissionDenied, codes.Unauthenticated, codes.AlreadyExists, codes.FailedPrecondition:
		return &refusedError{words}
	case codes.InvalidArgument:
		return &refusedError{words + " (do agent and broker have versions that fit each other?)"}
	case codes.Canceled:
		return errors.New("the control stream was closed")
	}
	return fmt.Errorf("the control stream broke: %s", words)
}
