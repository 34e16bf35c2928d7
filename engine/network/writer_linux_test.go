package network

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// observed is a Writer whose waits are noted.
func observed(conn net.Conn) (*Writer, func() []bool) {
	w := NewWriter(conn)
	var told []bool
	w.OnWait(func(begins bool) { told = append(told, begins) })
	return w, func() []bool { return told }
}

func TestAWriteThatTheSystemTakesAtOnceDoesNotWait(t *testing.T) {
	conn, peer := pair(t)
	w, told := observed(conn)
	for range 10 {
		if n, err := w.Write([]byte("at once")); n != 7 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if got := told(); got != nil {
		t.Errorf("it waited: %v", got)
	}
	if got, err := io.ReadAll(io.LimitReader(peer, 70)); err != nil || !bytes.Equal(got, bytes.Repeat([]byte("at once"), 10)) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAWriteThatWaitsForThePeerSaysSoOnceAndArrivesWhole(t *testing.T) {
	conn, peer := pair(t)
	waits := make(chan bool, 2)
	w := NewWriter(conn)
	w.OnWait(func(begins bool) { waits <- begins })
	sent := make([]byte, 64<<20) // more than the system queues
	for i := range sent {
		sent[i] = byte(i >> 10)
	}
	written := make(chan error, 1)
	go func() {
		n, err := w.Write(sent)
		if err == nil && n != len(sent) {
			err = io.ErrShortWrite
		}
		written <- err
	}()
	if begins := <-waits; !begins { // nothing is read before it waits
		t.Error("the end of a wait was told first")
	}
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(peer, got); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent) {
		t.Error("what arrived is not what was sent")
	}
	if begins := <-waits; begins {
		t.Error("the wait did not end")
	}
}

func TestAWriteFailsLikeTheConnections(t *testing.T) {
	for name, breaks := range map[string]struct {
		do   func(conn, peer net.Conn)
		want error
	}{
		"closed":   {func(conn, _ net.Conn) { conn.Close() }, net.ErrClosed},
		"deadline": {func(conn, _ net.Conn) { conn.SetWriteDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded},
		"reset": {func(conn, peer net.Conn) {
			SetReset(peer)
			peer.Close()
			_, _ = conn.Read(make([]byte, 1)) // until the reset has arrived
		}, syscall.EPIPE},
	} {
		t.Run(name, func(t *testing.T) {
			conn, peer := pair(t)
			w, told := observed(conn)
			breaks.do(conn, peer)
			if n, err := w.Write([]byte("lost")); n != 0 || !errors.Is(err, breaks.want) {
				t.Errorf("wrote %d, %v; want %v", n, err, breaks.want)
			}
			if got := told(); got != nil {
				t.Errorf("it waited: %v", got)
			}
		})
	}
}

func TestAConnectionWithoutASocketIsMeasuredAroundItsWrites(t *testing.T) {
	conn, peer := net.Pipe()
	go io.Copy(io.Discard, peer)
	w, told := observed(conn)
	if n, err := w.Write([]byte("whole")); n != 5 || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if got := told(); !slices.Equal(got, []bool{true, false}) {
		t.Errorf("told %v", got)
	}
	conn.Close()
}
