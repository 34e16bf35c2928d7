package server

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/administration"
)

// newSocketServer serves the administration of a folder to the peers of a local socket, without a broker.
func newSocketServer(t *testing.T, folder *Folder, group string) *grpc.Server {
	t.Helper()
	local := administration.New(administration.Config{Store: folder.Store, Authority: folder.Authority, Installation: folder.Installation}, "test")
	return socketServer(t.Context(), local, group)
}

func TestABrokerStopsInOrderAndCanBeStartedAgain(t *testing.T) {
	path := newFolder(t)
	first := serve(t, path)
	installation, err := first.Administration.Installation(t.Context())
	if err != nil || !installation.Running || len(installation.Addresses) != 1 || installation.Addresses[0] != first.Address.String() {
		t.Errorf("%+v, %v", installation, err)
	}
	first.stop(t)
	if _, err := os.Stat(filepath.Join(path, socketFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket stays behind: %v", err)
	}
	if connection, err := net.Dial("tcp", first.Address.String()); err == nil {
		connection.Close()
		t.Error("the port is still open")
	}
	second := serve(t, path)
	again, err := second.Administration.Installation(t.Context())
	if err != nil || again.ID != installation.ID || again.CAPin != installation.CAPin {
		t.Errorf("after a restart it is %+v, %v", again, err)
	}
}

func TestAWatchEndsWithItsBroker(t *testing.T) {
	running := serve(t, newFolder(t))
	client, closing, err := Attach(t.Context(), running.path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	seen, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- client.Watch(t.Context(), time.Minute, func(engine.Snapshot) error { seen <- struct{}{}; return nil })
	}()
	<-seen
	running.stop(t)
	if err := <-ended; !errors.Is(err, engine.ErrNoBroker) || !strings.Contains(err.Error(), "it stops") {
		t.Error(err)
	}
}

func TestASocketThatAKilledBrokerLeftIsNoObstacle(t *testing.T) {
	path := found(t)
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(path, socketFile)})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	left.Close()
	a, closing, err := Reach(t.Context(), Options{Path: path}, "test")
	if err != nil {
		t.Fatal(err)
	}
	if installation, err := a.Installation(t.Context()); err != nil || installation.Running {
		t.Errorf("%+v, %v", installation, err)
	}
	if err := closing(); err != nil {
		t.Fatal(err)
	}
	serve(t, path)
}

func TestAPortOrFolderThatIsTakenIsNamedAndTheOtherBrokerGoesOn(t *testing.T) {
	running := serve(t, newFolder(t))
	taken := Serve(t.Context(), ServeOptions{Options: Options{Path: newFolder(t)}, Listen: running.Address.String()})
	if taken == nil || !strings.Contains(taken.Error(), "--listen") || !strings.Contains(taken.Error(), running.Address.String()) || !strings.Contains(taken.Error(), "another program") {
		t.Errorf("the port: %v", taken)
	}
	inUse := Serve(t.Context(), ServeOptions{Options: Options{Path: running.path, Program: "second"}, Listen: "127.0.0.1:0"})
	if !errors.Is(inUse, engine.ErrFolderInUse) || !strings.Contains(inUse.Error(), "lockwired serve") {
		t.Errorf("the folder: %v", inUse)
	}
	client, closing, err := Attach(t.Context(), running.path)
	if err != nil {
		t.Fatal("the first broker's socket is gone:", err)
	}
	defer closing()
	if _, err := client.Sessions(t.Context()); err != nil {
		t.Error(err)
	}
	foreign := Serve(t.Context(), ServeOptions{Options: Options{Path: newFolder(t)}, Listen: "192.0.2.1:0"})
	if foreign == nil || !strings.Contains(foreign.Error(), "this machine has no address 192.0.2.1") {
		t.Errorf("an address of another machine: %v", foreign)
	}
	wrong := Serve(t.Context(), ServeOptions{Options: Options{Path: newFolder(t)}, Listen: "127.0.0.1:0", Advertise: []string{"nowhere"}})
	if wrong == nil || !strings.Contains(wrong.Error(), "nowhere") {
		t.Errorf("an address that is none: %v", wrong)
	}
}

func TestWhereABrokerListensSaysWhereItIsReached(t *testing.T) {
	one := ownAddresses(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 6170})
	if !slices.Equal(one, []string{"192.0.2.7:6170"}) {
		t.Errorf("one address: %v", one)
	}
	all := ownAddresses(&net.TCPAddr{IP: net.IPv6unspecified, Port: 6170})
	if len(all) == 0 {
		t.Fatal("no address")
	}
	for _, address := range all {
		host, port, err := net.SplitHostPort(address)
		if err != nil || port != "6170" || net.ParseIP(host) == nil || net.ParseIP(host).IsUnspecified() {
			t.Errorf("%q is no address of this machine, %v", address, err)
		}
	}
}

func TestWithoutABrokerTheFolderItselfIsEdited(t *testing.T) {
	path := found(t)
	a, closing, err := Reach(t.Context(), Options{Path: path, Program: "test"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	rule := engine.Rule{Name: "Nightly", Enabled: true, Encrypt: true, Source: []engine.Selector{selector(t, "any")}, Target: []engine.Selector{selector(t, "10.0.0.1")}}
	if _, err := a.Apply(t.Context(), engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	entries, err := a.Audit(t.Context(), engine.AuditQuery{Thing: "Nightly"})
	if err != nil || len(entries) != 1 || string(entries[0].Who) != "data folder, "+thisUser() {
		t.Errorf("the audit says %+v, %v", entries, err)
	}
	if _, err := a.Sessions(t.Context()); !errors.Is(err, engine.ErrNoBroker) {
		t.Errorf("sessions: %v", err)
	}
	if _, _, err := Reach(t.Context(), Options{Path: path, Program: "second"}, "test"); !errors.Is(err, engine.ErrFolderInUse) {
		t.Errorf("a second one meanwhile: %v", err)
	}
	if err := closing(); err != nil {
		t.Fatal(err)
	}
	running := serve(t, path)
	set, err := running.Administration.RuleSet(t.Context())
	if err != nil || len(set.Rules) != 2 {
		t.Errorf("the broker has %+v, %v", set.Rules, err)
	}
	b, closing, err := Reach(t.Context(), Options{Path: path}, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	if installation, err := b.Installation(t.Context()); err != nil || !installation.Running {
		t.Errorf("a running broker was not found: %+v, %v", installation, err)
	}
	missing := newFolder(t)
	if _, _, err := Reach(t.Context(), Options{Path: missing}, "test"); err == nil || !strings.Contains(err.Error(), "lockwired serve --data "+missing) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("asking made the folder")
	}
}

func selector(t *testing.T, text string) engine.Selector {
	t.Helper()
	parsed, err := engine.ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
