package channel

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

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
		"lost, and given up there":  {&feed{sent: 1700, closing: network.Info{Unacknowledged: true, SinceAcknowledged: 2 * time.Second}}, network.ConnectionReset, "lower the MTU of this machine's"},
		"reset at once, unread":     {&feed{sent: 1700, closing: network.Info{Unacknowledged: true, SinceAcknowledged: 20 * time.Millisecond}}, network.ConnectionReset, "cut before any answer: either"},
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

// The port of this end is another one each time: with it in the words no two refusals would be alike, and each would leave a receipt.
func TestTheWordsForAHandshakeThatBrokeAreTheSameEachTime(t *testing.T) {
	broke := func(port int) error {
		return explainHandshake(&feed{sent: 1700}, &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: port}, Addr: &net.TCPAddr{Port: 6171}, Err: network.ConnectionReset})
	}
	if first, second := broke(40001), broke(40002); first.Error() != second.Error() || !errors.Is(first, network.ConnectionReset) {
		t.Errorf("%v\n%v", first, second)
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
