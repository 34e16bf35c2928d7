package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"lockwire/engine/enginetest/loopback"
)

// dialSocketOf, where it is set, makes the test program a client of a local socket: it asks who it is there and ends.
const dialSocketOf = "LOCKWIRE_TEST_DIAL_SOCKET_OF"

func TestMain(m *testing.M) {
	if folder := os.Getenv(dialSocketOf); folder != "" {
		os.Exit(askWhoAmI(folder))
	}
	os.Exit(m.Run())
}

func askWhoAmI(folder string) int {
	client, closing, err := Attach(context.Background(), folder)
	if err != nil {
		fmt.Println("refused:", err)
		return 1
	}
	defer closing()
	installation, err := client.Installation(context.Background())
	if err != nil {
		fmt.Println("refused:", err)
		return 1
	}
	fmt.Println(installation.Who)
	return 0
}

// newFolder is a path for a data folder, short enough for a socket in it.
func newFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "lw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return filepath.Join(folder, "data")
}

// open opens a data folder and closes it when the test ends.
func open(t *testing.T, path string) *Folder {
	t.Helper()
	folder, err := OpenFolder(t.Context(), Options{Path: path, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return folder
}

// found makes a new installation and closes it.
func found(t *testing.T) string {
	t.Helper()
	path := newFolder(t)
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// serving is a broker that runs in the test.
type serving struct {
	*Running
	path   string
	cancel context.CancelFunc
	ended  chan error
}

// serve brings a broker up on a data folder; it is stopped when the test ends.
func serve(t *testing.T, path string, edits ...func(*ServeOptions)) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &serving{path: path, cancel: cancel, ended: make(chan error, 1)}
	ready := make(chan *Running, 1)
	options := ServeOptions{
		Options: Options{Path: path, Program: "lockwired serve"}, Listen: loopback.Address(t), Version: "test", Ready: func(r *Running) { ready <- r },
	}
	for _, edit := range edits {
		edit(&options)
	}
	go func() { s.ended <- Serve(ctx, options) }()
	select {
	case s.Running = <-ready:
	case err := <-s.ended:
		cancel()
		t.Fatalf("it does not come up: %v", err)
	}
	t.Cleanup(func() {
		if s.cancel != nil {
			s.stop(t)
		}
	})
	return s
}

// stop ends the broker in order.
func (s *serving) stop(t *testing.T) {
	t.Helper()
	s.cancel()
	s.cancel = nil
	if err := <-s.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}
