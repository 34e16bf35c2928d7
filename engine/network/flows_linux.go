package network

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// flowListening sets on the listening socket, once, what Linux has the accepted ones inherit, where package net would set it on each.
func flowListening() net.ListenConfig {
	return net.ListenConfig{KeepAlive: -1, Control: func(network, address string, c syscall.RawConn) error {
		if err := ResetOnClose(network, address, c); err != nil {
			return err
		}
		return control(c, keepAlive)
	}}
}

func flowDialing() net.Dialer {
	return net.Dialer{KeepAlive: -1, Control: func(network, address string, c syscall.RawConn) error {
		if err := ResetOnClose(network, address, c); err != nil {
			return err
		}
		return connectAhead(address, c)
	}}
}

// keepAlive has the system probe a connection on which nothing comes.
func keepAlive(fd int) error {
	for _, option := range [...]struct{ level, name, value int }{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keepAliveIdle / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepAliveInterval / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount},
	} {
		if err := unix.SetsockoptInt(fd, option.level, option.name, option.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return nil
}

// connectAhead begins to connect to an address of this machine. There the connection is complete when the system call returns, although
// it says that it is under way; so package net, which connects next, finds it complete and does not wait for the poller to say so.
// Elsewhere, and where this fails without a decision, nothing is done ahead.
func connectAhead(address string, c syscall.RawConn) error {
	endpoint, err := netip.ParseAddrPort(address)
	if err != nil || !endpoint.Addr().IsLoopback() {
		return nil
	}
	var to unix.Sockaddr
	if addr := endpoint.Addr(); addr.Is4() {
		to = &unix.SockaddrInet4{Port: int(endpoint.Port()), Addr: addr.As4()}
	} else {
		to = &unix.SockaddrInet6{Port: int(endpoint.Port()), Addr: addr.As16()}
	}
	return control(c, func(fd int) error {
		switch err := unix.Connect(fd, to); err {
		case nil, unix.EINPROGRESS, unix.EINTR:
			return nil
		default:
			return os.NewSyscallError("connect", err)
		}
	})
}

// control calls f with the socket, and gives its error.
func control(c syscall.RawConn, f func(fd int) error) error {
	var failed error
	if err := c.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil {
		return err
	}
	return failed
}
