package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// quiet keeps the tests' output free of what the store logs.
var quiet = Options{Program: "test", Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}

// began is a moment with whole milliseconds, as columns keep it.
var began = time.Date(2027, 1, 31, 22, 15, 30, int(250*time.Millisecond), time.UTC)

func openIn(t testing.TB, folder string) *Store {
	t.Helper()
	s, err := Open(t.Context(), folder, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openNew(t testing.TB) *Store {
	t.Helper()
	return openIn(t, newFolder(t))
}

// newFolder names a data folder that is not there yet. It lies in memory where there is such a place: nothing that is tested
// depends on the disk, and waiting for a busy one thousands of times would.
func newFolder(t testing.TB) string {
	t.Helper()
	const memory = "/dev/shm"
	parent, err := os.MkdirTemp(memory, "lockwire-store-")
	if err != nil {
		parent = t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(parent); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(parent, "data")
}

// write does a change that must succeed.
func write(t testing.TB, s *Store, change func(engine.Transaction) error) {
	t.Helper()
	if err := s.Write(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// refuse does a change that must fail with an error.
func refuse(t testing.TB, s *Store, want error, change func(engine.Transaction) error) error {
	t.Helper()
	err := s.Write(t.Context(), change)
	if !errors.Is(err, want) {
		t.Fatalf("the error is %v, want %v", err, want)
	}
	return err
}

func ruleNamed(name string) engine.Rule {
	return engine.Rule{
		ID: engine.NewID(), Revision: 1, Name: name, Enabled: true,
		Source: selectors("192.168.0.1-192.168.0.255", "2001:db8:1::/48", "component:A & B"), Target: selectors("172.16.0.31", "public"),
	}
}

func selectors(texts ...string) (all []engine.Selector) {
	for _, text := range texts {
		s, err := engine.ParseSelector(text)
		if err != nil {
			panic(err)
		}
		all = append(all, s)
	}
	return all
}

func componentNamed(name string) engine.Component {
	return engine.Component{
		ID: engine.NewID(), Name: name, Role: engine.Repository, Tags: []string{"site-b", "archive"}, Joined: began,
		Key: engine.KeyID{1, 2, 3}, CertificateExpires: began.Add(7 * 24 * time.Hour),
		Report: engine.Report{
			Version: "1.0", OS: "linux", Architecture: "amd64", Machine: "m", Boot: "b",
			Interfaces: []engine.Address{{Address: netip.MustParseAddr("10.0.0.1"), Origin: engine.FromInterface, Interface: "eth0"}},
			Endpoints:  []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:6171")},
			Processor:  engine.Processor{Name: "CPU", Cores: 2, AES: []string{"AES-NI"}},
		},
		SeenFrom: netip.MustParseAddr("10.0.0.1"), LastSeen: began.Add(time.Minute),
	}
}

// receiptAt is a receipt whose id says the same moment as its beginning.
func receiptAt(at time.Time, source, target, route engine.ID, mode engine.Mode) engine.Receipt {
	id := idAt(at)
	return engine.Receipt{
		ID: id, Route: route, RouteName: "nightly", Source: source, SourceName: "web-1", Target: target, TargetName: "repo-1",
		ServiceName: "rest", Backend: "127.0.0.1:8000",
		Decision: engine.SessionDecision{Decision: engine.Decision{
			Mode: mode, By: engine.ByRule, Rules: []string{"Branch <uplink>"},
			Steps:      []engine.Step{{Name: "rule", Hit: true, Text: "the rule encrypts"}},
			Considered: []engine.Verdict{{Rule: "Branch <uplink>", Matched: true, Won: true, SourceAddress: "10.0.0.1", TargetAddress: "10.0.1.1", Text: "it encrypts"}},
			Names:      map[string]engine.NameMeaning{"tag:web": {Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}},
		}},
		Cipher: engine.AES256GCM, Group: "X25519MLKEM768", Endpoint: "10.0.1.1:6171", Began: at, Ended: at.Add(time.Hour),
		Key:     engine.KeyLife{Made: at, DestroyedSource: at.Add(time.Hour), SourceErasure: engine.ErasureProven},
		Traffic: engine.Traffic{ToTarget: 1 << 40, ToSource: 1 << 20, SourceCPU: time.Second, TargetCPU: time.Second}, AllFlows: 3,
		State: engine.SessionEnded, Reason: "no connection for 15 s",
	}
}

// idAt makes an id for a moment that is not now.
func idAt(at time.Time) engine.ID {
	b, err := engine.NewID().Bytes()
	if err != nil {
		panic(err)
	}
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	return engine.IDFromBytes(b)
}

func ids(receipts []engine.Receipt) (all []engine.ID) {
	for _, r := range receipts {
		all = append(all, r.ID)
	}
	return all
}

// must gives a value whose reading must not fail.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

var background = context.Background()

// countColumn scans a row of one number.
func countColumn(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) }

// cutNumber reads the number of `rule 7`.
func cutNumber(name string) (number int, found bool) {
	text, found := strings.CutPrefix(name, "rule ")
	number, err := strconv.Atoi(text)
	return number, found && err == nil
}
