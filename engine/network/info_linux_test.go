package network

import (
	"net"
	"testing"
	"time"
)

func pair(t *testing.T) (dialled, accepted net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if dialled, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if accepted, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialled.Close(); accepted.Close() })
	return dialled, accepted
}

// The receiver reads nothing: its window closes, and its system goes on answering.
func TestAClosedWindowIsNotUnacknowledged(t *testing.T) {
	conn, _ := pair(t)
	conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
	for {
		if _, err := conn.Write(make([]byte, 1<<20)); err != nil {
			break
		}
	}
	info, ok := ReadInfo(conn)
	if !ok || info.Closed || info.Unacknowledged || info.Acknowledged == 0 {
		t.Errorf("%+v, %v", info, ok)
	}
}

func TestAConnectionThatWasResetIsClosed(t *testing.T) {
	conn, peer := pair(t)
	if info, ok := ReadInfo(conn); !ok || info.Closed {
		t.Fatalf("before: %+v, %v", info, ok)
	}
	SetReset(peer)
	peer.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Fatal("it was not reset")
	}
	if info, ok := ReadInfo(conn); !ok || !info.Closed {
		t.Errorf("after: %+v, %v", info, ok)
	}
}
