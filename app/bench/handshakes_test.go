//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestHandshakesAreReadOffHAProxy(t *testing.T) {
	for _, test := range []struct {
		name, table string
		want        handshakes
		read        bool
	}{
		{"both kinds", "# pxname,svname,scur,ssl_sess,ssl_reused_sess,\nrelay,FRONTEND,1,2,5,\nrelay,BACKEND,0,0,0,\n", handshakes{7, 5}, true},
		{"no such proxy", "# pxname,svname,ssl_sess,ssl_reused_sess,\nother,FRONTEND,2,5,\n", handshakes{}, false},
		{"no such counters", "# pxname,svname,scur,\nrelay,FRONTEND,1,\n", handshakes{}, false},
		{"nothing", "", handshakes{}, false},
	} {
		h, err := parseHAProxyStatistics(strings.NewReader(test.table))
		if h != test.want || (err == nil) != test.read {
			t.Errorf("%s: %+v, %v", test.name, h, err)
		}
	}
}

func TestHandshakesThatAreNotAsThePathSaysFailIt(t *testing.T) {
	for _, test := range []struct {
		name        string
		made        handshakes
		connections int
		resumes, ok bool
	}{
		{"each is whole", handshakes{100, 0}, 100, false, true},
		{"one resumed where none is to", handshakes{100, 1}, 100, false, false},
		{"nearly all resumed", handshakes{100, 98}, 100, true, true},
		{"too few resumed", handshakes{100, 80}, 100, true, false},
		{"connections without a handshake", handshakes{50, 0}, 100, false, false},
	} {
		if err := test.made.check(test.connections, test.resumes); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
