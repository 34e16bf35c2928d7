package administration

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"lockwire/engine"
)

var errNoAudit = errors.New("the audit cannot be written")

// auditless is a store whose transactions cannot append to the audit.
type auditless struct{ engine.Store }

func (s auditless) Write(ctx context.Context, change func(engine.Transaction) error) error {
	return s.Store.Write(ctx, func(tx engine.Transaction) error { return change(auditlessTransaction{tx}) })
}

type auditlessTransaction struct{ engine.Transaction }

func (auditlessTransaction) AppendAudit(engine.AuditEntry) error { return errNoAudit }

// edits are all methods that change the record, each with an edit that is good.
func edits(t *testing.T, f *fixture) map[string]func(*Local) error {
	t.Helper()
	set, err := f.RuleSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	apply := func(change engine.Change) func(*Local) error {
		return func(l *Local) error {
			_, err := engine.ApplyShown(t.Context(), l, f.reread(t, change), false, func(engine.Effect) {})
			return err
		}
	}
	added, edited := encryptRule("Added"), f.rule(t, "Nightly")
	edited.Comment = "edited"
	imported := engine.RuleSet{Rules: []engine.Rule{encryptRule("Imported"), engine.InternetRule()}, Settings: set.Settings}
	service := engine.Service{ID: f.route.Service, Name: "renamed", Target: f.target.ID, Backend: "127.0.0.1:8000"}
	unused := engine.Service{ID: engine.NewID(), Name: "unused", Target: f.target.ID, Backend: "127.0.0.1:1"}
	ann := engine.Administrator{ID: engine.NewID(), Name: "Ann", Role: engine.MayChange, Joined: moment}
	err = f.Store.Write(t.Context(), func(tx engine.Transaction) error { return errors.Join(tx.PutService(unused), tx.PutAdministrator(ann)) })
	if err != nil {
		t.Fatal(err)
	}
	route := f.route
	route.LingerSeconds = 3
	return map[string]func(*Local) error{
		"add a rule":         apply(engine.Change{AddRule: &added}),
		"edit a rule":        apply(engine.Change{EditRule: &edited}),
		"remove a rule":      apply(engine.Change{RemoveRule: edited.ID}),
		"edit several rules": apply(engine.Change{EditRules: &engine.RuleEdits{Put: []engine.Rule{encryptRule("Second"), edited}}}),
		"import":             apply(engine.Change{ImportRules: &engine.RuleImport{RuleSet: imported, Replace: true, WithSettings: true}}),
		"a setting":          apply(engine.Change{Setting: &engine.SettingChange{Name: "DisablePublicIPTrafficEncryption", Value: "1"}}),
		"preferred networks": apply(engine.Change{Preferred: &engine.PreferredChange{Networks: engine.PreferredNetworks{Mode: engine.PreferredPrefer}}}),
		"tags":               apply(engine.Change{Tags: &engine.TagChange{Component: f.target.ID, Tags: []string{"vault"}}}),
		"rename":             apply(engine.Change{Rename: &engine.Renaming{Component: f.target.ID, Name: "renamed"}}),
		"limit":              apply(engine.Change{Limit: &engine.LimitChange{Component: f.target.ID, Limit: &engine.Limit{Value: 1, Unit: engine.MegabytesPerSecond}}}),
		"revoke":             apply(engine.Change{Revoke: []engine.ID{f.target.ID}}),
		"token": func(l *Local) error {
			_, err := l.NewToken(t.Context(), engine.TokenRequest{Kind: engine.JoinComponent, Name: "tape", Role: engine.Tape})
			return err
		},
		"put a service":    func(l *Local) error { _, err := l.PutService(t.Context(), service); return err },
		"remove a service": func(l *Local) error { return l.RemoveService(t.Context(), unused.ID) },
		"put a route":      apply(engine.Change{PutRoute: &engine.RouteEdit{Route: route}}),
		"turn a route off": apply(engine.Change{SwitchRoute: &engine.Switch{ID: route.ID}}),
		"turn rules off":   apply(engine.Change{SwitchRules: []engine.Switch{{ID: edited.ID}}}),
		"a route with its service": apply(engine.Change{PutRoute: &engine.RouteEdit{
			Route: engine.Route{Name: "second", Sources: []engine.ID{f.source.ID}, Listen: "127.0.0.1:8009", Direction: engine.Push},
			Own:   &engine.OwnService{Target: f.target.ID, Backend: "127.0.0.1:8009"},
		}}),
		"remove a route": apply(engine.Change{RemoveRoute: f.route.ID}),
		"drain": func(l *Local) error {
			return l.Drain(t.Context(), engine.DrainOrder{Components: []engine.ID{f.source.ID}})
		},
		"administrator": func(l *Local) error { return l.RevokeAdministrator(t.Context(), ann.ID) },
	}
}

// wholeRecord is all that an edit could change.
type wholeRecord struct {
	rules          engine.RuleSet
	components     []engine.Component
	services       []engine.Service
	routes         []engine.Route
	administrators []engine.Administrator
	audit          []engine.AuditEntry
}

func (f *fixture) record(t *testing.T) wholeRecord {
	t.Helper()
	var r wholeRecord
	var failures [6]error
	ctx := t.Context()
	r.rules, failures[0] = f.Store.RuleSet(ctx)
	r.components, failures[1] = f.Store.Components(ctx)
	r.services, failures[2] = f.Store.Services(ctx)
	r.routes, failures[3] = f.Store.Routes(ctx)
	r.administrators, failures[4] = f.Store.Administrators(ctx)
	r.audit, failures[5] = f.Store.Audit(ctx, engine.AuditQuery{})
	if err := errors.Join(failures[:]...); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnEditThatCannotBeAuditedDoesNotTakePlace(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &rule})
	all := edits(t, f)
	before := f.record(t)
	config := f.Config
	config.Store = auditless{f.Store}
	without := New(config, "uid 0 (root)")
	for name, edit := range all {
		if err := edit(without); !errors.Is(err, errNoAudit) {
			t.Errorf("%s: %v, wanted that the audit cannot be written", name, err)
		}
		if after := f.record(t); !reflect.DeepEqual(after, before) {
			t.Errorf("%s was done without an audit entry", name)
			before = after
		}
	}
}

func TestEveryEditIsAuditedWithWhoDidIt(t *testing.T) {
	names := make([]string, 0)
	for name := range edits(t, nightly(t)) {
		names = append(names, name)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			f := nightly(t)
			edit := edits(t, f)[name]
			before := len(f.record(t).audit)
			refreshed := f.broker.refreshed
			if err := edit(f.As("administrator Ann", engine.MayChange)); err != nil {
				t.Fatal(err)
			}
			entries := f.record(t).audit
			if len(entries) <= before {
				t.Fatal("there is no audit entry")
			}
			for _, entry := range entries[:len(entries)-before] {
				if entry.Who != "administrator Ann" || entry.What == "" || entry.Thing == "" || !entry.When.Equal(moment) || entry.Before == nil && entry.After == nil {
					t.Errorf("the audit says %+v", entry)
				}
			}
			if name != "token" && f.broker.refreshed == refreshed {
				t.Error("the broker was not told")
			}
		})
	}
}

func nightly(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	rule := encryptRule("Nightly")
	f.apply(t, engine.Change{AddRule: &rule})
	return f
}

func TestAnImportIsOneTransaction(t *testing.T) {
	f := nightly(t)
	before := f.record(t)
	bad := encryptRule("")
	public := encryptRule("To the public")
	public.Source = []engine.Selector{engine.Public}
	for name, rules := range map[string][]engine.Rule{
		"a rule without a name": {encryptRule("Good"), bad},
		"a name twice":          {encryptRule("Good"), encryptRule("good")},
		"a wrong source":        {encryptRule("Good"), public},
	} {
		change := engine.Change{ImportRules: &engine.RuleImport{RuleSet: engine.RuleSet{Rules: rules}}}
		if _, err := f.Apply(t.Context(), change, engine.Confirmation{}); err == nil {
			t.Errorf("%s was imported", name)
		}
		if after := f.record(t); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: a part of it was imported", name)
		}
	}
	effect, err := f.Preview(t.Context(), engine.Change{ImportRules: &engine.RuleImport{RuleSet: engine.RuleSet{Rules: []engine.Rule{encryptRule("Good")}}, Replace: true}})
	if err != nil {
		t.Fatal(err)
	}
	what := map[string]string{}
	for _, change := range effect.Rules {
		what[change.Name] = change.What
	}
	if want := map[string]string{"Good": "add", "Nightly": "remove", "Internet": "keep"}; !reflect.DeepEqual(what, want) {
		t.Errorf("the preview says %v, wanted %v", what, want)
	}
	if after := f.record(t); !reflect.DeepEqual(after, before) {
		t.Error("a preview changed something")
	}
}
