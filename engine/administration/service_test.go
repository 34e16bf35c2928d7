package administration

import (
	"bytes"
	"context"
	"errors"
	"net"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// newClient is a client of a service, over a connection in memory, that acts with a role.
func newClient(t *testing.T, local *Local, role engine.AdministratorRole) *Client {
	t.Helper()
	return newClientOf(t, local, "administrator Ann", role)
}

// newClientOf is the console of an administrator elsewhere.
func newClientOf(t *testing.T, local *Local, who engine.Actor, role engine.AdministratorRole) *Client {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	Register(server, NewService(func(context.Context) (*Local, error) { return local.As(who, role), nil }))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		connection.Close()
		server.Stop()
		<-served
	})
	return NewClient(connection, "0.1.0")
}

func TestWhoMayOnlyViewChangesNothing(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayView)
	ctx := t.Context()
	if set, err := client.RuleSet(ctx); err != nil || len(set.Rules) != 1 {
		t.Errorf("viewing rules: %v", err)
	}
	rule := encryptRule("Nightly")
	if _, err := client.Preview(ctx, engine.Change{AddRule: &rule}); err != nil {
		t.Errorf("a preview changes nothing, but: %v", err)
	}
	attempts := map[string]func() error{
		"apply": func() error {
			_, err := client.Apply(ctx, engine.Change{AddRule: &rule}, engine.Confirmation{})
			return err
		},
		"token":   func() error { _, err := client.NewToken(ctx, engine.TokenRequest{}); return err },
		"service": func() error { _, err := client.PutService(ctx, engine.Service{}); return err },
		"route": func() error {
			_, err := client.Apply(ctx, engine.Change{PutRoute: &engine.RouteEdit{}}, engine.Confirmation{})
			return err
		},
		"unroute": func() error {
			_, err := client.Apply(ctx, engine.Change{RemoveRoute: f.route.ID}, engine.Confirmation{})
			return err
		},
		"unserve": func() error { return client.RemoveService(ctx, f.route.Service) },
		"test":    func() error { _, err := client.TestRoute(ctx, engine.RouteTest{}); return err },
		"cut":     func() error { return client.Cut(ctx, engine.NewID()) },
		"drain":   func() error { return client.Drain(ctx, engine.DrainOrder{Components: []engine.ID{f.source.ID}}) },
		"revoke":  func() error { return client.RevokeAdministrator(ctx, engine.NewID()) },
		"backup":  func() error { return client.Backup(ctx, []byte("a long passphrase"), &bytes.Buffer{}) },
	}
	for name, attempt := range attempts {
		if err := attempt(); !errors.Is(err, engine.ErrNotAllowed) {
			t.Errorf("%s: %v, wanted not allowed", name, err)
		}
	}
}

func TestErrorsKeepTheirKindOnTheWayToTheClient(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &rule})
	client := newClient(t, f.Local, engine.MayChange)
	ctx := t.Context()

	effect, err := client.Apply(ctx, engine.Change{RemoveRule: f.rule(t, "Nightly").ID}, engine.Confirmation{})
	if !errors.Is(err, engine.ErrNeedsConfirmation) || effect.LosesEncryption() != 1 {
		t.Errorf("a confirmation: %v, with the effect %+v", err, effect)
	}
	again := encryptRule("nightly")
	_, err = client.Apply(ctx, engine.Change{AddRule: &again}, engine.Confirmation{})
	var field *engine.FieldError
	if !errors.Is(err, engine.ErrNameTaken) || !errors.As(err, &field) || field.Field != "name" {
		t.Errorf("a taken name: %v", err)
	}
	if _, err = client.Receipt(ctx, engine.NewID()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a receipt that is not there: %v", err)
	}
}

func TestTheClientSeesWhatTheBrokerSees(t *testing.T) {
	f := newFixture(t)
	f.broker.sessions = []engine.Session{{ID: engine.NewID(), State: engine.SessionLive, Cipher: engine.AES256GCM, Began: moment}}
	client := newClient(t, f.Local, engine.MayChange)
	want, err := f.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Rules, want.Rules) || got.Settings != want.Settings {
		t.Errorf("rule set %+v, wanted %+v", got, want)
	}
	stop := errors.New("seen enough")
	err = client.Watch(t.Context(), fastestWatch, func(snapshot engine.Snapshot) error {
		if len(snapshot.Components) != 2 || !reflect.DeepEqual(snapshot.Sessions, f.broker.sessions) {
			t.Errorf("snapshot %+v", snapshot)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestATokenNamesAMachineAndIsKeptOnlyAsAHash(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	request := engine.TokenRequest{Kind: engine.JoinComponent, Name: "tape-1", Role: engine.Tape}
	token, err := client.NewToken(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := identity.ParseToken(token.Secret)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := f.Store.JoinToken(t.Context(), parsed.Hash())
	if err != nil || kept.Name != "tape-1" || kept.Role != engine.Tape || !kept.Expires.Equal(moment.Add(identity.TokenLifetime)) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.Contains(string(entry.After), token.Secret) {
			t.Error("the audit has the token")
		}
	}
	request.Name = "SOURCE"
	if _, err := client.NewToken(t.Context(), request); !errors.Is(err, engine.ErrNameTaken) {
		t.Errorf("a taken name: %v", err)
	}
	var field *engine.FieldError
	request.Name = "Public"
	if _, err := client.NewToken(t.Context(), request); !errors.As(err, &field) || field.Field != "name" {
		t.Errorf("a name that rules have a meaning for: %v", err)
	}
}

func TestAnArchiveHoldsTheInstallation(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	var archive bytes.Buffer
	passphrase := []byte("correct horse battery")
	if err := client.Backup(t.Context(), []byte("short"), &archive); err == nil {
		t.Error("a short passphrase was taken")
	}
	archive.Reset()
	if err := client.Backup(t.Context(), passphrase, &archive); err != nil {
		t.Fatal(err)
	}
	read, err := ReadArchive(bytes.NewReader(archive.Bytes()), filepath.Join(t.TempDir(), "database"))
	if err != nil {
		t.Fatal(err)
	}
	if read.Manifest.Installation != f.Config.Installation || len(read.Manifest.Brokers) != 1 {
		t.Errorf("manifest %+v", read.Manifest)
	}
	if _, err := identity.ParseAuthority(read.Authority, []byte("another passphrase")); !errors.Is(err, identity.ErrPassphrase) {
		t.Errorf("opened with another passphrase: %v", err)
	}
	authority, err := identity.ParseAuthority(read.Authority, passphrase)
	if err != nil || authority.Installation() != f.Config.Installation {
		t.Fatalf("the authority: %v", err)
	}
	if err := read.Verify(authority); err != nil {
		t.Error(err)
	}
	whole := len(bytes.TrimRight(archive.Bytes(), "\x00")) // what a tar file ends with says nothing
	for cut := 0; cut < whole; cut += whole / 20 {
		if _, err := ReadArchive(bytes.NewReader(archive.Bytes()[:cut]), filepath.Join(t.TempDir(), "database")); err == nil {
			t.Errorf("an archive cut after %d bytes was taken", cut)
		}
	}
}

func TestAConsoleElsewhereLearnsOfTheLastFifteenMinutes(t *testing.T) {
	f := newFixture(t)
	f.broker.past = engine.Past{
		Moments: []engine.Throughput{{When: moment, Sealed: 5, Plain: 7}, {When: moment.Add(engine.PastStep), Sealed: 6}},
		Loads:   map[engine.ID]engine.PastLoad{f.source.ID: {Machine: []float32{-1, 1.5}, Agent: []float32{-1, 0.25}}},
	}
	past, err := newClient(t, f.Local, engine.MayView).Past(t.Context())
	if err != nil || !reflect.DeepEqual(past, f.broker.past) {
		t.Errorf("%+v, %v", past, err)
	}
	f.Local.Broker = nil
	if _, err := f.Local.Past(t.Context()); !errors.Is(err, engine.ErrNoBroker) {
		t.Errorf("without a broker: %v", err)
	}
}
