//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// keptPort finds the source's port of its only connection to the target's data port.
var keptPort = regexp.MustCompile(`:(\d+)\s+\S+:6171`)

// Between two connections of a tool something on the way forgets the one between the agents, and drops what comes over it. The next
// connection is carried all the same: over another one.
func TestConnectionThatThePathForgetsIsNotNoticedByTheTool(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallation(t, n)
	server := newBackend(t, n, 9001)
	i.addRoute("vault", 8001, 9001)
	carry := func() {
		t.Helper()
		f := server.open(t, n, 8001)
		if err := f.finish(); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() (port string) {
		t.Helper()
		eventually(t, commandWithin, "a connection between the agents is kept", func() error {
			text, err := output(t, commandWithin, command{on: n.source, name: "ss", arguments: []string{"ss", "-Hnt", "state", "established", "dst", n.target.on(dataPort)}})
			if err != nil {
				return err
			}
			found := keptPort.FindStringSubmatch(text)
			if found == nil {
				carry() // it was not used for 10 s
				return errors.New("there is none")
			}
			port = found[1]
			return nil
		})
		return port
	}
	carry()
	eventually(t, ioWithin, "a kept connection is given up", func() error {
		for _, way := range []string{"sport", "dport"} {
			ip(t, "-n", n.router.namespace, "rule", "add", "ipproto", "tcp", way, kept(), "blackhole")
		}
		carry()
		if log := i.source.log.String(); !strings.Contains(log, "a kept connection is given up") {
			return fmt.Errorf("the log does not say so")
		}
		return nil
	})
	if log := i.source.log.String(); !strings.Contains(log, "nothing was acknowledged") {
		t.Error("the reason is another one")
	}
}
