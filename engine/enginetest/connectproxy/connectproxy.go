// Package connectproxy is a small HTTP proxy for tests.
package connectproxy

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// Proxy is an HTTP proxy that knows CONNECT alone. It notes what it was asked.
type Proxy struct {
	// Address is where it listens, once it is started.
	Address string
	// Credentials are wanted, USER:PASSWORD; none where it is empty.
	Credentials string
	// Answer is what it says instead of connecting.
	Answer string
	// To is where it connects, whatever it is asked for.
	To string

	mu    sync.Mutex
	asked []string
}

// Start starts it, until the test ends.
func Start(t *testing.T, p *Proxy) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Address = listener.Addr().String()
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() {
		stop()
		listener.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				p.serve(conn)
			})
		}
	})
	return p
}

func (p *Proxy) serve(conn net.Conn) {
	reader := bufio.NewReader(conn)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, request.Method+" "+request.Host)
	p.mu.Unlock()
	wanted := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.Credentials))
	switch {
	case p.Answer != "":
		_, _ = io.WriteString(conn, p.Answer)
		_, _ = io.Copy(io.Discard, conn)
		return
	case p.Credentials != "" && request.Header.Get("Proxy-Authorization") != wanted:
		_, _ = io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nlost")
		return
	}
	behind, err := net.Dial("tcp", cmp.Or(p.To, request.Host))
	if err != nil {
		_, _ = io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return
	}
	defer behind.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\nVia: a small one\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(behind, reader); behind.(*net.TCPConn).CloseWrite() })
	both.Go(func() { _, _ = io.Copy(conn, behind); conn.(*net.TCPConn).CloseWrite() })
	both.Wait()
}

// Asked gives what it was asked, as METHOD HOST:PORT.
func (p *Proxy) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}
