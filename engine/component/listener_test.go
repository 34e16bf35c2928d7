package component

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/machine"
)

func TestARouteFollowsTheListenListWithoutARestart(t *testing.T) {
	b := newFakeBroker(t)
	folder, _ := joined(t, b, "machine")
	c, err := New(t.Context(), Config{Folder: folder, Listen: "127.0.0.1:0", System: &componenttest.System{Addresses: componenttest.Addresses("10.0.0.1")}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	free, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	a := c.attachments[0]
	r := newRoute(a, engine.NewID(), "route", fmt.Sprintf("0.0.0.0:%d", port))
	defer r.close()
	_, entry, found := strings.Cut(r.state().problem, "lockwire-agent allow-listen add ")
	if !found {
		t.Fatalf("before: %q", r.state().problem)
	}
	if err := machine.AddListens(folder, entry); err != nil { // the advice is followed to the letter
		t.Fatal(err)
	}
	a.poll()
	if !r.retry() && r.state().problem != "" {
		t.Fatalf("once it is allowed: %q", r.state().problem)
	}
	if r.retry() {
		t.Error("it listened anew though nothing has changed")
	}
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := machine.RemoveListen(folder, entry); err != nil {
		t.Fatal(err)
	}
	a.poll()
	if !r.retry() && r.state().problem == "" {
		t.Error("it listens though that is not allowed any more")
	}
	if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
		conn.Close()
		t.Error("it still takes connections")
	}
}
