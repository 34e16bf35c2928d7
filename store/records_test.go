package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestComponentsComeBackAsTheyWerePut(t *testing.T) {
	s := openNew(t)
	full := componentNamed("repo-1")
	full.LocalLimit = &engine.Limit{Value: 5, Unit: engine.MegabytesPerSecond}
	full.Revoked = began.Add(time.Hour)
	full.Drain = &engine.Drain{Since: began, Until: began.Add(time.Hour), By: "administrator ann"}
	bare := engine.Component{ID: engine.NewID(), Name: "Agent", Role: engine.Agent, Tags: []string{}, Joined: began}
	write(t, s, func(tx engine.Transaction) error { return errors.Join(tx.PutComponent(full), tx.PutComponent(bare)) })
	if d := cmp.Diff([]engine.Component{bare, full}, must[[]engine.Component](t)(s.Components(t.Context())), exactly); d != "" {
		t.Error(d)
	}
	full.Drain = &engine.Drain{Since: began, By: "administrator ann"}
	full.Tags, full.LocalLimit, full.Revoked, full.Report, full.SeenFrom = []string{"archive"}, nil, time.Time{}, engine.Report{}, netip.Addr{}
	write(t, s, func(tx engine.Transaction) error { return tx.PutComponent(full) })
	if d := cmp.Diff([]engine.Component{bare, full}, must[[]engine.Component](t)(s.Components(t.Context())), exactly); d != "" {
		t.Error(d)
	}
}

func TestOneComponentIsFoundByItsIDAndByTheNameThatIsTaken(t *testing.T) {
	s := openNew(t)
	revoked, present, other := componentNamed("Repo-Ä"), componentNamed("repo-ä"), componentNamed("else")
	revoked.Revoked = began.Add(time.Hour)
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(revoked), tx.PutComponent(present), tx.PutComponent(other))
	})
	for _, c := range []engine.Component{revoked, present} {
		if d := cmp.Diff(c, must[engine.Component](t)(s.Component(t.Context(), c.ID)), exactly); d != "" {
			t.Error(d)
		}
	}
	if d := cmp.Diff(present, must[engine.Component](t)(s.ComponentNamed(t.Context(), "REPO-Ä")), exactly); d != "" {
		t.Error(d)
	}
	if _, err := s.Component(t.Context(), engine.NewID()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("an unknown id: %v", err)
	}
	if _, err := s.ComponentNamed(t.Context(), "nobody"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestASightingChangesNothingThatAdministratorsSet(t *testing.T) {
	s := openNew(t)
	c := componentNamed("repo-1")
	c.LocalLimit = &engine.Limit{Value: 5, Unit: engine.MegabytesPerSecond}
	write(t, s, func(tx engine.Transaction) error { return tx.PutComponent(c) })
	seen := engine.Sighting{Report: engine.Report{Version: "2", Machine: "another"}, SeenFrom: netip.MustParseAddr("2001:db8::9"), LastSeen: began.Add(time.Hour)}
	write(t, s, func(tx engine.Transaction) error { return tx.PutSighting(c.ID, seen) })
	c.Report, c.SeenFrom, c.LastSeen = seen.Report, seen.SeenFrom, seen.LastSeen
	if d := cmp.Diff(c, must[engine.Component](t)(s.Component(t.Context(), c.ID)), exactly); d != "" {
		t.Error(d)
	}
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.PutSighting(engine.NewID(), seen) })
}

func TestServicesAndRoutesComeBackAsTheyWerePut(t *testing.T) {
	s := openNew(t)
	source, other, target := componentNamed("web-1"), componentNamed("web-2"), componentNamed("repo-1")
	service := engine.Service{ID: engine.NewID(), Name: "rest", Target: target.ID, Backend: "127.0.0.1:8000"}
	// The order of the sources is kept, and it is not that of their ids.
	listed := engine.Route{ID: engine.NewID(), Name: "nightly", Sources: []engine.ID{other.ID, source.ID}, Listen: "127.0.0.1:8000", Service: service.ID, Direction: engine.Push, LingerSeconds: 30, Enabled: true}
	tagged := engine.Route{ID: engine.NewID(), Name: "Pulled", SourceTag: "web", Listen: "[::1]:8001", Service: service.ID, Direction: engine.Pull}
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(source), tx.PutComponent(other), tx.PutComponent(target), tx.PutService(service), tx.PutRoute(listed), tx.PutRoute(tagged))
	})
	check := func() {
		t.Helper()
		if d := cmp.Diff([]engine.Service{service}, must[[]engine.Service](t)(s.Services(t.Context()))); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]engine.Route{listed, tagged}, must[[]engine.Route](t)(s.Routes(t.Context()))); d != "" {
			t.Error(d)
		}
	}
	check()
	service.Backend = "127.0.0.1:9000"
	listed.Sources, listed.SourceTag, listed.Enabled = nil, "web", false
	tagged.Sources, tagged.SourceTag = []engine.ID{source.ID}, ""
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutService(service), tx.PutRoute(listed), tx.PutRoute(tagged))
	})
	check()

	err := refuse(t, s, engine.ErrInUse, func(tx engine.Transaction) error { return tx.RemoveService(service.ID) })
	if want := `routes "nightly", "Pulled"`; !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not name %s", err, want)
	}
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.RemoveRoute(listed.ID), tx.RemoveRoute(tagged.ID))
	})
	write(t, s, func(tx engine.Transaction) error { return tx.RemoveService(service.ID) })
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.RemoveRoute(listed.ID) })
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.RemoveService(service.ID) })
}

func TestTheTablesThemselvesKeepAServiceThatARouteLeadsTo(t *testing.T) {
	s := openNew(t)
	target := componentNamed("repo-1")
	service := engine.Service{ID: engine.NewID(), Name: "rest", Target: target.ID, Backend: "127.0.0.1:8000"}
	route := engine.Route{ID: engine.NewID(), Name: "nightly", Sources: []engine.ID{target.ID}, Listen: "127.0.0.1:1", Service: service.ID, Direction: engine.Push}
	write(t, s, func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(target), tx.PutService(service), tx.PutRoute(route))
	})
	for _, statement := range []string{`DELETE FROM services`, `DELETE FROM components`} {
		refuse(t, s, engine.ErrInUse, func(tx engine.Transaction) error {
			return tx.(*transaction).execute("remove by hand", statement)
		})
	}
}

func TestRoutesAndServicesNeedWhatTheyLeadTo(t *testing.T) {
	s := openNew(t)
	target := componentNamed("repo-1")
	service := engine.Service{ID: engine.NewID(), Name: "rest", Target: target.ID, Backend: "127.0.0.1:8000"}
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.PutService(service) })
	write(t, s, func(tx engine.Transaction) error { return errors.Join(tx.PutComponent(target), tx.PutService(service)) })
	route := engine.Route{ID: engine.NewID(), Name: "nightly", Sources: []engine.ID{engine.NewID()}, Listen: "127.0.0.1:1", Service: service.ID, Direction: engine.Push}
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.PutRoute(route) })
	route.Sources, route.Service = []engine.ID{target.ID}, engine.NewID()
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.PutRoute(route) })
	if routes := must[[]engine.Route](t)(s.Routes(t.Context())); len(routes) != 0 {
		t.Errorf("a refused route was kept: %v", routes)
	}
}

func TestANameIsTakenWhateverItsCase(t *testing.T) {
	target := componentNamed("target")
	service := engine.Service{ID: engine.NewID(), Name: "service", Target: target.ID, Backend: "127.0.0.1:1"}
	kinds := map[string]func(engine.Transaction, string) error{
		"rule":      func(tx engine.Transaction, name string) error { return tx.PutRule(ruleNamed(name)) },
		"component": func(tx engine.Transaction, name string) error { return tx.PutComponent(componentNamed(name)) },
		"administrator": func(tx engine.Transaction, name string) error {
			return tx.PutAdministrator(engine.Administrator{ID: engine.NewID(), Name: name, Role: engine.MayView})
		},
		"service": func(tx engine.Transaction, name string) error {
			return tx.PutService(engine.Service{ID: engine.NewID(), Name: name, Target: target.ID, Backend: "127.0.0.1:1"})
		},
		"route": func(tx engine.Transaction, name string) error {
			return tx.PutRoute(engine.Route{ID: engine.NewID(), Name: name, SourceTag: "web", Listen: "127.0.0.1:1", Service: service.ID, Direction: engine.Push})
		},
	}
	for kind, put := range kinds {
		t.Run(kind, func(t *testing.T) {
			s := openNew(t)
			write(t, s, func(tx engine.Transaction) error { return errors.Join(tx.PutComponent(target), tx.PutService(service)) })
			for _, pair := range [][2]string{{"Branch", "bRANCH"}, {"Zürich", "ZÜRICH"}, {"Σίσυφος", "ΣΊΣΥΦΟΣ"}, {"Москва", "москва"}, {"\u212aelvin", "kelvin"}, {"K\u00f6ln", "ko\u0308LN"}, {"\uff41\uff42", "ab"}} {
				write(t, s, func(tx engine.Transaction) error { return put(tx, pair[0]) })
				refuse(t, s, engine.ErrNameTaken, func(tx engine.Transaction) error { return put(tx, pair[1]) })
			}
		})
	}
}

func TestTheNameOfARevokedComponentIsFree(t *testing.T) {
	s := openNew(t)
	lost := componentNamed("repo-1")
	lost.Revoked = began
	again := componentNamed("Repo-1")
	write(t, s, func(tx engine.Transaction) error { return errors.Join(tx.PutComponent(lost), tx.PutComponent(again)) })
	lost.Revoked = time.Time{}
	refuse(t, s, engine.ErrNameTaken, func(tx engine.Transaction) error { return tx.PutComponent(lost) })
}

func TestAdministratorsComeBackAsTheyWerePut(t *testing.T) {
	s := openNew(t)
	a := engine.Administrator{ID: engine.NewID(), Name: "ada", Role: engine.MayChange, Key: engine.KeyID{9}, Joined: began, CertificateExpires: began.Add(time.Hour)}
	write(t, s, func(tx engine.Transaction) error { return tx.PutAdministrator(a) })
	a.Role, a.Revoked = engine.MayView, began.Add(time.Minute)
	write(t, s, func(tx engine.Transaction) error { return tx.PutAdministrator(a) })
	if d := cmp.Diff([]engine.Administrator{a}, must[[]engine.Administrator](t)(s.Administrators(t.Context()))); d != "" {
		t.Error(d)
	}
}

func TestJoinTokensAreFoundByTheirHashUntilTheyAreRemoved(t *testing.T) {
	s := openNew(t)
	token := func(name string, expires, used time.Time) engine.JoinToken {
		return engine.JoinToken{
			ID: engine.NewID(), Hash: [32]byte{byte(len(name)), 0xff}, Kind: engine.JoinComponent, Name: name, Role: engine.Proxy,
			Tags: []string{"web"}, Made: began.Add(time.Duration(len(name)) * time.Second), Expires: expires, Used: used,
		}
	}
	open := token("a", began.Add(time.Hour), time.Time{})
	used := token("bb", began.Add(time.Hour), began.Add(time.Minute))
	expired := token("ccc", began.Add(time.Minute), time.Time{})
	administrator := engine.JoinToken{ID: engine.NewID(), Hash: [32]byte{77}, Kind: engine.JoinAdministrator, Name: "ada", Administrator: engine.MayChange, Tags: []string{}, Made: began.Add(time.Minute), Expires: began.Add(time.Hour)}
	all := []engine.JoinToken{open, used, expired, administrator}
	write(t, s, func(tx engine.Transaction) error {
		for _, one := range all {
			if err := tx.PutJoinToken(one); err != nil {
				return err
			}
		}
		return nil
	})
	if d := cmp.Diff(all, must[[]engine.JoinToken](t)(s.JoinTokens(t.Context()))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(used, must[engine.JoinToken](t)(s.JoinToken(t.Context(), used.Hash))); d != "" {
		t.Error(d)
	}
	if _, err := s.JoinToken(t.Context(), [32]byte{1}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("an unknown hash: %v", err)
	}
	write(t, s, func(tx engine.Transaction) error { return tx.RemoveJoinTokens(began.Add(2 * time.Minute)) })
	if d := cmp.Diff([]engine.JoinToken{open, administrator}, must[[]engine.JoinToken](t)(s.JoinTokens(t.Context()))); d != "" {
		t.Error(d)
	}
	// A change sees what it has written itself, so that a token cannot be used twice.
	write(t, s, func(tx engine.Transaction) error {
		open.Used = began
		if err := tx.PutJoinToken(open); err != nil {
			return err
		}
		if read := must[engine.JoinToken](t)(tx.JoinToken(t.Context(), open.Hash)); read.Used.IsZero() {
			t.Error("the change does not see that the token was used")
		}
		return nil
	})
}

func TestLiveSessionsComeBackUntilTheyAreRemoved(t *testing.T) {
	s := openNew(t)
	r := receiptAt(began, engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)
	session := engine.Session{
		ID: r.ID, Route: r.Route, RouteName: r.RouteName, Source: r.Source, Target: r.Target, State: engine.SessionOffered,
		Decision: r.Decision, Stale: true, Now: &r.Decision, Began: began.Add(123 * time.Nanosecond), Key: r.Key, Traffic: r.Traffic, Flows: 2,
	}
	write(t, s, func(tx engine.Transaction) error { return tx.PutSession(session) })
	session.State, session.Traffic.ToTarget = engine.SessionDraining, 1<<63+1
	write(t, s, func(tx engine.Transaction) error { return tx.PutSession(session) })
	if d := cmp.Diff([]engine.Session{session}, must[[]engine.Session](t)(s.LiveSessions(t.Context())), exactly); d != "" {
		t.Error(d)
	}
	write(t, s, func(tx engine.Transaction) error { return tx.RemoveSession(session.ID) })
	if left := must[[]engine.Session](t)(s.LiveSessions(t.Context())); len(left) != 0 {
		t.Error(left)
	}
	refuse(t, s, engine.ErrNotFound, func(tx engine.Transaction) error { return tx.RemoveSession(session.ID) })
}

func TestTheAuditIsInTheOrderOfTheCommitsWhateverTheClockDid(t *testing.T) {
	s := openNew(t)
	var want []string
	for i := 0; i < 250; {
		write(t, s, func(tx engine.Transaction) error {
			for range 25 {
				what := fmt.Sprintf("rule.edit.%03d", i)
				want = append(want, what)
				if err := tx.AppendAudit(engine.AuditEntry{
					When: began.Add(-time.Duration(i) * time.Second), Who: "uid 0 (root)", What: what, Thing: []string{"even", "odd"}[i%2],
					Before: json.RawMessage(`{"n":1}`), After: json.RawMessage("null"),
				}); err != nil {
					return err
				}
				i++
			}
			return nil
		})
	}
	slices.Reverse(want)
	var got []string
	query := engine.AuditQuery{}
	for {
		page := must[[]engine.AuditEntry](t)(s.Audit(t.Context(), query))
		if len(page) == 0 {
			break
		}
		for _, entry := range page {
			got = append(got, entry.What)
			if string(entry.Before) != `{"n":1}` || entry.After != nil || entry.Who != "uid 0 (root)" {
				t.Fatalf("%+v", entry)
			}
		}
		query.Before = page[len(page)-1].ID
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	some := must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{
		Thing: "odd", From: began.Add(-9 * time.Second), Until: began.Add(-3 * time.Second), Limit: 2,
	}))
	if len(some) != 2 || some[0].What != "rule.edit.009" || some[1].What != "rule.edit.007" {
		t.Errorf("%v", some)
	}
}

func TestAnAuditEntryWithoutWhoWhenOrWhatIsRefused(t *testing.T) {
	whole := engine.AuditEntry{When: began, Who: "broker", What: "rule.edit", After: json.RawMessage(`{}`)}
	for name, spoil := range map[string]func(*engine.AuditEntry){
		"who":   func(e *engine.AuditEntry) { e.Who = "" },
		"what":  func(e *engine.AuditEntry) { e.What = "" },
		"when":  func(e *engine.AuditEntry) { e.When = time.Time{} },
		"after": func(e *engine.AuditEntry) { e.After = json.RawMessage(`{`) },
	} {
		entry := whole
		spoil(&entry)
		s := openNew(t)
		if err := s.Write(t.Context(), func(tx engine.Transaction) error { return tx.AppendAudit(entry) }); err == nil {
			t.Errorf("an entry without a good %s was taken", name)
		}
	}
}

func TestValuesComeBackByteForByte(t *testing.T) {
	s := openNew(t)
	for _, value := range [][]byte{[]byte("0198-é"), {0xff, 0, 1}, []byte("a\x00b"), {}} {
		write(t, s, func(tx engine.Transaction) error { return tx.PutValue("installation", value) })
		if got := must[[]byte](t)(s.Value(t.Context(), "installation")); string(got) != string(value) {
			t.Errorf("%q, want %q", got, value)
		}
	}
	if _, err := s.Value(t.Context(), "missing"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a missing value: %v", err)
	}
}

func TestWhatHasNoIDIsRefused(t *testing.T) {
	for name, put := range map[string]func(engine.Transaction) error{
		"rule":          func(tx engine.Transaction) error { return tx.PutRule(engine.Rule{Name: "a"}) },
		"component":     func(tx engine.Transaction) error { return tx.PutComponent(engine.Component{ID: "1"}) },
		"service":       func(tx engine.Transaction) error { return tx.PutService(engine.Service{}) },
		"route":         func(tx engine.Transaction) error { return tx.PutRoute(engine.Route{}) },
		"administrator": func(tx engine.Transaction) error { return tx.PutAdministrator(engine.Administrator{}) },
		"join token":    func(tx engine.Transaction) error { return tx.PutJoinToken(engine.JoinToken{}) },
		"session":       func(tx engine.Transaction) error { return tx.PutSession(engine.Session{}) },
		"receipt":       func(tx engine.Transaction) error { return tx.InsertReceipt(engine.Receipt{}) },
		"value":         func(tx engine.Transaction) error { return tx.PutValue("", nil) },
	} {
		if err := openNew(t).Write(t.Context(), put); err == nil {
			t.Errorf("a %s without an id was taken", name)
		}
	}
}

// The tables are searched, not the SQL, so that a column of a later migration is found too.
func TestNoColumnHoldsAKeyATokenOrAPassphrase(t *testing.T) {
	s := openNew(t)
	columns := must[[]string](t)(list(t.Context(), records{s.readers, s.file}, "read", text,
		`SELECT t.name || '.' || c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' ORDER BY 1`))
	if len(columns) < 80 {
		t.Fatalf("only %d columns were found", len(columns))
	}
	suspicious := regexp.MustCompile(`\..*(key|token|secret|pass|phrase|private|seed|pin)`)
	allowed := []string{"components.public_key_id", "administrators.public_key_id", "tenants.public_key_id", "named_keys.public_key_id", "providers.ca_pin"}
	for _, column := range columns {
		if suspicious.MatchString(column) && !slices.Contains(allowed, column) {
			t.Errorf("the column %s", column)
		}
	}
	if !slices.Contains(columns, "join_tokens.hash") {
		t.Error("join tokens have no hash")
	}
}

func TestAChangeThatFailsLeavesNothing(t *testing.T) {
	s := openNew(t)
	wanted := errors.New("no")
	attempts := map[string]func(engine.Transaction) error{
		"an error": func(engine.Transaction) error { return wanted },
		"a panic":  func(engine.Transaction) error { panic(wanted) },
		"a name that is taken": func(tx engine.Transaction) error {
			return tx.PutRule(ruleNamed("Uplink"))
		},
	}
	for name, fail := range attempts {
		func() {
			defer func() {
				if r := recover(); r != nil && r != wanted {
					panic(r)
				}
			}()
			if err := s.Write(t.Context(), func(tx engine.Transaction) error {
				if err := errors.Join(tx.PutRule(ruleNamed("uplink")), tx.AppendAudit(engine.AuditEntry{When: began, Who: "broker", What: "rule.add"})); err != nil {
					return err
				}
				return fail(tx)
			}); err == nil {
				t.Errorf("%s was no error", name)
			}
		}()
		if rules := must[engine.RuleSet](t)(s.RuleSet(t.Context())).Rules; len(rules) != 1 {
			t.Errorf("after %s there are %d rules", name, len(rules))
		}
		if audit := must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{})); len(audit) != 0 {
			t.Errorf("after %s there are %d audit entries", name, len(audit))
		}
	}
	write(t, s, func(tx engine.Transaction) error { return tx.PutRule(ruleNamed("uplink")) })
}

func TestFilesOfTheRecordAreForTheirOwnerOnly(t *testing.T) {
	folder := filepath.Join(newFolder(t), "data?x=1%20#")
	s := openIn(t, folder)
	write(t, s, func(tx engine.Transaction) error { return tx.PutRule(ruleNamed("uplink")) })
	checkModes(t, folder, databaseName, databaseName+"-wal", databaseName+"-shm", lockName)
}
