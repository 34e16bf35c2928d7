//go:build linux

package hosts

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The capture sees what passes between two hosts, on IPv4 and IPv6: else "no plaintext" would say nothing.
func TestTheCaptureSeesWhatPasses(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]*network{"IPv4": newNetwork(t, v4, "203.0.113.7"), "IPv6": newNetwork(t, v6, "2001:db8:77::7")} {
		marker := newMarker()
		capture := startCapture(t, n)
		listener := n.target.listen(t, n.target.on(dataPort))
		received := make(chan int64, 1)
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				received <- -1
				return
			}
			defer conn.Close()
			count, _ := io.Copy(io.Discard, conn)
			received <- count
		}()
		conn, err := n.source.dial(n.target.on(dataPort), ioWithin)
		if err != nil {
			t.Fatal(err)
		}
		text := marked(marker, largeFile)
		if _, err := conn.Write(text); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		if count := <-received; count != largeFile {
			t.Fatalf("%s: %d bytes arrived", name, count)
		}
		found := capture.end(t, marker, "something else")
		if found.packets[marker] == 0 || found.packets["something else"] != 0 {
			t.Errorf("%s: packets by word: %v", name, found.packets)
		}
		if found.dataPort < largeFile || found.dataPort > largeFile+largeFile/10 || found.unused != 0 {
			t.Errorf("%s: %d bytes of %d, %d packets on the unused interface", name, found.dataPort, largeFile, found.unused)
		}
	}
}

// A packet that does use the public interface is noticed.
func TestTheCaptureSeesTheUnusedInterface(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	capture := startCapture(t, n)
	if conn, err := n.source.dial("203.0.113.6:1", ioWithin); err == nil {
		conn.Close()
		t.Fatal("somebody listens there")
	}
	if found := capture.end(t); found.unused == 0 {
		t.Error("a connection over the public interface went unnoticed")
	}
}

// What a run that was killed left behind is removed by the next one, and nothing of a run that lives.
func TestLeftoversOfDeadRunsAreRemoved(t *testing.T) {
	needHosts(t)
	dead := runPrefix + "-4194303-1" // whoever has this number now was not started one tick after the boot
	namespace, folder := dead+"-1-source", filepath.Join(os.TempDir(), dead)
	ip(t, "netns", "add", namespace)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	left := start(t, command{on: &host{namespace: namespace}, name: "left behind", arguments: []string{"sleep", "600"}})
	mine := newNetwork(t, v4, "")
	// The process counts as the namespace's once it has entered it.
	eventually(t, ioWithin, "the process has entered the namespace", func() error {
		out, err := exec.Command("ip", "netns", "identify", strconv.Itoa(left.pid)).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != namespace {
			return fmt.Errorf("it is in %q: %v", out, err)
		}
		return nil
	})
	if err := sweep(); err != nil {
		t.Fatal(err)
	}
	<-left.done
	out, err := exec.Command("ip", "netns", "list").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), dead) || !strings.Contains(string(out), mine.router.namespace) {
		t.Errorf("the namespaces are now:\n%s", out)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}
