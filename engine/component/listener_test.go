package component

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/machine"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/wire"
)

func TestARouteFollowsTheListenListWithoutARestart(t *testing.T) {
	b := newFakeBroker(t)
	folder, _ := joined(t, b, "machine")
	log := newLogBook()
	c, err := New(t.Context(), Config{
		Folder: folder, Listen: "127.0.0.1:0", System: &componenttest.System{Addresses: componenttest.Addresses("10.0.0.1")},
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.listener.Close()
	_, port, err := net.SplitHostPort(loopback.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	a := c.attachments[0]
	id := engine.NewID()
	if err := a.routes.Replace([]*wire.Route{{Id: wire.IDBytes(id), Name: "route", Listen: "0.0.0.0:" + port}}); err != nil {
		t.Fatal(err)
	}
	defer a.routes.Close()
	r := a.routes.Get(id)
	_, entry, found := strings.Cut(r.Problem(), "lockwire-agent allow-listen add ")
	if !found {
		t.Fatalf("before: %q", r.Problem())
	}
	if err := machine.AddListens(folder, entry); err != nil { // the advice is followed to the letter
		t.Fatal(err)
	}
	a.poll()
	if r.Problem() != "" {
		t.Fatalf("once it is allowed: %q", r.Problem())
	}
	a.poll()
	if times := strings.Count(log.String(), `"route listens"`); times != 1 {
		t.Errorf("it began to listen %d times, and nothing has changed since the first", times)
	}
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := machine.RemoveListen(folder, entry); err != nil {
		t.Fatal(err)
	}
	a.poll()
	if r.Problem() == "" {
		t.Error("it listens though that is not allowed any more")
	}
	if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
		conn.Close()
		t.Error("it still takes connections")
	}
}
