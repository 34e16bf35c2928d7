package pipe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// listen makes a pipe for a path of its own. The path need not be there.
func listen(t *testing.T) (string, net.Listener) {
	t.Helper()
	path := os.TempDir() + `\lockwire\` + t.Name() + ".sock"
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return path, listener
}

// dial opens a pipe.
func dial(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestTheMakerLearnsWhoOpenedThePipe(t *testing.T) {
	path, listener := listen(t)
	client := dial(t, strings.ToUpper(path))
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sid, err := Peer(server)
	if err != nil {
		t.Fatal(err)
	}
	if own, err := ownSID(); err != nil || !sid.Equals(own) {
		t.Errorf("the other end is %v, and this user %v, %v", sid, own, err)
	}
	if server.LocalAddr().String() != client.RemoteAddr().String() || server.LocalAddr().Network() != "pipe" {
		t.Errorf("%v and %v", server.LocalAddr(), client.RemoteAddr())
	}
}

func TestManyClientsTalkBothWaysAtOnce(t *testing.T) {
	path, listener := listen(t)
	var serving, talking sync.WaitGroup
	defer serving.Wait()
	defer listener.Close()
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				io.Copy(conn, conn)
			})
		}
	})
	for number := range 20 {
		talking.Go(func() {
			conn, err := Dial(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			said, heard := bytes.Repeat([]byte{byte(number)}, 3*bufferSize), make([]byte, 3*bufferSize)
			talking.Go(func() { conn.Write(said) })
			if _, err := io.ReadFull(conn, heard); err != nil || !bytes.Equal(said, heard) {
				t.Errorf("client %d heard something else: %v", number, err)
			}
		})
	}
	talking.Wait()
}

func TestADeadlineEndsARead(t *testing.T) {
	path, _ := listen(t)
	conn := dial(t, path)
	conn.SetDeadline(time.Unix(1, 0))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

func TestTheEndOfOneSideIsTheEndForTheOther(t *testing.T) {
	path, listener := listen(t)
	client := dial(t, path)
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := io.WriteString(client, "last words"); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if heard, err := io.ReadAll(server); err != nil || string(heard) != "last words" {
		t.Errorf("%q, %v", heard, err)
	}
}

func TestAClientThatCameAndWentDoesNotStandInTheWay(t *testing.T) {
	path, listener := listen(t)
	dial(t, path).Close()
	accepted := make(chan error, 2)
	go func() {
		for range 2 {
			conn, err := listener.Accept()
			if err == nil {
				conn.Close()
			}
			accepted <- err
		}
	}()
	dial(t, path)
	if err := <-accepted; err != nil {
		t.Error(err)
	}
}

func TestClosingEndsAccept(t *testing.T) {
	path, listener := listen(t)
	ended := make(chan error, 1)
	go func() {
		_, err := listener.Accept()
		ended <- err
	}()
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("it ended with %v", err)
	}
	if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
	if conn, err := Dial(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after that: %v, %v", conn, err)
	}
}

func TestASecondMakerIsRefused(t *testing.T) {
	path, _ := listen(t)
	if second, err := Listen(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v, %v", second, err)
	}
}

func TestAPipeThatIsBusyIsWaitedForAsLongAsTheContextLasts(t *testing.T) {
	path, _ := listen(t)
	dial(t, path) // and nobody accepts
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if conn, err := Dial(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, %v", conn, err)
	}
}

func TestTheMakersThatAreTrusted(t *testing.T) {
	own, err := ownSID()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		who, sid string
		want     bool
	}{
		{"this user", own.String(), true},
		{"the system", "S-1-5-18", true},
		{"administrators", "S-1-5-32-544", true},
		{"everybody", "S-1-1-0", false},
		{"another user", "S-1-5-21-1-2-3-1001", false},
		{"another service", "S-1-5-80-1-2-3-4-5", false},
	} {
		sid, err := windows.StringToSid(test.sid)
		if err != nil {
			t.Fatal(err)
		}
		if isTrusted(sid) != test.want {
			t.Errorf("%s: %v", test.who, !test.want)
		}
	}
}

func TestOnlyAPipeHasAPeer(t *testing.T) {
	one, other := net.Pipe()
	defer one.Close()
	defer other.Close()
	if _, err := Peer(one); err == nil {
		t.Error("a connection in memory has a peer")
	}
}
