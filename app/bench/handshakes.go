//go:build linux

package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"
)

// handshakes are how many connections between two relays began with one, and how many of these resumed an earlier one.
type handshakes struct{ all, resumed uint64 }

// since are those that came after an earlier count.
func (h handshakes) since(earlier handshakes) handshakes {
	return handshakes{h.all - earlier.all, h.resumed - earlier.resumed}
}

func (h handshakes) share() float64 { return float64(h.resumed) / float64(max(1, h.all)) }

// Of handshakes that are to resume an earlier one at least resumedAtLeast do: a thread's first one cannot.
const resumedAtLeast = 0.9

// check tells whether there was a handshake for each connection, and whether they resumed an earlier one where they are to, and nowhere else.
func (h handshakes) check(connections int, resumes bool) error {
	switch {
	case h.all < uint64(connections):
		return fmt.Errorf("the relays made %d handshakes for %d connections", h.all, connections)
	case resumes && h.share() < resumedAtLeast:
		return fmt.Errorf("%d of %d handshakes resumed an earlier one, where nearly all are to", h.resumed, h.all)
	case !resumes && h.resumed > 0:
		return fmt.Errorf("%d of %d handshakes resumed an earlier one, where none is to", h.resumed, h.all)
	}
	return nil
}

// haproxyProxy is the name of the proxy in each configuration of HAProxy.
const haproxyProxy = "relay"

// haproxyHandshakes reads the count off a HAProxy, over the socket of its statistics.
func haproxyHandshakes(ctx context.Context, socket string) (handshakes, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return handshakes{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return handshakes{}, err
	}
	if _, err := io.WriteString(conn, "show stat\n"); err != nil {
		return handshakes{}, err
	}
	return parseHAProxyStatistics(conn)
}

// parseHAProxyStatistics finds the TLS counters of the proxy's listening side in HAProxy's table.
func parseHAProxyStatistics(table io.Reader) (h handshakes, err error) {
	reader := csv.NewReader(table)
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil || len(rows) == 0 {
		return h, errors.Join(errors.New("HAProxy gives no statistics"), err)
	}
	field := func(row []string, name string) (uint64, error) {
		at := slices.Index(rows[0], name)
		if at < 0 || at >= len(row) {
			return 0, fmt.Errorf("HAProxy's statistics have no %s", name)
		}
		return strconv.ParseUint(row[at], 10, 64)
	}
	for _, row := range rows[1:] {
		if len(row) < 2 || row[0] != haproxyProxy || row[1] != "FRONTEND" {
			continue
		}
		whole, err := field(row, "ssl_sess")
		if err != nil {
			return h, err
		}
		h.resumed, err = field(row, "ssl_reused_sess")
		h.all = whole + h.resumed
		return h, err
	}
	return h, fmt.Errorf("HAProxy's statistics have no line of %s", haproxyProxy)
}
