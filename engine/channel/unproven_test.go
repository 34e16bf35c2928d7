package channel

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"lockwire/engine/network"
)

func TestAHandshakeThatBreaksOffSaysWhatWasSeen(t *testing.T) {
	other := errors.New("the peer's key is another")
	for name, c := range map[string]struct {
		seen *feed
		err  error
		want string
	}{
		"reset before any answer":   {&feed{sent: 1700}, network.ConnectionReset, "cut before any answer"},
		"closed before any answer":  {&feed{sent: 1700}, io.EOF, "1700 bytes of the handshake were sent"},
		"cut after an answer":       {&feed{sent: 1700, received: 90}, io.ErrUnexpectedEOF, "90 came back"},
		"lost on the way there":     {&feed{sent: 1700, closing: network.Info{Unacknowledged: true}}, context.DeadlineExceeded, "lower the MTU of this machine's"},
		"given up by the system":    {&feed{sent: 1700}, network.ConnectionTimedOut, "lower the MTU of this machine's"},
		"lost on the way back":      {&feed{sent: 1700}, context.DeadlineExceeded, "compare the MTU"},
		"lost in mid-handshake":     {&feed{sent: 1700, received: 90}, os.ErrDeadlineExceeded, "lower the MTU of the target's"},
		"nothing was sent":          {&feed{}, context.DeadlineExceeded, context.DeadlineExceeded.Error()},
		"something else went wrong": {&feed{sent: 1700, received: 900}, other, other.Error()},
	} {
		err := explainHandshake(c.seen, c.err)
		if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func TestAConnectionThatIsResetInsteadOfAnsweredIsToldWithItsBytes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		conn.Read(make([]byte, 1))
		network.SetReset(conn)
		conn.Close()
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Handshake(context.Background(), conn, newPair(t, nil).source)
	if err == nil || !strings.Contains(err.Error(), "cut before any answer") || strings.Contains(err.Error(), " 0 bytes") {
		t.Errorf("got %v", err)
	}
}
