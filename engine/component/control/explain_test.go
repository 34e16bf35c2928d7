package control

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine/identity"
	"lockwire/engine/network"
)

func TestWhatKeepsFromTheBrokerIsSaidInWords(t *testing.T) {
	const address = "broker.example:6170"
	for _, test := range []struct {
		err  error
		want string
	}{
		{&net.DNSError{Err: "no such host", Name: "broker.example"}, "does not resolve"},
		{network.ConnectionRefused, "nothing listens at broker.example:6170"},
		{context.DeadlineExceeded, "a firewall may drop TCP port 6170"},
		{network.ConnectionTimedOut, "a firewall may drop TCP port 6170"},
		{network.HostUnreachable, "no network path"},
		{network.NetworkUnreachable, "no network path"},
		{network.ConnectionReset, "closed the connection at once"},
		{io.EOF, "closed the connection at once"},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "is no Lockwire broker"},
		{identity.ErrNotYetValid, "the clock of one of the two machines is wrong"},
		{identity.ErrExpired, "expired"},
		{identity.ErrOtherInstallation, "not the broker that this machine joined"},
		{identity.ErrPin, "the one that the join token names"},
		{errors.New("something new"), "something new"},
	} {
		if got := explainDial(address, fmt.Errorf("dial: %w", test.err)); !strings.Contains(got, test.want) || !strings.Contains(got, "broker.example:6170") {
			t.Errorf("%v: %q", test.err, got)
		}
	}
}

func TestRefusalIsToldFromABrokenStream(t *testing.T) {
	var refused *refusedError
	for _, code := range []codes.Code{codes.PermissionDenied, codes.Unauthenticated, codes.AlreadyExists, codes.FailedPrecondition, codes.InvalidArgument} {
		if err := explainStream(status.Error(code, "because")); !errors.As(err, &refused) || !strings.Contains(err.Error(), "because") {
			t.Errorf("%v: %v", code, err)
		}
	}
	for _, err := range []error{nil, io.EOF, status.Error(codes.Unavailable, "transport is closing"), errors.New("x")} {
		if got := explainStream(err); got == nil || errors.As(got, &refused) {
			t.Errorf("%v: %v", err, got)
		}
	}
}
