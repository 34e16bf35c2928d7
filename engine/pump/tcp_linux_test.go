package pump

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// option reads an integer socket option of a connection.
func option(t *testing.T, conn syscall.Conn, name int) int {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var value int
	var failed error
	if err := raw.Control(func(fd uintptr) { value, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, name) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return value
}

// lingersZero says whether closing the connection resets its peer.
func lingersZero(t *testing.T, conn syscall.Conn) bool {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var linger *unix.Linger
	var failed error
	if err := raw.Control(func(fd uintptr) { linger, failed = unix.GetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return linger.Onoff == 1 && linger.Linger == 0
}

// makeStream puts an end into the state that a turn of the watermark leaves it in.
func makeStream(t *testing.T, end *TCP) {
	t.Helper()
	end.socket.moved(watermark)
	if got := option(t, end.conn, unix.SO_RCVLOWAT); got <= watermark || !end.socket.streaming { // the kernel caps it
		t.Fatalf("SO_RCVLOWAT is %d while it streams and the pump is busy, want more than %d", got, watermark)
	}
}

func TestLargeTurnsMakeAConnectionStream(t *testing.T) {
	end, tool := tcpEnd(t)
	for n, want := range map[int]bool{1: false, watermark - 1: false, watermark: true} {
		end.socket.moved(n)
		if end.socket.streaming != want {
			t.Errorf("after a turn of %d bytes it streams: %v", n, end.socket.streaming)
		}
		if want {
			if err := end.socket.calm(); err != nil {
				t.Fatal(err)
			}
		}
	}
	// And a whole stream does: the pump reads while the tool writes, until turns have become large.
	go func() {
		for { // until the end is reset
			if _, err := tool.Write(make([]byte, 4*watermark)); err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 4*watermark)
	for !end.socket.streaming {
		if err := end.WaitReadable(); err != nil {
			t.Fatal(err)
		}
		n, err := end.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		sha256.Sum256(buffer[:n]) // a pump that is slower than its source
	}
	end.Reset()
}

func TestLastBytesOfAStreamDoNotWaitForTheWatermark(t *testing.T) {
	for name, last := range map[string][]byte{
		"a byte":                       {7},
		"a message":                    bytes.Repeat([]byte("m"), 100),
		"one byte below the watermark": bytes.Repeat([]byte("w"), watermark-1),
	} {
		t.Run(name, func(t *testing.T) {
			end, tool := tcpEnd(t)
			makeStream(t, end)
			sent := make(chan error, 1)
			go func() {
				_, err := tool.Write(last)
				sent <- err
			}()
			// The tool says nothing more and keeps the connection open: only the pump itself can end the wait.
			var got []byte
			for len(got) < len(last) {
				if err := end.WaitReadable(); err != nil {
					t.Fatal(err)
				}
				p := end.Buffer()
				n, err := end.Read(p)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, p[:n]...)
				end.Release()
			}
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, last) {
				t.Error("other bytes arrived")
			}
			if got := option(t, end.conn, unix.SO_RCVLOWAT); got != 1 {
				t.Errorf("SO_RCVLOWAT is %d after the silence, want 1", got)
			}
		})
	}
}

func TestEndOfAStreamDoesNotWaitForTheWatermark(t *testing.T) {
	end, tool := tcpEnd(t)
	makeStream(t, end)
	if err := tool.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := end.WaitReadable(); err != nil {
		t.Fatal(err)
	}
	if n, err := end.Read(end.Buffer()); n != 0 || err != io.EOF {
		t.Errorf("read %d, %v; want the end", n, err)
	}
}

func TestResetOfAStreamIsSeen(t *testing.T) {
	end, tool := tcpEnd(t)
	makeStream(t, end)
	reset(t, tool)
	err := end.WaitReadable()
	if err == nil {
		_, err = end.Read(end.Buffer())
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
}

// A message after a stream crosses the whole pump although nothing follows it, spliced or not.
func TestMessageAfterAStreamCrosses(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			local, tool := kind.local(t)
			remote, backend := kind.remote(t)
			done := start(t.Context(), local, remote, Options{})
			for range 3 {
				sent := make(chan error, 1)
				go func() {
					_, err := tool.Write(make([]byte, 16*watermark))
					sent <- err
				}()
				if _, err := io.CopyN(io.Discard, struct{ io.Reader }{backend}, 16*watermark); err != nil {
					t.Fatal(err)
				}
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
				for range 3 {
					send(t, tool, "last words")
					expect(t, backend, "last words")
				}
			}
			tool.CloseWrite()
			backend.CloseWrite()
			if end := <-done; end.err != nil {
				t.Error(end.err)
			}
		})
	}
}

func TestConnectionResetsWhateverHappensToTheProcess(t *testing.T) {
	end, tool := tcpEnd(t)
	if !lingersZero(t, end.conn) {
		t.Fatal("the kernel would close it cleanly")
	}
	// What the kernel does for a process that was killed: close, and nothing of the pump's before it.
	if err := end.conn.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(tool); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("tool read %v, want a reset", err)
	}
}

func TestTheEndComesWithTheLastBytes(t *testing.T) {
	end, tool := tcpEnd(t)
	if _, err := tool.Write([]byte("all of it")); err != nil {
		t.Fatal(err)
	}
	if err := tool.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	for !end.socket.ending { // until the system has the end, too
		if err := end.WaitReadable(); err != nil {
			t.Fatal(err)
		}
	}
	p := make([]byte, 100)
	if n, err := end.Read(p); string(p[:n]) != "all of it" || err != io.EOF {
		t.Errorf("read %q, %v", p[:n], err)
	}
}

func TestLastBytesAndTheEndLeaveTogether(t *testing.T) {
	// The system waits for the end for a fifth of a second, which a busy machine may take: one flow of several must show it.
	together := false
	for range 20 {
		end, tool := tcpEnd(t)
		before := segments(t, end.conn)
		if err := end.Finish(copy(end.Buffer(), "all of it"), false); err != nil {
			t.Fatal(err)
		}
		together = together || segments(t, end.conn) == before+1
		if got, err := io.ReadAll(tool); err != nil || string(got) != "all of it" {
			t.Errorf("the tool read %q, %v", got, err)
		}
	}
	if !together {
		t.Error("the end never left in the packet of the last bytes")
	}
}

func TestClosingSaysTheEnd(t *testing.T) {
	end, tool := tcpEnd(t)
	if err := end.Finish(copy(end.Buffer(), "all of it"), true); err != nil {
		t.Fatal(err)
	}
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(tool); err != nil || string(got) != "all of it" {
		t.Errorf("the tool read %q, %v", got, err)
	}
}

// segments is how many packets the system has sent over a connection.
func segments(t *testing.T, conn syscall.Conn) (sent int) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if failed = err; err == nil {
			sent = int(info.Segs_out)
		}
	}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return sent
}

func TestReadAllocatesNothing(t *testing.T) {
	end, tool := tcpEnd(t)
	message := make([]byte, 100)
	allocations := testing.AllocsPerRun(200, func() {
		if _, err := tool.Write(message); err != nil {
			t.Fatal(err)
		}
		if err := end.WaitReadable(); err != nil {
			t.Fatal(err)
		}
		if _, err := end.Read(end.Buffer()); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations a turn", allocations)
	}
	if err := end.conn.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
}

// told notes what an end tells of its waits, in order.
type told chan string

func (c told) observe(end *TCP) {
	note := func(what string) func(bool) {
		return func(begins bool) {
			if begins {
				c <- "waits to " + what
			} else {
				c <- what + "s"
			}
		}
	}
	end.OnWait(note("read"), note("write"))
}

func TestTCPEndTellsOnlyOfWaits(t *testing.T) {
	end, tool := tcpEnd(t)
	notes := make(told, 100)
	notes.observe(end)

	send(t, tool, "there already")
	for n := 0; n < len("there already"); { // it arrives by itself
		var err error
		if n, err = end.socket.count(); err != nil {
			t.Fatal(err)
		}
	}
	if err := end.WaitReadable(); err != nil {
		t.Fatal(err)
	}
	if _, err := end.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	copy(end.Buffer(), "taken at once")
	if err := end.Commit(len("taken at once")); err != nil {
		t.Fatal(err)
	}
	if len(notes) > 0 {
		t.Fatalf("nothing had to wait, and it told %q", <-notes)
	}

	waited := make(chan error, 1)
	go func() { waited <- end.WaitReadable() }()
	if note := <-notes; note != "waits to read" {
		t.Fatalf("told %q", note)
	}
	send(t, tool, "now")
	if err := <-waited; err != nil {
		t.Fatal(err)
	}
	if note := <-notes; note != "reads" {
		t.Errorf("told %q", note)
	}
	if len(notes) > 0 {
		t.Errorf("told more: %q", <-notes)
	}
}
