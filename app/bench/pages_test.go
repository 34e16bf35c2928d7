//go:build linux

package main

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// answering serves one answer to each connection, and ends it as end says.
func answering(t *testing.T, answer string, end func(*net.TCPConn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = acceptEach(ctx, listener, func(_ context.Context, conn *net.TCPConn) error {
			_, _ = conn.Read(make([]byte, 100))
			_, _ = io.WriteString(conn, answer)
			end(conn)
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-served
	})
	return listener.Addr().String()
}

func TestOnlyAWholePageIsCounted(t *testing.T) {
	page := strings.Repeat("x", pageSize)
	inOrder := func(conn *net.TCPConn) { _ = conn.CloseWrite() }
	reset := func(conn *net.TCPConn) { _ = conn.SetLinger(0) }
	for _, test := range []struct {
		name, answer string
		end          func(*net.TCPConn)
		whole        bool
	}{
		{"a page", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + page, inOrder, true},
		{"a page that is short", "HTTP/1.1 200 OK\r\n\r\n" + page[1:], inOrder, false},
		{"an error", "HTTP/1.1 503 No\r\n\r\n" + page, inOrder, false},
		{"nothing", "", inOrder, false},
		{"a page that does not end", "HTTP/1.1 200 OK\r\n\r\n" + page + page, inOrder, false},
		{"a page that is reset before it ends", "HTTP/1.1 200 OK\r\n\r\n" + page[1:], reset, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			address := answering(t, test.answer, test.end)
			v, err := visit(t.Context(), address, 2, time.Millisecond)
			if (err == nil) != test.whole || test.whole && len(v.took) < 2 {
				t.Errorf("%d connections, %v", len(v.took), err)
			}
		})
	}
}
