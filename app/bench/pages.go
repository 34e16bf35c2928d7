//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"lockwire/app/host"
)

// pageSize is what a backup tool of many small files gets with each of its connections.
const pageSize = 4096

// startPages starts nginx as a backend that answers each request with a page out of its memory, and ends the connection.
func startPages(ctx context.Context, folder string) (*process, string, error) {
	program, err := findProgram("nginx")
	if err != nil {
		return nil, "", err
	}
	address, err := host.FreeAddress()
	if err != nil {
		return nil, "", err
	}
	file := filepath.Join(folder, "nginx-pages.conf")
	var temporary strings.Builder // else nginx wants folders that only root may write
	for _, of := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "%s_temp_path %s/pages-%s;", of, folder, of)
	}
	// A word of its configuration may have 4095 characters.
	config := fmt.Sprintf("daemon off;\nworker_processes auto;\npid %[1]s/nginx-pages.pid;\nerror_log stderr error;\nevents { worker_connections 4096; }\n"+
		"http { access_log off; keepalive_timeout 0; %[2]s server { listen %[3]s backlog=4096; set $part %[4]s; location / { return 200 $part$part$part$part; } } }\n",
		folder, temporary.String(), address, strings.Repeat("x", pageSize/4))
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, "", err
	}
	p, err := startPeer(ctx, folder, address, program, "-e", "stderr", "-p", folder, "-c", file)
	return p, address, err
}

// visits are connections that clients made, each with one request.
type visits struct {
	took    []time.Duration // from connecting to the end of the answer
	elapsed time.Duration
}

// visit has clients ask for a page again and again over a period, each over a connection of its own each time.
func visit(ctx context.Context, address string, clients int, period time.Duration) (visits, error) {
	each := make([][]time.Duration, clients)
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for n := range each {
		group.Go(func() error {
			buffer := make([]byte, 2*pageSize)
			for start := began; start.Sub(began) < period; { // each at least once
				start = time.Now()
				if err := fetchPage(ctx, address, buffer); err != nil {
					return err
				}
				each[n] = append(each[n], time.Since(start))
			}
			return nil
		})
	}
	err := group.Wait()
	v := visits{elapsed: time.Since(began)}
	for _, took := range each {
		v.took = append(v.took, took...)
	}
	return v, err
}

// fetchPage asks for one page. A page that is not whole is an error.
func fetchPage(ctx context.Context, address string, buffer []byte) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return err
	}
	n, err := io.ReadFull(conn, buffer)
	if !errors.Is(err, io.ErrUnexpectedEOF) { // the buffer is larger than any answer
		return fmt.Errorf("the answer does not end after %d bytes: %w", n, err)
	}
	head, body, _ := bytes.Cut(buffer[:n], []byte("\r\n\r\n"))
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) || len(body) != pageSize {
		return fmt.Errorf("the answer is no page of %d bytes: %.80q and %d bytes", pageSize, head, len(body))
	}
	return nil
}
