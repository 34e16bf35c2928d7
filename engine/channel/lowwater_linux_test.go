package channel

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// markOf reads a channel's SO_RCVLOWAT from the kernel.
func markOf(t *testing.T, c *Conn) int {
	t.Helper()
	var value int
	var failed error
	if err := c.in.water.raw.Control(func(fd uintptr) { value, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return value
}

// park gives two ends over TCP of which the second one has just read a large record and was not asked for another one.
func park(t *testing.T) (src, dst *Conn) {
	t.Helper()
	src, dst = connect(t, newPair(t, nil))
	large := sealed(t, src, parkFrom)
	sent := make(chan error, 1)
	go func() {
		_, err := src.conn.Write(large)
		sent <- err
	}()
	if n, err := dst.Read(make([]byte, parkFrom)); n != parkFrom || err != nil {
		t.Fatalf("read %d, %v", n, err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if got := markOf(t, dst); got <= MaximumPlaintext+overhead { // the kernel caps it
		t.Fatalf("SO_RCVLOWAT is %d after a large record", got)
	}
	return src, dst
}

// sealed is the record of size bytes of plaintext that src would send next.
func sealed(t *testing.T, src *Conn, size int) []byte {
	t.Helper()
	record, err := src.out.sealer.seal(make([]byte, size+overhead), typeData, make([]byte, size))
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// awaitQueued returns once n bytes wait to be read.
func awaitQueued(t *testing.T, c *Conn, n int) {
	t.Helper()
	for queued := 0; queued < n; {
		var failed error
		if err := c.in.water.raw.Control(func(fd uintptr) { queued, failed = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
	}
}

func TestLowWaterFollowsWhatIsMissing(t *testing.T) {
	src, dst := connect(t, newPair(t, nil))
	record := sealed(t, src, 100_000)
	var read sync.WaitGroup
	read.Go(func() {
		if n, err := io.ReadFull(dst, make([]byte, 100_001)); n != 100_001 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
	})
	for _, part := range [][]byte{record[:1], record[1:20], record[20:50_000], record[50_000 : len(record)-1], record[len(record)-1:]} {
		if _, err := src.conn.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := src.Write([]byte("x")); err != nil { // one byte wakes the reader again
		t.Fatal(err)
	}
	read.Wait()
}

// Whatever part of what follows arrives while the reader is busy, and however little, it does not wait for more.
func TestNoByteWaitsForAParkedMark(t *testing.T) {
	const size = 200_000
	for name, early := range map[string]int{
		"nothing": 0, "a byte of the header": 1, "the header": firstRead, "some of the body": 5000, "all but a byte": size + overhead - 1, "all": size + overhead,
	} {
		t.Run(name, func(t *testing.T) {
			src, dst := park(t)
			record := sealed(t, src, size)
			write := func(p []byte) {
				if _, err := src.conn.Write(p); err != nil {
					t.Error(err)
				}
			}
			write(record[:early])
			awaitQueued(t, dst, early)
			read := make(chan error, 1)
			go func() {
				if err := dst.WaitReadable(); err != nil {
					read <- err
					return
				}
				_, err := io.ReadFull(dst, make([]byte, size))
				read <- err
			}()
			write(record[early:])
			if err := <-read; err != nil {
				t.Fatal(err)
			}
			// The peer says one thing more and keeps the connection open: nothing but these few bytes can end the wait.
			if _, err := src.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if n, err := dst.Read(make([]byte, 10)); n != 1 || err != nil {
				t.Errorf("read %d, %v", n, err)
			}
		})
	}
}

func TestEndAndResetAreSeenByAParkedReader(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(src *Conn) error
		want error
	}{
		"end":   {(*Conn).CloseWrite, io.EOF},
		"reset": {func(src *Conn) error { src.Reset(); return nil }, ErrTruncated},
		"cut":   {func(src *Conn) error { return src.conn.(*net.TCPConn).CloseWrite() }, ErrTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			src, dst := park(t)
			read := make(chan error, 1)
			go func() {
				_, err := dst.Read(make([]byte, 10))
				read <- err
			}()
			if err := c.do(src); err != nil {
				t.Fatal(err)
			}
			if err := <-read; !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// Questions and answers that follow on streams cross at once in both directions: each waits for the one before.
func TestMessagesBetweenStreamsCross(t *testing.T) {
	src, dst := connect(t, newPair(t, nil))
	stream := bytes.Repeat([]byte("stream "), 300_000)
	for range 3 {
		sent := make(chan error, 1)
		go func() {
			_, err := src.Write(stream)
			sent <- err
		}()
		if _, err := io.ReadFull(dst, make([]byte, len(stream))); err != nil {
			t.Fatal(err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for _, way := range [][2]*Conn{{src, dst}, {dst, src}} {
				if _, err := way[0].Write([]byte("a word")); err != nil {
					t.Fatal(err)
				}
				if n, err := way[1].Read(make([]byte, 10)); n != 6 || err != nil {
					t.Fatalf("read %d, %v", n, err)
				}
			}
		}
	}
}

// An interactive flow pays no system call for the mark.
func TestSmallRecordsLeaveTheMarkAlone(t *testing.T) {
	src, dst := connect(t, newPair(t, nil))
	for range 100 {
		if _, err := src.Write(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if _, err := dst.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if dst.in.water.present != 0 || markOf(t, dst) > 1 {
		t.Errorf("the mark was set to %d, SO_RCVLOWAT is %d", dst.in.water.present, markOf(t, dst))
	}
}

// While a large record comes in, its reader holds no buffer for it: WaitReadable returns once all of it can be read at once.
func TestALargeRecordIsAwaitedWhole(t *testing.T) {
	const size = 100_000
	src, dst := connect(t, newPair(t, nil))
	waits := make(chan bool, 10)
	dst.OnWait(func(begins bool) { waits <- begins }, func(bool) {})
	record := sealed(t, src, size)
	half := len(record) / 2
	if _, err := src.conn.Write(record[:half]); err != nil {
		t.Fatal(err)
	}
	awaitQueued(t, dst, half)
	readable := make(chan error, 1)
	go func() { readable <- dst.WaitReadable() }()
	if begins := <-waits; !begins {
		t.Fatal("the end of a wait was told first")
	}
	if len(readable) > 0 {
		t.Error("half of a record is readable")
	}
	if _, err := src.conn.Write(record[half:]); err != nil {
		t.Fatal(err)
	}
	if err := <-readable; err != nil {
		t.Fatal(err)
	}
	if begins := <-waits; begins {
		t.Error("the wait did not end")
	}
	if n, err := dst.Read(make([]byte, size)); n != size || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	if len(waits) > 0 {
		t.Error("reading waited once more")
	}
}

func TestAnEndInTheMiddleOfALargeRecordIsSeen(t *testing.T) {
	for name, do := range map[string]func(src *Conn) error{
		"reset": func(src *Conn) error { src.Reset(); return nil },
		"cut":   func(src *Conn) error { return src.conn.(*net.TCPConn).CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			src, dst := connect(t, newPair(t, nil))
			waits := make(chan bool, 10)
			dst.OnWait(func(begins bool) { waits <- begins }, func(bool) {})
			if _, err := src.conn.Write(sealed(t, src, 100_000)[:50_000]); err != nil {
				t.Fatal(err)
			}
			awaitQueued(t, dst, 50_000)
			read := make(chan error, 1)
			go func() {
				if err := dst.WaitReadable(); err != nil {
					read <- err
					return
				}
				_, err := dst.Read(make([]byte, 100_000))
				read <- err
			}()
			<-waits
			if err := do(src); err != nil {
				t.Fatal(err)
			}
			if err := <-read; !errors.Is(err, ErrTruncated) {
				t.Errorf("got %v, want ErrTruncated", err)
			}
		})
	}
}

// A sender whose peer takes no more keeps the record, not the buffer that the plaintext came in.
func TestARecordThatWaitsHoldsNoPlaintext(t *testing.T) {
	src, dst := connect(t, newPair(t, nil))
	var lent []bool // while the peer took no more
	src.OnWait(func(bool) {}, func(begins bool) {
		if begins {
			lent = append(lent, src.out.lent != nil)
			go io.Copy(io.Discard, dst)
		}
	})
	for len(lent) == 0 {
		if err := src.Commit(len(src.Buffer())); err != nil {
			t.Fatal(err)
		}
	}
	if lent[0] {
		t.Error("the buffer of a record that is sealed is held while it is sent")
	}
}
