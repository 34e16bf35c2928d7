//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// startEcho serves a backend that sends back what comes, until stop is called.
func startEcho(ctx context.Context) (address string, stop func(), err error) {
	return startBackend(ctx, echo)
}

// startBackend is a backend on loopback that serves each connection in a goroutine of its own.
func startBackend(ctx context.Context, serve func(context.Context, *net.TCPConn) error) (address string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	serving, cancel := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- acceptEach(serving, listener, serve) }()
	return listener.Addr().String(), func() {
		cancel()
		<-served
	}, nil
}

// echo sends back what comes. That an agent which is stopped resets it is no error of the benchmark.
func echo(_ context.Context, conn *net.TCPConn) error {
	_, _ = io.Copy(conn, conn)
	return nil
}

// openEcho opens a connection over which a byte has gone to the backend and back.
func openEcho(ctx context.Context, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, err
	}
	var one [1]byte
	if _, err = conn.Write(one[:]); err == nil {
		_, err = io.ReadFull(conn, one[:])
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open a flow: %w", err)
	}
	return conn, nil
}
