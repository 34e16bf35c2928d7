package administration

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"lockwire/engine"
)

// TestAConfirmationHoldsForWhatWasShown lets more be lost between the question and the answer.
func TestAConfirmationHoldsForWhatWasShown(t *testing.T) {
	f := nightly(t)
	rule := f.rule(t, "Nightly")
	rule.Target = []engine.Selector{engine.Any}
	f.apply(t, engine.Change{EditRule: &rule})
	change := engine.Change{RemoveRule: rule.ID}
	shown, err := f.Preview(t.Context(), change)
	if err != nil || shown.LosesEncryption() != 1 {
		t.Fatalf("%+v, %v", shown.Asks, err)
	}
	third := component(t, "third", "10.0.0.3")
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(third) }); err != nil {
		t.Fatal(err)
	}
	now, err := f.Apply(t.Context(), change, shown.Confirm())
	if !errors.Is(err, engine.ErrNeedsConfirmation) || now.LosesEncryption() != 2 {
		t.Fatalf("one more pair is lost, unconfirmed: %v, %d", err, now.LosesEncryption())
	}
	if _, err := f.Apply(t.Context(), change, now.Confirm()); err != nil {
		t.Error(err)
	}
}

// TestOneKindOfLossConfirmedIsNoneOfAnother revokes a component whose tag a rule needs, in a live session.
func TestOneKindOfLossConfirmedIsNoneOfAnother(t *testing.T) {
	f := newFixture(t)
	f.broker.sessions = []engine.Session{{ID: engine.NewID(), Source: f.source.ID, Target: f.target.ID, State: engine.SessionLive}}
	change := engine.Change{Revoke: []engine.ID{f.target.ID}}
	shown, err := f.Preview(t.Context(), change)
	if err != nil || len(shown.Asks) != 1 || shown.Asks[0].Kind != engine.AskSessions {
		t.Fatalf("%+v, %v", shown.Asks, err)
	}
	other := engine.Confirmation{Asks: map[engine.AskKind]string{engine.AskEncryption: shown.Asks[0].Digest}}
	if _, err := f.Apply(t.Context(), change, other); !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Errorf("confirmed as another kind: %v", err)
	}
	f.broker.sessions[0].ID = engine.NewID()
	if _, err := f.Apply(t.Context(), change, shown.Confirm()); !errors.Is(err, engine.ErrNeedsConfirmation) {
		t.Errorf("another session ends: %v", err)
	}
	f.apply(t, change)
}

// TestOnlyStaleSessionsThatWereShownAreCut has another session begin between the question and the answer.
func TestOnlyStaleSessionsThatWereShownAreCut(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	f.broker.sessions = []engine.Session{f.plainSession()}
	rule := encryptRule("Nightly")
	change := engine.Change{AddRule: &rule}
	shown, err := client.Preview(t.Context(), change)
	if err != nil || shown.Cut == nil || shown.Cut.Kind != engine.AskCut {
		t.Fatalf("%+v, %v", shown.Cut, err)
	}
	f.broker.sessions = append(f.broker.sessions, f.plainSession())
	now, err := client.Apply(t.Context(), change, shown.ConfirmWithCut())
	if !errors.Is(err, engine.ErrNeedsConfirmation) || len(now.StaleSessions) != 2 || len(f.broker.cut) != 0 {
		t.Fatalf("one more is cut, unconfirmed: %v, %d stale, cut %v", err, len(now.StaleSessions), f.broker.cut)
	}
	if _, err := client.Apply(t.Context(), change, now.ConfirmWithCut()); err != nil || len(f.broker.cut) != 2 {
		t.Errorf("%v, cut %v", err, f.broker.cut)
	}
	second := encryptRule("Weekly")
	f.broker.sessions = nil
	if _, err := client.Apply(t.Context(), engine.Change{AddRule: &second}, now.ConfirmWithCut()); err != nil {
		t.Errorf("all had ended by themselves: %v", err)
	}
}

// TestTheSessionsThatEndAreNamed: who confirms that sessions end sees which.
func TestTheSessionsThatEndAreNamed(t *testing.T) {
	f := newFixture(t)
	session := f.plainSession()
	session.SourceName, session.TargetName, session.RouteName, session.Traffic.ToTarget = "source", "target", "nightly", 7
	f.broker.sessions = []engine.Session{session}
	shown, err := f.Preview(t.Context(), engine.Change{Revoke: []engine.ID{f.target.ID}})
	want := engine.EndingSession{ID: session.ID, Source: "source", Target: "target", Route: "nightly", Bytes: 7}
	if err != nil || len(shown.EndingSessions) != 1 || shown.EndingSessions[0] != want {
		t.Errorf("%+v, %v", shown.EndingSessions, err)
	}
}

// TestLossesWithoutARouteAreAskedAboutAndTheOverrideAlwaysIs: there is no public address, and then one without a route.
func TestLossesWithoutARouteAreAskedAboutAndTheOverrideAlwaysIs(t *testing.T) {
	f := newFixture(t)
	f.apply(t, engine.Change{RemoveRoute: f.route.ID})
	override := func() engine.Change {
		return f.reread(t, engine.Change{Setting: &engine.SettingChange{Name: "DisablePublicIPTrafficEncryption", Value: "1"}})
	}
	effect, err := f.Apply(t.Context(), override(), engine.Confirmation{})
	if !errors.Is(err, engine.ErrNeedsConfirmation) || len(effect.Asks) != 1 || effect.Asks[0].Kind != engine.AskAutomatic {
		t.Errorf("nothing is public: %v, %+v", err, effect.Asks)
	}
	public := component(t, "public", "203.0.113.9")
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(public) }); err != nil {
		t.Fatal(err)
	}
	effect, err = f.Apply(t.Context(), override(), effect.Confirm())
	if !errors.Is(err, engine.ErrNeedsConfirmation) || effect.LosesEncryption() != 2 || len(effect.Links[0].Routes) != 0 {
		t.Errorf("two pairs without a route: %v, %+v", err, effect.Links)
	}
}

// TestAnEffectOfAnySizeReachesTheClientWithTheRefusal makes one beyond what a status can carry.
func TestAnEffectOfAnySizeReachesTheClientWithTheRefusal(t *testing.T) {
	f := newFixture(t)
	seal := encryptRule("Everything")
	seal.Source, seal.Target = []engine.Selector{engine.Any}, []engine.Selector{engine.Any}
	f.apply(t, engine.Change{AddRule: &seal})
	err := f.Store.Write(t.Context(), func(tx engine.Transaction) error {
		for i := range 700 {
			c := component(t, fmt.Sprintf("machine %d", i), fmt.Sprintf("10.1.%d.%d", i/200, i%200+1))
			route := engine.Route{ID: engine.NewID(), Revision: 1, Name: fmt.Sprintf("route %d", i), Sources: []engine.ID{c.ID}, Listen: "127.0.0.1:8000", Service: f.route.Service, Direction: engine.Push, Enabled: true}
			if err := errors.Join(tx.PutComponent(c), tx.PutRoute(route)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, f.Local, engine.MayChange)
	effect, err := client.Apply(t.Context(), engine.Change{RemoveRule: f.rule(t, "Everything").ID}, engine.Confirmation{})
	if !errors.Is(err, engine.ErrNeedsConfirmation) || len(effect.Links) < 401 || len(effect.Asks) != 1 {
		t.Errorf("%v, with %d links", err, len(effect.Links))
	}
	if text, err := json.Marshal(effect); err != nil || len(text) <= 1<<20 {
		t.Errorf("an effect of %d bytes proves nothing, %v", len(text), err)
	}
}
