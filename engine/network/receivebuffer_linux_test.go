package network

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// connections are the two ends of a TCP connection over loopback.
func connections(t *testing.T) (one, other *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialled.Close(); accepted.Close() })
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn)
}

func option(t *testing.T, conn net.Conn, level, name int) (value int) {
	t.Helper()
	var err error
	if controlled := RawConn(conn).Control(func(fd uintptr) { value, err = unix.GetsockoptInt(int(fd), level, name) }); controlled != nil || err != nil {
		t.Fatal(controlled, err)
	}
	return value
}

// fill writes until nothing was taken for a while, and gives how much was.
func fill(t *testing.T, conn net.Conn) (total int) {
	t.Helper()
	chunk := make([]byte, 64<<10)
	for {
		conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := conn.Write(chunk)
		if total += n; errors.Is(err, os.ErrDeadlineExceeded) {
			return total
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestReceiveBufferGrowsWithItsReaderAndNoFurther(t *testing.T) {
	sender, receiver := connections(t)
	room := NewRoom(4<<20, nil)
	var unsent []int
	var buffer ReceiveBuffer
	buffer.Bound(receiver, room, func(n int) { unsent = append(unsent, n) })
	buffer.bind()
	if buffer.size == 0 {
		t.Skip("this system cannot switch its tuning off")
	}
	began := option(t, receiver, unix.SOL_SOCKET, unix.SO_RCVBUF)
	go func() {
		_, _ = io.Copy(sender, io.LimitReader(zeros{}, 64<<20))
		sender.CloseWrite()
	}()
	chunk := make([]byte, 256<<10)
	for {
		n, err := receiver.Read(chunk)
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if buffer.Took(n) {
			if mark := option(t, receiver, unix.SOL_SOCKET, unix.SO_RCVLOWAT); mark != 1 {
				t.Fatalf("the mark is %d", mark)
			}
		}
	}
	size := option(t, receiver, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if size <= 2*began || size > 3<<20 {
		t.Errorf("it grew from %d to %d; want about 2.5 MiB", began, size)
	}
	if len(unsent) < 2 || unsent[0] != Unsent(began) || unsent[len(unsent)-1] > 1<<20 || unsent[len(unsent)-1] <= unsent[0] {
		t.Errorf("the other end was told to hold %v", unsent)
	}
}

func TestBufferIsBoundedOnceItsReaderHasReadSome(t *testing.T) {
	_, receiver := connections(t)
	var told []int
	var buffer ReceiveBuffer
	buffer.Bound(receiver, NewRoom(4<<20, nil), func(n int) { told = append(told, n) })
	bounded := func() bool {
		return option(t, receiver, unix.SOL_SOCKET, unix.SO_BUF_LOCK)&unix.SOCK_RCVBUF_LOCK != 0
	}
	if bounded() || buffer.Took(boundFrom-1) || bounded() || told != nil {
		t.Error("it was bounded before")
	}
	buffer.Took(1)
	if buffer.size == 0 {
		t.Skip("this system cannot switch its tuning off")
	}
	if !bounded() || len(told) != 1 {
		t.Errorf("it is not bounded, or the other end not told: %v", told)
	}
}

func TestReceiverThatDoesNotReadIsSentLittle(t *testing.T) {
	sender, receiver := connections(t)
	var buffer ReceiveBuffer
	buffer.Bound(receiver, NewRoom(4<<20, nil), nil)
	buffer.bind()
	if buffer.size == 0 {
		t.Skip("this system cannot switch its tuning off")
	}
	BoundUnsent(sender, 64<<10)
	if sent := fill(t, sender); sent > 512<<10 {
		t.Errorf("%d bytes were taken", sent)
	}
}

func TestBytesInFlightComeOnTop(t *testing.T) {
	var buffer ReceiveBuffer
	_, receiver := connections(t)
	room := NewRoom(192<<10, nil) // the system's own size is all of it
	buffer.Bound(receiver, room, nil)
	buffer.bind()
	if buffer.size == 0 {
		t.Skip("this system cannot switch its tuning off")
	}
	began := buffer.size
	if buffer.Took(began) || !buffer.full {
		t.Fatalf("it grew to %d within a room that is full", buffer.size)
	}
	if buffer.Took(64 << 20) {
		t.Error("it grew although its reader never waited")
	}
	buffer.Waits()
	buffer.since = buffer.since.Add(-time.Second) // a reader that always finds the queue empty, a second later
	if !buffer.Took(1<<40) || buffer.size <= began {
		t.Errorf("it did not grow for what is in flight: %d", buffer.size)
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Where the system's tuning cannot be switched off, as before Linux 5.14, and on a connection that nobody bounds, a mark lets the system
// make as much place: it stays small then.
func TestMarkIsSmallWhereNothingIsBounded(t *testing.T) {
	for _, test := range []struct {
		name   string
		buffer ReceiveBuffer
		want   int
	}{
		{"bounded", ReceiveBuffer{size: 128 << 10}, 8 << 20},
		{"not bounded", ReceiveBuffer{}, DefaultBuffer / 2},
		{"its tuning cannot be switched off", ReceiveBuffer{mark: 512 << 10}, 512 << 10},
	} {
		if got := test.buffer.Mark(8 << 20); got != test.want {
			t.Errorf("%s: %d; want %d", test.name, got, test.want)
		}
	}
	if got := (&ReceiveBuffer{}).Mark(1); got != 1 {
		t.Errorf("a small mark became %d", got)
	}
}
