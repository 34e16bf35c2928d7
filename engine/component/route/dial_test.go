package route

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"

	"lockwire/engine/network"
)

func TestAnEndpointThatIsNotReachedIsNamedWithItsReason(t *testing.T) {
	endpoint := netip.MustParseAddrPort("10.9.2.2:6171")
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for want, err := range map[string]error{
		"10.9.2.2:6171: nothing listens there":                           dial(network.ConnectionRefused),
		"10.9.2.2:6171: there is no network path":                        dial(network.NetworkUnreachable),
		"10.9.2.2:6171: it did not answer; a firewall may drop the port": dial(network.ConnectionTimedOut),
		"10.9.2.2:6171: the machine is full":                             errors.New("the machine is full"),
	} {
		got := notConnected(endpoint, err)
		if got.Error() != want || !errors.Is(got, err) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	late := &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
	if got := notConnected(endpoint, late).Error(); got != "10.9.2.2:6171: it did not answer; a firewall may drop the port" {
		t.Error(got)
	}
}
