package network

import (
	"context"
	"net"
	"time"
)

const (
	// A connection on which nothing comes is probed after keepAliveIdle, and again after each keepAliveInterval; with the
	// keepAliveCount-th probe that is not answered it is lost. These are the values of package net.
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 9
)

// Listen listens on ADDR:PORT for connections of flows. From their first moment on they reset their peer when they are closed or the
// process dies (SetReset), and are probed while nothing comes (KeepAlive).
func Listen(ctx context.Context, address string) (net.Listener, error) {
	listening := flowListening()
	listening.SetMultipathTCP(false) // of no use to a flow, and its connections do not splice
	return listening.Listen(ctx, "tcp", address)
}

// Dial connects to ADDR:PORT for a flow. The connection resets its peer as those of Listen do. KeepAlive is for the caller to call, where
// the flow lasts.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	dialing := flowDialing()
	dialing.SetMultipathTCP(false)
	return dialing.DialContext(ctx, "tcp", address)
}

// KeepAlive has the system probe the peer while nothing comes, so that a peer that has vanished is noticed.
func KeepAlive(conn net.Conn) {
	if c, ok := conn.(interface {
		SetKeepAliveConfig(net.KeepAliveConfig) error
	}); ok {
		_ = c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount}) // fails only on a closed connection
	}
}
