package administration

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

// theTwo is a question about the fixture's components.
func theTwo() engine.Question {
	return engine.Question{Source: engine.QuestionParty{Component: "source"}, Target: engine.QuestionParty{Component: "target"}}
}

func TestQuestionsHaveTheSameAnswersThroughTheClient(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}
	f.apply(t, engine.Change{AddRule: &rule})
	web := component(t, "web", "203.0.113.7")
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(web) }); err != nil {
		t.Fatal(err)
	}
	f.broker.sessions = []engine.Session{{ID: engine.NewID(), State: engine.SessionLive, Source: f.source.ID, Target: f.target.ID, Endpoint: "10.0.0.2:6171", Began: moment}}
	client := newClient(t, f.Local, engine.MayView)
	ctx := t.Context()

	whyNot := theTwo()
	whyNot.WhyNot = true
	for _, test := range []struct {
		name string
		ask  func(engine.Administration) (any, error)
	}{
		{"coverage", func(a engine.Administration) (any, error) { return a.Coverage(ctx, engine.CoverageQuestion{}) }},
		{"coverage at a time", func(a engine.Administration) (any, error) {
			return a.Coverage(ctx, engine.CoverageQuestion{At: moment.Add(time.Hour)})
		}},
		{"check", func(a engine.Administration) (any, error) { return a.Check(ctx, engine.CheckQuestion{Backends: true}) }},
		{"week", func(a engine.Administration) (any, error) { return a.Week(ctx, theTwo()) }},
		{"explain", func(a engine.Administration) (any, error) { return a.Explain(ctx, theTwo()) }},
		{"explain with why not", func(a engine.Administration) (any, error) { return a.Explain(ctx, whyNot) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			want, err := test.ask(f.Local)
			if err != nil {
				t.Fatal(err)
			}
			got, err := test.ask(client)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheClientIsToldWhatIsWrongWithAQuestion(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayView)
	question := theTwo()
	question.Target.Component = "nobody"
	if _, err := client.Week(t.Context(), question); err == nil {
		t.Error("a week for nobody")
	}
	question = theTwo()
	question.Operation = "sideways"
	if _, err := client.Explain(t.Context(), question); err == nil {
		t.Error("a decision on no operation")
	}
}

func TestAQuestionIsBounded(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayView)
	address := engine.Address{Address: netip.MustParseAddr("203.0.113.7")}
	setting := engine.SettingChange{Name: "LingerSeconds", Value: "1"}
	for name, test := range map[string]struct {
		change func(*engine.Question)
		field  string // the one that is refused; empty where nothing is
	}{
		"as many addresses as a component has": {func(q *engine.Question) {
			q.Source = engine.QuestionParty{Addresses: slices.Repeat([]engine.Address{address}, engine.MaximumAddresses)}
		}, ""},
		"more": {func(q *engine.Question) {
			q.Source = engine.QuestionParty{Addresses: slices.Repeat([]engine.Address{address}, engine.MaximumAddresses+1)}
		}, "source"},
		"a setting many times": {func(q *engine.Question) { q.Settings = slices.Repeat([]engine.SettingChange{setting}, 100) }, "settings"},
	} {
		question := theTwo()
		test.change(&question)
		_, err := client.Explain(t.Context(), question)
		var field *engine.FieldError
		if test.field == "" && err != nil || test.field != "" && (!errors.As(err, &field) || field.Field != test.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACoverageFollowsAComponentThatChanges(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayView)
	by := func() engine.By {
		t.Helper()
		coverage, err := client.Coverage(t.Context(), engine.CoverageQuestion{})
		if err != nil {
			t.Fatal(err)
		}
		source := slices.IndexFunc(coverage.Components, func(c engine.Covered) bool { return c.ID == f.source.ID })
		_, by := coverage.Cell(source, 1-source)
		return by
	}
	put := func(change func(*engine.Component)) {
		t.Helper()
		changed := f.source
		change(&changed)
		if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(changed) }); err != nil {
			t.Fatal(err)
		}
	}
	if got := by(); got != engine.ByNone {
		t.Errorf("at first: %s", got)
	}
	put(func(c *engine.Component) { c.Role = engine.ProviderGateway })
	if got := by(); got != engine.ByProviderGateway {
		t.Errorf("as a provider gateway: %s", got)
	}
	put(func(c *engine.Component) { c.Report.Interfaces = component(t, "x", "203.0.113.8").Report.Interfaces })
	if got := by(); got != engine.ByAutomatic {
		t.Errorf("with a public address: %s", got)
	}
}
