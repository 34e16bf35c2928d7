package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
)

// socketPath is a short path for a local socket.
func socketPath(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "lw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return filepath.Join(folder, "lockwire", "front.sock")
}

func takeFirst(t *testing.T, path string, raise func() bool) *front {
	t.Helper()
	first, err := takeFront(t.Context(), path)
	if err != nil || first == nil {
		t.Fatalf("the first start got %v, %v", first, err)
	}
	t.Cleanup(first.close)
	first.serve(raise)
	return first
}

func TestASecondStartRaisesTheFirstAndIsTold(t *testing.T) {
	path := socketPath(t)
	var raised atomic.Int32
	takeFirst(t, path, func() bool { return raised.Add(1) > 0 })
	for range 3 {
		if second, err := takeFront(t.Context(), path); err != nil || second != nil {
			t.Fatalf("a second start got %v, %v", second, err)
		}
	}
	if raised.Load() != 3 {
		t.Errorf("raised %d times", raised.Load())
	}
}

func TestTheSocketIsForItsUserOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the folder's access list says it there")
	}
	path := socketPath(t)
	takeFirst(t, path, func() bool { return true })
	for name, most := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&^most != 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestTheSocketOfAConsoleThatDiedIsTakenOver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a pipe ends with its process there")
	}
	path := socketPath(t)
	os.MkdirAll(filepath.Dir(path), 0o700)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	var raised atomic.Int32
	takeFirst(t, path, func() bool { return raised.Add(1) > 0 })
	if second, err := takeFront(t.Context(), path); err != nil || second != nil || raised.Load() != 1 {
		t.Errorf("a second start got %v, %v; raised %d times", second, err, raised.Load())
	}
}

func TestWhatIsNotARequestRaisesNothing(t *testing.T) {
	path := socketPath(t)
	var raised atomic.Int32
	takeFirst(t, path, func() bool { return raised.Add(1) > 0 })
	for _, said := range []string{"raise?", "RAISE\n", "quit\nquit\n"} {
		conn, err := dialFront(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, said)
		if answer, _ := io.ReadAll(conn); len(answer) > 0 {
			t.Errorf("%q was answered %q", said, answer)
		}
		conn.Close()
	}
	if raised.Load() != 0 {
		t.Errorf("raised %d times", raised.Load())
	}
}

func TestAFirstConsoleThatHangsIsNamedAndItsSocketStays(t *testing.T) {
	path := socketPath(t)
	first, err := takeFront(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer first.close() // it never serves
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error, 1)
	go func() {
		_, err := takeFront(ctx, path)
		asked <- err
	}()
	conn, err := first.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.ReadFull(conn, make([]byte, len(raiseRequest)))
	cancel()
	if err := <-asked; !errors.Is(err, errDoesNotAnswer) {
		t.Errorf("it said %v", err)
	}
	if !frontIsTaken(path, fs.ErrExist) {
		t.Error("the socket is gone")
	}
}

func TestEachInstallationHasAFrontOfItsOwn(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	seen := map[string]bool{}
	for _, o := range []options{{data: "/a"}, {data: "/b"}, {broker: "a:6170"}, {broker: "b:6170"}} {
		path, err := frontSocket(o)
		if err != nil || seen[path] {
			t.Errorf("%+v: %s, %v", o, path, err)
		}
		seen[path] = true
	}
	one, _ := frontSocket(options{data: "/a"})
	same, _ := frontSocket(options{data: "/a/../a/"})
	if one != same {
		t.Errorf("%s and %s for one folder", one, same)
	}
}
