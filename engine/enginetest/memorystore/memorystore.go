// Package memorystore is a store in memory for the tests of packages that work on a store. Nothing but tests imports it.
package memorystore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

// Store is an engine.Store that forgets. It keeps the contracts of engine.Store that do not depend on a disk; that the
// real one keeps them too is tested with the real one.
type Store struct {
	mu sync.Mutex
	// fail, where it is set, is asked before each write; its error is the write's.
	fail    func() error
	present *memory
	writes  int
}

// New makes a store with the predefined rule and nothing else.
func New() *Store {
	m := newMemory()
	rule := engine.InternetRule()
	rule.ID, rule.Revision = engine.NewID(), 1
	m.rules[rule.ID] = rule
	return &Store{present: m}
}

// FailWith lets every later write fail with what fail gives; nil lets them succeed again.
func (s *Store) FailWith(fail func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// Writes is the number of transactions that were committed.
func (s *Store) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// Write runs the change on a copy, which becomes the present state where it succeeds.
func (s *Store) Write(ctx context.Context, change func(engine.Transaction) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return err
		}
	}
	next := s.present.clone()
	if err := change(next); err != nil {
		return err
	}
	s.present = next
	s.writes++
	return nil
}

// Backup writes nothing: there is no database.
func (s *Store) Backup(_ context.Context, file string) error {
	return os.WriteFile(file, nil, 0o600)
}

// Close does nothing.
func (s *Store) Close() error { return nil }

// now is the committed state, which is never changed.
func (s *Store) now() *memory {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.present
}

// RuleSet and the methods below read what was committed last.
func (s *Store) RuleSet(ctx context.Context) (engine.RuleSet, error) {
	return s.now().RuleSet(ctx)
}
func (s *Store) Components(ctx context.Context) ([]engine.Component, error) {
	return s.now().Components(ctx)
}
func (s *Store) Component(ctx context.Context, id engine.ID) (engine.Component, error) {
	return s.now().Component(ctx, id)
}
func (s *Store) ComponentNamed(ctx context.Context, name string) (engine.Component, error) {
	return s.now().ComponentNamed(ctx, name)
}
func (s *Store) Services(ctx context.Context) ([]engine.Service, error) {
	return s.now().Services(ctx)
}
func (s *Store) Routes(ctx context.Context) ([]engine.Route, error) { return s.now().Routes(ctx) }
func (s *Store) Administrators(ctx context.Context) ([]engine.Administrator, error) {
	return s.now().Administrators(ctx)
}
func (s *Store) JoinToken(ctx context.Context, hash [32]byte) (engine.JoinToken, error) {
	return s.now().JoinToken(ctx, hash)
}
func (s *Store) JoinTokens(ctx context.Context) ([]engine.JoinToken, error) {
	return s.now().JoinTokens(ctx)
}
func (s *Store) LiveSessions(ctx context.Context) ([]engine.Session, error) {
	return s.now().LiveSessions(ctx)
}
func (s *Store) Receipt(ctx context.Context, id engine.ID) (engine.Receipt, error) {
	return s.now().Receipt(ctx, id)
}
func (s *Store) Receipts(ctx context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	return s.now().Receipts(ctx, query)
}
func (s *Store) EachReceipt(ctx context.Context, span engine.Span, each func(*engine.Receipt) error) error {
	return s.now().EachReceipt(ctx, span, each)
}
func (s *Store) ReceiptTotals(ctx context.Context, span engine.Span) (engine.ReceiptTotals, error) {
	return s.now().ReceiptTotals(ctx, span)
}
func (s *Store) Audit(ctx context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	return s.now().Audit(ctx, query)
}
func (s *Store) Hosts(ctx context.Context) ([]engine.HostRecord, error) { return s.now().Hosts(ctx) }
func (s *Store) Tenants(ctx context.Context) ([]engine.Tenant, error)   { return s.now().Tenants(ctx) }
func (s *Store) Tenant(ctx context.Context, id engine.ID) (engine.Tenant, error) {
	return s.now().Tenant(ctx, id)
}
func (s *Store) LinkRecord(ctx context.Context, hash [32]byte) (engine.LinkRecord, error) {
	return s.now().LinkRecord(ctx, hash)
}
func (s *Store) KeyNamed(ctx context.Context, key engine.KeyID) (bool, error) {
	return s.now().KeyNamed(ctx, key)
}
func (s *Store) Value(ctx context.Context, name string) ([]byte, error) {
	return s.now().Value(ctx, name)
}

// memory is one state of the record, and a transaction on it.
type memory struct {
	rules             map[engine.ID]engine.Rule
	settings          engine.Settings
	preferred         engine.PreferredNetworks
	settingRevisions  map[string]int64
	preferredRevision int64
	components        map[engine.ID]engine.Component
	services          map[engine.ID]engine.Service
	routes            map[engine.ID]engine.Route
	administrators    map[engine.ID]engine.Administrator
	tokens            map[engine.ID]engine.JoinToken
	sessions          map[engine.ID]engine.Session
	receipts          map[engine.ID]engine.Receipt
	chain             []engine.ChainEntry
	audit             []engine.AuditEntry
	values            map[string][]byte
	hosts             map[string]engine.HostRecord
	tenants           map[engine.ID]engine.Tenant
	links             map[[32]byte]engine.LinkRecord
	keys              map[engine.KeyID]bool
	providers         map[engine.ID]engine.Provider
	joinedProviders   map[joinedProvider]engine.ProviderComponent
}

func newMemory() *memory {
	return &memory{
		preferred: engine.PreferredNetworks{Mode: engine.PreferredOff},
		rules:     map[engine.ID]engine.Rule{}, components: map[engine.ID]engine.Component{}, services: map[engine.ID]engine.Service{},
		routes: map[engine.ID]engine.Route{}, administrators: map[engine.ID]engine.Administrator{}, tokens: map[engine.ID]engine.JoinToken{},
		sessions: map[engine.ID]engine.Session{}, receipts: map[engine.ID]engine.Receipt{}, values: map[string][]byte{},
		hosts:   map[string]engine.HostRecord{},
		tenants: map[engine.ID]engine.Tenant{}, links: map[[32]byte]engine.LinkRecord{}, keys: map[engine.KeyID]bool{},
		providers: map[engine.ID]engine.Provider{}, joinedProviders: map[joinedProvider]engine.ProviderComponent{},
		settingRevisions: map[string]int64{},
	}
}

func (m *memory) clone() *memory {
	c := *m
	c.rules, c.components, c.services, c.routes = maps.Clone(m.rules), maps.Clone(m.components), maps.Clone(m.services), maps.Clone(m.routes)
	c.administrators, c.tokens = maps.Clone(m.administrators), maps.Clone(m.tokens)
	c.sessions, c.receipts, c.values, c.hosts = maps.Clone(m.sessions), maps.Clone(m.receipts), maps.Clone(m.values), maps.Clone(m.hosts)
	c.tenants, c.links, c.keys = maps.Clone(m.tenants), maps.Clone(m.links), maps.Clone(m.keys)
	c.providers, c.joinedProviders = maps.Clone(m.providers), maps.Clone(m.joinedProviders)
	c.audit, c.settingRevisions = slices.Clone(m.audit), maps.Clone(m.settingRevisions)
	return &c
}

// byName gives what a map holds in the order of its names.
func byName[T any](all map[engine.ID]T, name func(*T) string) []T {
	list := slices.Collect(maps.Values(all))
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(strings.ToLower(name(&a)), strings.ToLower(name(&b))) })
	return list
}

func (m *memory) RuleSet(context.Context) (engine.RuleSet, error) {
	set := engine.RuleSet{Settings: m.settings, PreferredNetworks: m.preferred, SettingRevisions: m.settingRevisions, PreferredRevision: m.preferredRevision}
	for _, rule := range byName(m.rules, func(r *engine.Rule) string { return r.Name }) {
		set.Rules = append(set.Rules, rule.Clone())
	}
	return set, nil
}

func (m *memory) Components(context.Context) ([]engine.Component, error) {
	return byName(m.components, func(c *engine.Component) string { return c.Name }), nil
}

func (m *memory) Component(_ context.Context, id engine.ID) (engine.Component, error) {
	return find(m.components, id, "component")
}

func (m *memory) ComponentNamed(_ context.Context, name string) (engine.Component, error) {
	for _, c := range m.components {
		if c.Revoked.IsZero() && engine.SameName(c.Name, name) {
			return c, nil
		}
	}
	return engine.Component{}, fmt.Errorf("component %q: %w", name, engine.ErrNotFound)
}

func (m *memory) Services(context.Context) ([]engine.Service, error) {
	return byName(m.services, func(s *engine.Service) string { return s.Name }), nil
}

func (m *memory) Routes(context.Context) ([]engine.Route, error) {
	return byName(m.routes, func(r *engine.Route) string { return r.Name }), nil
}

func (m *memory) Administrators(context.Context) ([]engine.Administrator, error) {
	return byName(m.administrators, func(a *engine.Administrator) string { return a.Name }), nil
}

func (m *memory) JoinToken(_ context.Context, hash [32]byte) (engine.JoinToken, error) {
	for _, token := range m.tokens {
		if token.Hash == hash {
			return token, nil
		}
	}
	return engine.JoinToken{}, fmt.Errorf("join token: %w", engine.ErrNotFound)
}

func (m *memory) JoinTokens(context.Context) ([]engine.JoinToken, error) {
	return byName(m.tokens, func(t *engine.JoinToken) string { return t.Name }), nil
}

func (m *memory) LiveSessions(context.Context) ([]engine.Session, error) {
	return byName(m.sessions, func(s *engine.Session) string { return string(s.ID) }), nil
}

func (m *memory) Receipt(_ context.Context, id engine.ID) (engine.Receipt, error) {
	return find(m.receipts, id, "receipt")
}

func find[T any](all map[engine.ID]T, id engine.ID, what string) (T, error) {
	thing, found := all[id]
	if !found {
		return thing, fmt.Errorf("%s %s: %w", what, id, engine.ErrNotFound)
	}
	return thing, nil
}

func (m *memory) Receipts(_ context.Context, q engine.ReceiptQuery) ([]engine.Receipt, error) {
	var list []engine.Receipt
	for _, r := range m.receipts {
		picked := (q.From.IsZero() || !r.Began.Before(q.From)) && (q.Until.IsZero() || r.Began.Before(q.Until)) &&
			(q.Component == "" || r.Source == q.Component || r.Target == q.Component) && (q.Route == "" || r.Route == q.Route) &&
			(q.Mode == 0 || r.Decision.Mode == q.Mode) && (q.State == "" || r.State == q.State) && hasWords(record.ReceiptText(&r), q.Text)
		if before := m.receipts[q.Before]; picked && (q.Before == "" || record.CompareReceipts(&q, &before, &r) < 0) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b engine.Receipt) int { return record.CompareReceipts(&q, &a, &b) })
	return list[:min(len(list), cmp.Or(q.Limit, 100))], nil
}

func (m *memory) EachReceipt(_ context.Context, span engine.Span, each func(*engine.Receipt) error) error {
	var ended []engine.Receipt
	for _, r := range m.receipts {
		if span.Holds(r.Ended) {
			ended = append(ended, r)
		}
	}
	slices.SortFunc(ended, func(a, b engine.Receipt) int {
		return cmp.Or(a.Ended.Compare(b.Ended), strings.Compare(string(a.ID), string(b.ID)))
	})
	for i := range ended {
		if err := each(&ended[i]); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) ReceiptTotals(_ context.Context, span engine.Span) (totals engine.ReceiptTotals, err error) {
	for _, r := range m.receipts {
		if !span.Holds(r.Ended) {
			continue
		}
		Add(&totals, &r)
	}
	return totals, nil
}

func (m *memory) Audit(_ context.Context, q engine.AuditQuery) ([]engine.AuditEntry, error) {
	all := slices.Clone(m.audit) // as they were committed
	if !q.Upward || q.Order != engine.AuditByWhen {
		slices.Reverse(all)
	}
	if q.Order != engine.AuditByWhen {
		slices.SortStableFunc(all, func(a, b engine.AuditEntry) int { return record.CompareEntries(&q, &a, &b) })
	}
	if q.Before != "" {
		all = all[1+slices.IndexFunc(all, func(e engine.AuditEntry) bool { return e.ID == q.Before }):]
	}
	var list []engine.AuditEntry
	for _, e := range all {
		picked := (q.From.IsZero() || !e.When.Before(q.From)) && (q.Until.IsZero() || e.When.Before(q.Until)) &&
			(q.Thing == "" || e.Thing == q.Thing) && (q.Change == "" || e.Change == q.Change) && (q.Entry == "" || e.ID == q.Entry) && hasWords(record.EntryText(&e), q.Text)
		if picked && q.Grouped && q.Text == "" && e.Change != "" {
			picked = m.groupOf(&e)
		}
		if picked {
			list = append(list, e)
		}
	}
	return list[:min(len(list), cmp.Or(q.Limit, 100))], nil
}

// groupOf counts the entries of an entry's change, and reports whether the entry is the newest of them.
func (m *memory) groupOf(e *engine.AuditEntry) (newest bool) {
	counts, total := map[string]int{}, 0
	for i := range m.audit {
		if other := &m.audit[i]; other.Change == e.Change {
			newest = other.ID == e.ID
			counts[other.What]++
			total++
		}
	}
	if total > 1 {
		for _, what := range slices.Sorted(maps.Keys(counts)) {
			e.Parts = append(e.Parts, engine.AuditPart{What: what, Count: counts[what]})
		}
	}
	return newest
}

// hasWords tells whether what is searched in has each word of a query's text.
func hasWords(in, text string) bool {
	in = strings.ToLower(in)
	return !slices.ContainsFunc(record.SearchWords(text), func(word string) bool { return !strings.Contains(in, strings.ToLower(word)) })
}

func (m *memory) Value(_ context.Context, name string) ([]byte, error) {
	value, found := m.values[name]
	if !found {
		return nil, fmt.Errorf("value %q: %w", name, engine.ErrNotFound)
	}
	return slices.Clone(value), nil
}

// taken tells whether another thing than id has the name.
func taken[T any](all map[engine.ID]T, id engine.ID, name string, of func(*T) string) error {
	for other, thing := range all {
		if other != id && engine.SameName(of(&thing), name) && name != "" {
			return fmt.Errorf("%q: %w", name, engine.ErrNameTaken)
		}
	}
	return nil
}

func (m *memory) PutRule(r engine.Rule) error {
	if err := taken(m.rules, r.ID, r.Name, func(r *engine.Rule) string { return r.Name }); err != nil {
		return err
	}
	m.rules[r.ID] = r.Clone()
	return nil
}

func (m *memory) RemoveRule(id engine.ID) error {
	rule, err := find(m.rules, id, "rule")
	if err != nil {
		return err
	}
	if rule.IsInternet() {
		return engine.ErrPredefined
	}
	delete(m.rules, id)
	return nil
}

func (m *memory) PutSettings(s engine.Settings) error {
	for _, name := range s.Changed(&m.settings) {
		m.settingRevisions[name]++
	}
	m.settings = s
	return nil
}

func (m *memory) PutPreferredNetworks(p engine.PreferredNetworks) error {
	m.preferred, m.preferredRevision = p, m.preferredRevision+1
	return nil
}

// PutComponent leaves the names of revoked components free.
func (m *memory) PutComponent(c engine.Component) error {
	name := func(c *engine.Component) string {
		if !c.Revoked.IsZero() {
			return ""
		}
		return c.Name
	}
	if err := taken(m.components, c.ID, name(&c), name); err != nil {
		return err
	}
	m.components[c.ID] = c
	return nil
}

func (m *memory) PutSighting(id engine.ID, seen engine.Sighting) error {
	c, err := find(m.components, id, "component")
	if err != nil {
		return err
	}
	c.Report, c.SeenFrom, c.LastSeen = seen.Report, seen.SeenFrom, seen.LastSeen
	m.components[id] = c
	return nil
}

func (m *memory) PutService(s engine.Service) error {
	if err := taken(m.services, s.ID, s.Name, func(s *engine.Service) string { return s.Name }); err != nil {
		return err
	}
	if s.Provider != "" {
		if _, err := find(m.providers, s.Provider, "provider"); err != nil {
			return err
		}
	} else if _, err := find(m.components, s.Target, "component"); err != nil {
		return err
	}
	m.services[s.ID] = s
	return nil
}

func (m *memory) RemoveService(id engine.ID) error {
	for _, tenant := range m.tenants {
		if slices.Contains(tenant.Services, id) {
			return fmt.Errorf("%w by tenant %q", engine.ErrInUse, tenant.Name)
		}
	}
	return remove(m.services, id, "service")
}

func remove[T any](all map[engine.ID]T, id engine.ID, what string) error {
	_, err := find(all, id, what)
	delete(all, id)
	return err
}

func (m *memory) PutRoute(r engine.Route) error {
	if err := taken(m.routes, r.ID, r.Name, func(r *engine.Route) string { return r.Name }); err != nil {
		return err
	}
	if _, err := find(m.services, r.Service, "service"); err != nil {
		return err
	}
	m.routes[r.ID] = r
	return nil
}

func (m *memory) RemoveRoute(id engine.ID) error { return remove(m.routes, id, "route") }

func (m *memory) PutAdministrator(a engine.Administrator) error {
	name := func(a *engine.Administrator) string {
		if !a.Revoked.IsZero() {
			return ""
		}
		return a.Name
	}
	if err := taken(m.administrators, a.ID, name(&a), name); err != nil {
		return err
	}
	m.administrators[a.ID] = a
	return nil
}

func (m *memory) PutJoinToken(t engine.JoinToken) error { m.tokens[t.ID] = t; return nil }

func (m *memory) RemoveJoinTokens(before time.Time) error {
	maps.DeleteFunc(m.tokens, func(_ engine.ID, t engine.JoinToken) bool {
		return t.Expires.Before(before) || !t.Used.IsZero() && t.Used.Before(before) || !t.Revoked.IsZero() && t.Revoked.Before(before)
	})
	return nil
}

func (m *memory) PutSession(s engine.Session) error {
	if s.ID == "" {
		return errors.New("a session without an id")
	}
	m.sessions[s.ID] = s
	return nil
}

func (m *memory) RemoveSession(id engine.ID) error { return remove(m.sessions, id, "session") }

func (m *memory) InsertReceipt(r engine.Receipt) error {
	if _, found := m.receipts[r.ID]; found || r.ID == "" {
		return fmt.Errorf("the receipt of session %q is there already, or has no id", r.ID)
	}
	m.receipts[r.ID] = r
	return nil
}

func (m *memory) AppendAudit(e engine.AuditEntry) error {
	e.ID = engine.NewID()
	m.audit = append(m.audit, e)
	return nil
}

func (m *memory) Hosts(context.Context) ([]engine.HostRecord, error) {
	return slices.SortedFunc(maps.Values(m.hosts), func(a, b engine.HostRecord) int { return cmp.Compare(a.Name, b.Name) }), nil
}

func (m *memory) PutHost(host engine.HostRecord) error {
	m.hosts[host.Name] = host
	return nil
}

func (m *memory) RemoveHost(name string) error {
	delete(m.hosts, name)
	return nil
}

func (m *memory) PutValue(name string, value []byte) error {
	m.values[name] = slices.Clone(value)
	return nil
}
