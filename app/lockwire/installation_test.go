package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	"lockwire/store"
)

// needPorts skips the test where the ports of the console's own broker and component are taken.
func needPorts(t *testing.T) {
	t.Helper()
	for _, port := range []string{":6170", ":6171"} {
		listener, err := net.Listen("tcp", port)
		if err != nil {
			t.Skip("the console's broker and component would have no port: ", err)
		}
		listener.Close()
	}
}

// newInstallation is a data folder in which the console runs a broker of its own.
func newInstallation(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "lw") // short, for the path of the local socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	data := filepath.Join(folder, "data")
	records, err := store.Open(context.Background(), data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := records.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}
