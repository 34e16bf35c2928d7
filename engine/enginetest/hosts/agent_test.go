//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"lockwire/engine"
)

// An agent is killed in mid-transfer. Neither tool nor backend may take that for the end of a stream, and the other agent lets
// go of the session and its key by itself.
func TestKilledAgentIsAnErrorAtBothEnds(t *testing.T) {
	t.Parallel()
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		for _, side := range []string{"source", "target"} {
			t.Run(fmt.Sprintf("%s, %s killed", mode, side), func(t *testing.T) {
				t.Parallel()
				testKilledAgent(t, mode, side)
			})
		}
	}
}

func testKilledAgent(t *testing.T, mode engine.Mode, side string) {
	unused := ""
	if mode == engine.Sealed {
		unused = "203.0.113.7"
	}
	n := newNetwork(t, v4, unused)
	i := newInstallation(t, n)
	killed, left := i.source, i.target
	if side == "target" {
		killed, left = i.target, i.source
	}
	server := newBackend(t, n, 9001)
	i.addRoute("vault", 8001, 9001)
	idle, toBackend, toTool := server.open(t, n, 8001), server.open(t, n, 8001), server.open(t, n, 8001)
	session := i.oneSession("vault")
	if session.Decision.Mode != mode {
		t.Fatalf("the session is %s", session.Decision.Mode)
	}

	var running sync.WaitGroup
	enough := make(chan struct{}, 2)
	for _, stream := range []struct {
		name     string
		from, to *net.TCPConn
	}{{"tool to backend", toBackend.tool, toBackend.backend}, {"backend to tool", toTool.backend, toTool.tool}} {
		running.Go(func() {
			if err := sendUntilBroken(stream.from); !isReset(err) {
				t.Errorf("%s: the sender sees no reset but: %v", stream.name, err)
			}
		})
		running.Go(func() {
			if err := receiveUntilBroken(stream.to, enough); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s: the receiver sees no reset but: %v", stream.name, err)
			}
		})
	}
	for range 2 {
		select {
		case <-enough:
		case <-time.After(ioWithin):
			t.Fatal("the streams do not flow")
		}
	}
	killed.kill()
	died := time.Now()
	expectReset(t, "the tool", idle.tool)
	expectReset(t, "the backend", idle.backend)
	running.Wait()

	eventually(t, receiptWithin, "the other end has wiped its key", func() error {
		live := i.sessions("vault")
		if len(live) != 1 {
			return fmt.Errorf("there are %d live sessions", len(live))
		}
		if wipedAt(live[0].Key, left).IsZero() {
			return fmt.Errorf("the session is %s, the key %+v", live[0].State, live[0].Key)
		}
		return nil
	})
	t.Logf("wiped %v after the kill", time.Since(died).Round(100*time.Millisecond))
	// The file with its status is written a moment later.
	eventually(t, ioWithin, "the other end holds no connection", func() error {
		status, err := left.status()
		if err != nil {
			return err
		}
		for _, s := range status.Attachments[0].Sessions {
			if s.Flows > 0 {
				return fmt.Errorf("%d in session %s", s.Flows, s.ID)
			}
		}
		return nil
	})

	i.awaitOffline(killed)
	i.startAgent(killed)
	i.awaitAttached(attachWithin, killed)
	receipts := i.awaitReceipts("vault", 1)
	if len(receipts) != 1 {
		t.Fatalf("%d receipts: %+v", len(receipts), receipts)
	}
	k := receipts[0].Key
	mine, dead := k.TargetErasure, k.SourceErasure
	if side == "target" {
		mine, dead = dead, mine
	}
	// Nobody could prove what became of the memory of the dead process; that it is gone shows when the agent runs again.
	if mine != engine.ErasureProven || dead != engine.ErasureUnconfirmed && dead != engine.ErasureReleased {
		t.Errorf("the receipt says of the end that was left %q, of the dead one %q", mine, dead)
	}
	if receipts[0].Traffic.ToTarget == 0 || receipts[0].AllFlows != 3 || receipts[0].Reason == "" {
		t.Errorf("the receipt has %+v, %d flows, reason %q", receipts[0].Traffic, receipts[0].AllFlows, receipts[0].Reason)
	}
}

// wipedAt is when an agent's copy of a key was destroyed.
func wipedAt(k engine.KeyLife, a *agent) time.Time {
	if a.name == "source" {
		return k.DestroyedSource
	}
	return k.DestroyedTarget
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// streamed is how much passes before a stream counts as flowing.
const streamed = 16 << 20

// sendUntilBroken sends for ever.
func sendUntilBroken(conn *net.TCPConn) error {
	conn.SetWriteDeadline(time.Now().Add(2 * ioWithin))
	block := make([]byte, 256<<10)
	for {
		if _, err := conn.Write(block); err != nil {
			return err
		}
	}
}

// receiveUntilBroken receives until the connection ends, and says when enough has come. It returns io.EOF for a clean end.
func receiveUntilBroken(conn *net.TCPConn, enough chan<- struct{}) error {
	conn.SetReadDeadline(time.Now().Add(2 * ioWithin))
	block := make([]byte, 256<<10)
	for total := 0; ; {
		n, err := conn.Read(block)
		if total < streamed && total+n >= streamed {
			enough <- struct{}{}
		}
		total += n
		if err != nil {
			return err
		}
	}
}
