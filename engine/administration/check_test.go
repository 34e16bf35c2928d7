package administration

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestACheckLooksAtRulesRoutesAndTheBrokersMachine(t *testing.T) {
	f := newFixture(t)
	f.Space = func() (free, record uint64, err error) { return 5000, 700, nil }
	f.broker.around = []engine.AroundFault{{Route: f.route.ID, Name: "nightly", TargetName: "target", Backend: "127.0.0.1:8000", At: []string{"0.0.0.0:8000"}}}
	web := component(t, "web", "203.0.113.7")
	service := engine.Service{ID: engine.NewID(), Name: "web", Target: web.ID, Backend: "127.0.0.1:8000"}
	route := engine.Route{ID: engine.NewID(), Name: "to the web", Sources: []engine.ID{f.source.ID}, Listen: "127.0.0.1:8001", Service: service.ID, Direction: engine.Push, Enabled: true}
	session := engine.Receipt{ID: engine.NewID(), Began: moment.AddDate(0, -1, 0), Ended: moment, State: engine.SessionEnded, Route: f.route.ID, Source: f.source.ID, Target: f.target.ID}
	err := f.Store.Write(t.Context(), func(tx engine.Transaction) error {
		return errors.Join(tx.PutComponent(web), tx.PutService(service), tx.PutRoute(route), tx.InsertReceipt(session))
	})
	if err != nil {
		t.Fatal(err)
	}
	wide, narrow := encryptRule("Wide"), encryptRule("Narrow")
	wide.Source = []engine.Selector{engine.Any}
	f.apply(t, engine.Change{AddRule: &wide})
	f.apply(t, engine.Change{AddRule: &narrow})
	internet := f.rule(t, engine.InternetRuleName)
	internet.Encrypt = false
	if _, err := engine.ApplyShown(t.Context(), f.Local, engine.Change{EditRule: &internet}, true, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}

	got, err := f.Check(t.Context(), engine.CheckQuestion{Backends: true})
	if err != nil {
		t.Fatal(err)
	}
	authority, err := f.Authority()
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Checked{
		Version: "test", AuthorityEnds: authority.Ends(), Space: &engine.Space{Free: 5000, Record: 700, Since: session.Began}, Around: f.broker.around, Receipts: &engine.ReceiptsCheck{},
		Rules:  []engine.RuleFault{{Rule: f.rule(t, "Narrow").ID, Name: "Narrow", Kind: engine.RuleRepeated, Others: []string{"Wide"}, Encrypts: true}},
		Routes: []engine.RouteFault{{Route: route.ID, Name: "to the web", SourceName: "source", TargetName: "web", Why: "the rule Internet does not encrypt"}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}

	f.Space = func() (free, record uint64, err error) { return 0, 0, errors.New("the system does not say") }
	if got, err := f.Check(t.Context(), engine.CheckQuestion{}); err != nil || got.Space != nil || got.Around != nil {
		t.Errorf("%+v, %v", got, err)
	}
}
