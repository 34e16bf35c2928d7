package administration

import (
	"testing"
	"time"

	"lockwire/engine"
)

func TestAReportHasTheChangesAndSessionsOfItsSpanAlone(t *testing.T) {
	f := newFixture(t)
	at := moment
	f.Config.Now = func() time.Time { return at }
	add := func(name string) {
		t.Helper()
		rule := encryptRule(name)
		if _, err := f.Apply(t.Context(), engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
			t.Fatal(err)
		}
	}
	add("before")
	at = moment.Add(2 * time.Hour)
	add("within")
	if _, err := f.PutAlarms(t.Context(), engine.AlarmEdit{}); err != nil {
		t.Fatal(err)
	}
	at = moment.Add(4 * time.Hour)
	add("after")
	for _, ended := range []time.Duration{0, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour} {
		r := engine.Receipt{ID: engine.NewID(), State: engine.SessionEnded, Began: moment, Ended: moment.Add(ended), Traffic: engine.Traffic{ToTarget: 10}}
		r.Decision.Mode = engine.Sealed
		if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.InsertReceipt(r) }); err != nil {
			t.Fatal(err)
		}
	}
	f.broker.sessions = []engine.Session{{ID: "live", Traffic: engine.Traffic{ToSource: 7}, Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain, Triggers: []engine.Trigger{{}}}}}}
	f.broker.around = []engine.AroundFault{{Route: f.route.ID, Name: "nightly", TargetName: "target", At: []string{"0.0.0.0:8000"}}}
	r, err := f.ProtectionReport(t.Context(), engine.Span{From: moment.Add(time.Hour), Until: moment.Add(4 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Changes) != 1 || r.Changes[0].Thing != "within" || r.Changes[0].Who != "uid 0 (root)" {
		t.Errorf("%+v", r.Changes)
	}
	if r.Sealed != (engine.SessionTotals{Sessions: 2, Bytes: 20}) || r.Running == nil || r.Running.Plain != (engine.SessionTotals{Sessions: 1, Bytes: 7}) {
		t.Errorf("%+v, running %+v", r.Sealed, r.Running)
	}
	kinds := map[engine.FindingKind]bool{}
	for i := range r.Unprotected {
		kinds[r.Unprotected[i].Kind] = true
	}
	if !r.Looked || !kinds[engine.AroundLockwire] || !kinds[engine.PlainOnPublic] {
		t.Errorf("%+v", r.Unprotected)
	}
	if r.ReceiptsProblem != "" || r.Receipts.Checked.IsZero() {
		t.Errorf("%s, %+v", r.ReceiptsProblem, r.Receipts)
	}
	f.Config.Broker = nil
	if r, err = f.ProtectionReport(t.Context(), engine.Span{}); err != nil || r.Looked || r.Running != nil || len(r.Changes) != 3 || r.Sealed.Sessions != 4 {
		t.Errorf("without a broker: %v, %+v", err, r)
	}
}
