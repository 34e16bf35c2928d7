//go:build linux

package hosts

import (
	"testing"
	"time"
)

// A component is revoked in mid-session: its flows are reset, its stream is cut, it gets no new session and does not come back.
func TestRevokedComponentIsCutOff(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallation(t, n)
	server := newBackend(t, n, 9001)
	i.addRoute("vault", 8001, 9001)
	f := server.open(t, n, 8001)
	i.awaitFlows("vault", 1)

	i.lockwired("components", "revoke", "source", "--yes")
	revoked := time.Now()
	expectReset(t, "the tool", f.tool)
	expectReset(t, "the backend", f.backend)
	eventually(t, ioWithin, "the agent's control stream is cut", func() error {
		return said(i.source.log.String(), `msg="not attached to the broker"`)
	})
	t.Logf("flows and stream were cut %v after the revocation", time.Since(revoked).Round(time.Millisecond))
	expectRefused(t, n, 8001, []byte("this must not get anywhere"))
	i.source.kill()
	i.startAgent(i.source)
	eventually(t, attachWithin, "the broker refuses the agent that was started again", func() error {
		return said(i.source.log.String(), `msg="not attached to the broker".*revoked`)
	})
	for _, c := range i.components() {
		if c.Name == "source" && c.Online {
			t.Error("a revoked component is attached again")
		}
	}
	if len(server.accepted) != 0 {
		t.Error("the backend was dialled for a revoked component")
	}
}
