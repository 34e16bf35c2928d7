//go:build linux

package hosts

import (
	"net"
	"testing"
	"time"

	"lockwire/engine"
)

// A firewall begins to drop in mid-transfer, without a word. Whoever sends is told within the time that is set, and a receiver
// that only reads slowly is not taken for one that is gone.
func TestAPathThatDropsSilentlyInMidTransferResetsWhoSends(t *testing.T) {
	t.Parallel()
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			testSilentPath(t, mode)
		})
	}
}

func testSilentPath(t *testing.T, mode engine.Mode) {
	const silence = 6 * time.Second
	unused := ""
	if mode == engine.Sealed {
		unused = "203.0.113.7"
	}
	n := newNetwork(t, v4, unused)
	i := newInstallation(t, n)
	for _, a := range []*agent{i.source, i.target} {
		a.options = []string{"--silence", silence.String()}
		a.kill()
		i.awaitOffline(a) // else the old process could still pass for attached
		i.startAgent(a)
	}
	i.awaitAttached(attachWithin, i.source, i.target)
	server := newBackend(t, n, 9001)
	i.addRoute("vault", 8001, 9001)
	toBackend, toTool := server.open(t, n, 8001), server.open(t, n, 8001)
	if session := i.oneSession("vault"); session.Decision.Mode != mode {
		t.Fatalf("the session is %s", session.Decision.Mode)
	}
	broken := make(chan error, 2)
	enough := make(chan struct{}, 2)
	for _, stream := range []struct{ from, to *net.TCPConn }{{toBackend.tool, toBackend.backend}, {toTool.backend, toTool.tool}} {
		stream.from.SetWriteDeadline(time.Time{})
		go func() {
			block := make([]byte, 256<<10)
			for {
				if _, err := stream.from.Write(block); err != nil {
					broken <- err
					return
				}
			}
		}()
		// It reads some, and then nothing for more than twice the time: its window closes.
		block := make([]byte, 1<<20)
		for range 4 {
			if _, err := stream.to.Read(block); err != nil {
				t.Fatal(err)
			}
		}
	}
	select {
	case err := <-broken:
		t.Fatalf("a slow receiver was taken for a dead one: %v", err)
	case <-time.After(2*silence + 3*time.Second):
	}
	for _, to := range []*net.TCPConn{toBackend.backend, toTool.tool} {
		go receiveUntilBroken(to, enough)
	}
	for range 2 {
		select {
		case <-enough:
		case <-time.After(ioWithin):
			t.Fatal("the streams do not flow")
		}
	}
	dropped := time.Now()
	for _, way := range [][2]*host{{n.source, n.target}, {n.target, n.source}} {
		ip(t, "-n", n.router.namespace, "rule", "add", "from", way[0].address.String(), "to", way[1].address.String(), "blackhole")
	}
	for range 2 {
		select {
		case err := <-broken:
			if !isReset(err) {
				t.Errorf("the sender sees no reset but: %v", err)
			}
			t.Logf("reset %v after the drop", time.Since(dropped).Round(100*time.Millisecond))
		case <-time.After(silence + time.Minute):
			t.Fatal("a sender still waits")
		}
	}
	if took := time.Since(dropped); took < silence-time.Second {
		t.Errorf("both were reset after %v", took)
	}
}
