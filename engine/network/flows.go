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
// process dies (SetReset), and are probed while nothing comes.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	listening := flowListening()
	listening.SetMultipathTCP(false) // of no use to a flow, and its connections do not splice
	return listening.Listen(ctx, "tcp", address)
}

// Dial connects to ADDR:PORT for a flow, with the same as Listen.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	dialing := flowDialing()
	dialing.SetMultipathTCP(false)
	return dialing.DialContext(ctx, "tcp", address)
}
