package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"lockwire/engine/network"
)

// repeatedFor is the time after which a system has sent again what nobody acknowledged. Whoever resets what it does not like is faster.
const repeatedFor = 500 * time.Millisecond

// explainHandshake says of a handshake that broke off what was seen on the connection, and what to look at. A target that does
// not know the session, a path that loses large packets and a middlebox that resets what it does not understand look alike to
// TLS: a connection that gives nothing.
func explainHandshake(seen *feed, err error) error {
	cut := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, network.ConnectionReset)
	silent := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, network.ConnectionTimedOut)
	if refusedVersion(err) {
		return errTargetVersion(err)
	}
	if seen.sent == 0 || !cut && !silent {
		return err
	}
	// The addresses stand in what is put around this, and the port of this end would make each refusal another one.
	if operation, ok := errors.AsType[*net.OpError](err); ok {
		err = operation.Err
	}
	switch {
	case cut && seen.received == 0 && seen.closing.Unacknowledged && seen.closing.SinceAcknowledged >= repeatedFor:
		// A target gives up a handshake of which only a part arrives.
		return fmt.Errorf("the connection came about, but of the handshake, %d bytes, not all was acknowledged, until the connection was cut before any "+
			"answer: large packets seem to be lost on the way, as where a tunnel or VPN has a smaller MTU; lower the MTU of this machine's interface to the "+
			"tunnel's, or let ICMP pass: %w", seen.sent, err)
	case cut && seen.received == 0:
		return fmt.Errorf("%d bytes of the handshake were sent and the connection was cut before any answer: either the target has no such session or "+
			"is too busy, and its log says so; or what listens there is no component; or, where the target's log says nothing, a firewall or proxy on "+
			"the way resets handshakes of this size: let it pass TCP to the data port unread: %w", seen.sent, err)
	case cut:
		return fmt.Errorf("%d bytes of the handshake were sent, %d came back, and then the connection was cut; the target's log says why, unless a "+
			"firewall on the way did it: %w", seen.sent, seen.received, err)
	case seen.closing.Unacknowledged || errors.Is(err, network.ConnectionTimedOut): // the system gave up what it had sent again and again
		return fmt.Errorf("the connection came about, but of the handshake, %d bytes, not all was acknowledged: large packets seem to be lost on the way, "+
			"as where a tunnel or VPN has a smaller MTU; lower the MTU of this machine's interface to the tunnel's, or let ICMP pass: %w",
			seen.sent, err)
	case seen.received == 0:
		return fmt.Errorf("%d bytes of the handshake were sent and received there, and nothing came back within %v: either the target is too busy, or its "+
			"answer, which is as large, is lost on the way as where a tunnel or VPN has a smaller MTU; compare the MTU of both machines' interfaces: %w",
			seen.sent, HandshakeTimeout, err)
	}
	return fmt.Errorf("%d bytes of the handshake were sent, %d came back, and no more within %v: large packets seem to be lost on the way, as where a tunnel or "+
		"VPN has a smaller MTU; lower the MTU of the target's interface to the tunnel's, or let ICMP pass: %w", seen.sent, seen.received, HandshakeTimeout, err)
}
