package broker

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

func TestSealedSessionFromRequestToReceipt(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		i.encryptAll()
		number := p.source.request(p.route.ID)

		none(p.source, (*wire.Down).GetOffer) // the target comes first
		toTarget := one(p.target, (*wire.Down).GetOffer)
		p.target.answer(toTarget)
		toSource := one(p.source, (*wire.Down).GetOffer)
		sourceKey, targetKey := must(p.source.key(toSource)), must(p.target.key(toTarget))
		defer sourceKey.Destroy()
		defer targetKey.Destroy()
		if !sourceKey.Equal(targetKey) {
			t.Error("the two ends were given different keys")
		}
		if toSource.GetRequest() != number || toSource.GetSide() != wire.Side_SIDE_SOURCE || toTarget.GetSide() != wire.Side_SIDE_TARGET {
			t.Errorf("the offers do not say whom they are for: %v, %v", toSource, toTarget)
		}
		if toSource.GetBackend() != "" || toTarget.GetBackend() != "127.0.0.1:8000" || len(toTarget.GetEndpoints()) != 0 {
			t.Error("the backend is the target's to know, and the endpoints the source's")
		}
		if len(toSource.GetEndpoints()) != 1 || toSource.GetEndpoints()[0] != "10.0.0.3:6171" {
			t.Errorf("the source is to dial %v", toSource.GetEndpoints())
		}
		for _, offer := range []*wire.Offer{toSource, toTarget} {
			sourceID, targetID := keyIDOf(p.source.certificate), keyIDOf(p.target.certificate)
			if string(offer.GetSourceKey()) != string(sourceID[:]) || string(offer.GetTargetKey()) != string(targetID[:]) {
				t.Error("the offer does not name the keys with which the ends attached")
			}
			if offer.GetMode() != wire.Mode_MODE_SEALED || offer.GetCipher() != wire.Cipher_CIPHER_AES_256_GCM || offer.GetLingerMilliseconds() != 15000 || offer.GetAgeCapMilliseconds() != 24*3600*1000 {
				t.Errorf("the offer is %v", offer)
			}
		}

		if state := i.only().State; state != engine.SessionOffered {
			t.Errorf("the session is %s before the source has answered", state)
		}
		p.source.answer(toSource)
		id := toSource.GetSession()
		p.source.stats(&wire.SessionStats{Session: id, Flows: 2, AllFlows: 2, ToTarget: 1000, CpuNanoseconds: 5, Endpoint: "10.0.0.3:6171", Group: "X25519MLKEM768"})
		time.Sleep(time.Second)
		p.source.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 3, ToTarget: 5000, ToSource: 10, CpuNanoseconds: 7})
		p.target.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 3, ToTarget: 4000, CpuNanoseconds: 9})
		live := i.only()
		if live.State != engine.SessionLive || live.Flows != 1 || live.AllFlows != 3 || live.Traffic.ToTarget != 5000 || live.Traffic.RateToTarget != 4000 {
			t.Errorf("the live session is shown as %+v", live)
		}
		if got := i.status(p.source.holder); got.Sessions != 1 || got.Load.Agent != 0.1 || len(got.Load.Cores) != 2 {
			t.Errorf("the source is shown as %+v", got)
		}

		p.source.end(id, &wire.SessionStats{AllFlows: 4, ToTarget: 6000, ToSource: 20, CpuNanoseconds: 11})
		if drain := one(p.target, (*wire.Down).GetCut); !drain.GetDrain() {
			t.Error("the target is cut, where it should only take no more flows")
		}
		p.target.end(id, &wire.SessionStats{AllFlows: 4, ToTarget: 6000, CpuNanoseconds: 12})
		r := i.receipt()
		one(p.source, (*wire.Down).GetEndedAcknowledged)
		one(p.target, (*wire.Down).GetEndedAcknowledged)
		if r.State != engine.SessionEnded || r.Decision.Mode != engine.Sealed || r.Decision.By != engine.ByRule || r.Cipher != engine.AES256GCM {
			t.Errorf("the receipt is %+v", r)
		}
		if r.Traffic != (engine.Traffic{ToTarget: 6000, ToSource: 20, SourceCPU: 11, TargetCPU: 12}) || r.AllFlows != 4 || r.Endpoint != "10.0.0.3:6171" || r.Group != "X25519MLKEM768" {
			t.Errorf("the receipt says of the traffic: %+v", r)
		}
		k := r.Key
		for what, moment := range map[string]time.Time{
			"made": k.Made, "delivered to the source": k.DeliveredSource, "delivered to the target": k.DeliveredTarget,
			"destroyed here": k.DestroyedBroker, "destroyed at the source": k.DestroyedSource, "destroyed at the target": k.DestroyedTarget,
		} {
			if moment.IsZero() {
				t.Errorf("the receipt does not say when the key was %s", what)
			}
		}
		if k.SourceErasure != engine.ErasureProven || k.TargetErasure != engine.ErasureProven {
			t.Errorf("the receipt says of the erasure: %q, %q", k.SourceErasure, k.TargetErasure)
		}
		if left := must(i.store.LiveSessions(t.Context())); len(left) != 0 || len(i.broker.Sessions()) != 0 {
			t.Errorf("the session is still among the live ones")
		}
	})
}

func TestPlainSessionHasAKeyButShowsNoCipher(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.source.request(p.route.ID)
		offer := one(p.target, (*wire.Down).GetOffer)
		key := must(p.target.key(offer)) // who is who is proven in plain mode too
		key.Destroy()
		if offer.GetMode() != wire.Mode_MODE_PLAIN || offer.GetCipher() == wire.Cipher_CIPHER_UNSPECIFIED {
			t.Errorf("the offer is %v", offer)
		}
		if s := i.only(); s.Decision.By != engine.ByNone || s.Cipher != 0 {
			t.Errorf("the session is shown as %+v", s)
		}
	})
}

func TestRequestsThatAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		given  func(i *installation, p *pair)
		reason string
	}{
		{"the target is not attached", func(i *installation, p *pair) { p.target.stream.CloseSend(); synctest.Wait() }, "target is not attached"},
		{"the route is off", func(i *installation, p *pair) {
			i.write(func(tx engine.Transaction) error { p.route.Enabled = false; return tx.PutRoute(p.route) })
		}, "is off"},
		{"the component is no source of the route", func(i *installation, p *pair) {
			p.route = i.route("other", p.source.holder, p.target.holder)
		}, "not a source"},
		{"the target was revoked", func(i *installation, p *pair) {
			i.write(func(tx engine.Transaction) error {
				c := i.status(p.target.holder).Component
				c.Revoked = time.Now()
				return tx.PutComponent(c)
			})
		}, "revoked"},
		{"the target has no address to dial", func(i *installation, p *pair) {
			r := report("10.0.0.3")
			r.Endpoints = nil
			p.target.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(r)}})
		}, "--advertise"},
		{"the source speaks a newer version of the channel", func(i *installation, p *pair) {
			r := report("10.0.0.2")
			r.ChannelVersion = engine.ChannelVersion + 1
			p.source.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(r)}})
		}, "source speaks version 2 of the data channel, target speaks version 1 of the data channel: update Lockwire on target"},
		{"the target speaks a newer version of the channel", func(i *installation, p *pair) {
			r := report("10.0.0.3")
			r.ChannelVersion = engine.ChannelVersion + 1
			p.target.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(r)}})
		}, "source speaks version 1 of the data channel, target speaks version 2 of the data channel: update Lockwire on source"},
		{"the target does not say which version of the channel it speaks", func(i *installation, p *pair) {
			r := report("10.0.0.3")
			r.ChannelVersion = 0
			p.target.send(&wire.Up{Message: &wire.Up_Report{Report: wire.FromReport(r)}})
		}, "target does not say which version of the data channel it speaks: update Lockwire on target"},
		{"no such test was asked for", func(i *installation, p *pair) {
			p.source.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: 7, Route: wire.IDBytes(p.route.ID), Transfer: 99}}})
		}, "no such test"},
		{"the record cannot be written", func(i *installation, p *pair) {
			i.store.FailWith(func() error { return engine.ErrRecordLocked })
			i.broker.record.Remove(engine.NewID(), nil)
			time.Sleep(7 * time.Second)
			i.store.FailWith(nil) // it is tried again only in a while
		}, "record"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				test.given(i, &p)
				refusals := heard(p.source, (*wire.Down).GetSessionRefused)
				if len(refusals) == 0 {
					number := p.source.request(p.route.ID)
					if refusals = heard(p.source, (*wire.Down).GetSessionRefused); len(refusals) != 1 || refusals[0].GetRequest() != number {
						t.Fatalf("the source heard %v", refusals)
					}
				}
				if !strings.Contains(refusals[0].GetReason(), test.reason) {
					t.Errorf("the reason is %q", refusals[0].GetReason())
				}
				none(p.source, (*wire.Down).GetOffer)
				none(p.target, (*wire.Down).GetOffer)
				if r := i.receipt(); r.State != engine.SessionRefused || r.Reason != refusals[0].GetReason() || r.Key.SourceErasure != engine.ErasureNotNeeded {
					t.Errorf("the receipt is %+v", r)
				}
			})
		})
	}
}

func TestReceiptOfARefusalSaysWhatTheSessionWasToBeByARuleWithNames(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		i.write(func(tx engine.Transaction) error {
			return tx.PutRule(engine.Rule{ID: engine.NewID(), Revision: 1, Name: "Nightly", Enabled: true,
				Source: []engine.Selector{must(engine.ParseSelector("component:source"))}, Target: []engine.Selector{must(engine.ParseSelector("component:target"))}, Encrypt: true})
		})
		p.target.stream.CloseSend()
		synctest.Wait()
		p.source.request(p.route.ID)
		one(p.source, (*wire.Down).GetSessionRefused)
		if r := i.receipt(); r.Decision.Mode != engine.Sealed || r.Decision.By != engine.ByRule {
			t.Errorf("the receipt says %v by %v", r.Decision.Mode, r.Decision.By)
		}
	})
}

func TestUnknownRouteIsRefusedWithoutAReceipt(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.source.request(engine.NewID())
		one(p.source, (*wire.Down).GetSessionRefused)
		if receipts := i.receipts(); len(receipts) != 0 {
			t.Errorf("there are receipts: %+v", receipts)
		}
	})
}

func TestTargetRefusesTheOffer(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.source.request(p.route.ID)
		p.target.refuse(one(p.target, (*wire.Down).GetOffer), "backend 127.0.0.1:8000 is not allowed here")
		if reason := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(reason, "not allowed here") {
			t.Errorf("the source is told %q", reason)
		}
		if r := i.receipt(); r.State != engine.SessionRefused || r.Key.SourceErasure != engine.ErasureNotNeeded || r.Key.DestroyedBroker.IsZero() {
			t.Errorf("the receipt is %+v", r)
		}
	})
}

func TestUnansweredOfferIsCancelled(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.source.request(p.route.ID)
		one(p.target, (*wire.Down).GetOffer)
		time.Sleep(12 * time.Second)
		one(p.target, (*wire.Down).GetOfferCancelled)
		one(p.source, (*wire.Down).GetSessionRefused)
		time.Sleep(3 * time.Minute) // the target never says that it destroyed the key
		if r := i.receipt(); r.State != engine.SessionRefused || r.Key.TargetErasure != engine.ErasureUnconfirmed {
			t.Errorf("the receipt is %+v", r)
		}
	})
}

func TestUnusedSessionEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.source.request(p.route.ID)
		offer := one(p.target, (*wire.Down).GetOffer)
		p.target.answer(offer)
		p.source.answer(one(p.source, (*wire.Down).GetOffer))
		time.Sleep(32 * time.Second)
		for _, end := range []*agent{p.source, p.target} {
			if cut := one(end, (*wire.Down).GetCut); cut.GetDrain() || string(cut.GetSession()) != string(offer.GetSession()) {
				t.Errorf("%s is told %v", end.name, cut)
			}
		}
	})
}

func TestRequestWaitsForOneTimeKeys(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		for range 3 {
			p.source.request(p.route.ID)
		}
		if offers := heard(p.target, (*wire.Down).GetOffer); len(offers) != 3 {
			t.Fatalf("%d offers for three keys", len(offers))
		}
		p.source.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.source.keys(2)}})
		p.source.request(p.route.ID)
		none(p.target, (*wire.Down).GetOffer)
		p.target.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.target.keys(1)}})
		one(p.target, (*wire.Down).GetOffer)

		p.source.request(p.route.ID)
		time.Sleep(keysWithin + time.Second)
		if reason := one(p.source, (*wire.Down).GetSessionRefused).GetReason(); !strings.Contains(reason, "target sent no one-time key") {
			t.Errorf("the source is told %q", reason)
		}
	})
}

// A refill that was on its way when the component attached anew brings keys that it has dropped since.
func TestOneTimeKeysOfAnotherGenerationAreNotKept(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		for _, generation := range []uint64{p.target.generation - 1, p.target.generation + 1} {
			late := p.target.keys(2)
			late.Generation = generation
			p.target.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: late}})
		}
		i.broker.mu.Lock()
		defer i.broker.mu.Unlock()
		if kept := len(i.broker.members[p.target.id].attachment.oneTime); kept != helloKeys {
			t.Errorf("the broker keeps %d keys, not %d", kept, helloKeys)
		}
	})
}

func TestEveryOneTimeKeyIsUsedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		again := p.target.keys(1)
		for range 2 { // the same key sent twice counts once
			p.target.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: again}})
		}
		p.source.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.source.keys(3)}})
		for range 6 {
			p.source.request(p.route.ID)
		}
		used := map[string]bool{}
		for _, offer := range heard(p.target, (*wire.Down).GetOffer) {
			if used[string(offer.GetOneTimeKey())] {
				t.Error("a one-time key is used for two sessions")
			}
			used[string(offer.GetOneTimeKey())] = true
		}
		if len(used) != 4 {
			t.Errorf("%d offers for four keys", len(used))
		}
	})
}

// A source that goes away while its session's key is about to be made was the only one who would have used the target's key.
func TestRequestThatIsGivenUpUsesUpNoKeyOfTheTarget(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		left := func() int {
			synctest.Wait()
			i.broker.mu.Lock()
			defer i.broker.mu.Unlock()
			return len(i.broker.members[p.target.id].attachment.oneTime)
		}
		before := left()
		for range cap(i.broker.minting) {
			i.broker.minting <- struct{}{}
		}
		p.source.request(p.route.ID)
		if left() != before-1 {
			t.Errorf("%d of %d keys are left while a session is made", left(), before)
		}
		p.source.connection.Close()
		if left() != before {
			t.Errorf("%d of %d keys are left", left(), before)
		}
		for range cap(i.broker.minting) {
			<-i.broker.minting
		}
	})
}

func TestRepeatedRefusalsShareReceiptsAndLines(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		var log strings.Builder
		i.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
		i.start()
		defer func() { i.stop() }()
		p := i.pair()
		p.target.stream.CloseSend()
		synctest.Wait()
		for range 50 {
			time.Sleep(time.Millisecond) // so that the receipts have an order
			p.source.request(p.route.ID)
		}
		if refusals := heard(p.source, (*wire.Down).GetSessionRefused); len(refusals) != 50 {
			t.Errorf("%d answers to 50 requests", len(refusals))
		}
		if receipts := i.receipts(); len(receipts) != 1 {
			t.Errorf("%d receipts at once", len(receipts))
		}
		time.Sleep(2 * refusalsWithin)
		receipts := i.receipts()
		if len(receipts) != 2 || !strings.Contains(receipts[0].Reason, "49 times") {
			t.Errorf("after a while there are %d receipts: %+v", len(receipts), receipts)
		}
		i.stop() // nobody writes to the log any more
		if lines := strings.Count(log.String(), "session refused"); lines != 2 {
			t.Errorf("%d lines of the log are about 50 refusals that are alike", lines)
		}
	})
}

func TestRepeatedRefusalsAreWrittenWhenTheBrokerStops(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		for range 3 {
			p.source.request(p.route.ID)
			p.target.refuse(one(p.target, (*wire.Down).GetOffer), "no")
		}
		i.stop()
		if receipts := i.receipts(); len(receipts) != 2 {
			t.Errorf("%d receipts", len(receipts))
		}
		if left := must(i.store.LiveSessions(t.Context())); len(left) != 0 {
			t.Errorf("refused sessions are left among the live ones: %+v", left)
		}
	})
}

func TestCut(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		if err := i.broker.Cut(t.Context(), must(wire.ParseID(id)), "cut by somebody"); err != nil {
			t.Fatal(err)
		}
		for _, end := range []*agent{p.source, p.target} {
			if cut := one(end, (*wire.Down).GetCut); cut.GetDrain() || cut.GetReason() != "cut by somebody" {
				t.Errorf("%s is told %v", end.name, cut)
			}
		}
		if len(i.broker.Sessions()) != 0 {
			t.Error("a session that was cut is shown as live")
		}
		p.source.end(id, nil)
		p.target.end(id, nil)
		if r := i.receipt(); r.Reason != "cut by somebody" || r.State != engine.SessionEnded {
			t.Errorf("the receipt is %+v", r)
		}
		if err := i.broker.Cut(t.Context(), must(wire.ParseID(id)), "again"); err == nil {
			t.Error("a session that is over can be cut")
		}
	})
}

func TestSilentEndLeavesDestructionUnconfirmed(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		i.broker.Cut(t.Context(), must(wire.ParseID(id)), "cut")
		p.source.end(id, nil)
		time.Sleep(3 * time.Minute)
		if r := i.receipt(); r.Key.SourceErasure != engine.ErasureProven || r.Key.TargetErasure != engine.ErasureUnconfirmed || !r.Key.DestroyedTarget.IsZero() {
			t.Errorf("the receipt says %+v", r.Key)
		}
	})
}

func TestComponentCannotSpeakForASessionOfOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		third := i.component("third", "10.0.0.4").attach("10.0.0.4")
		id := p.live()
		third.end(id, nil)
		third.stats(&wire.SessionStats{Session: id, ToTarget: 1 << 60, Flows: 9})
		if s := i.only(); s.State != engine.SessionLive || s.Traffic.ToTarget != 100 || s.Flows != 1 {
			t.Errorf("a stranger to the session changed it to %+v", s)
		}
	})
}

func TestSameMachineIsProvenOnLoopbackOrDecidedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		source, target := i.component("source", "10.0.0.2"), i.component("target", "10.0.0.2")
		route := i.route("backup", target, source)
		i.encryptAll()
		same := report("10.0.0.2")
		same.Machine, same.Boot = "machine", "boot"
		p := pair{source.prepare(), target.prepare(), route}
		p.source.hello(same)
		same.Endpoints = endpointsOf("10.0.0.2:6172")
		p.target.hello(same)

		p.source.request(route.ID)
		offer := one(p.target, (*wire.Down).GetOffer)
		p.target.answer(offer)
		toSource := one(p.source, (*wire.Down).GetOffer)
		if got := strings.Join(toSource.GetEndpoints(), " "); got != "127.0.0.1:6172 [::1]:6172" || !toSource.GetSameMachine() || !offer.GetSameMachine() || offer.GetMode() != wire.Mode_MODE_PLAIN {
			t.Errorf("the offer to the source is %v", toSource)
		}
		if s := i.only(); s.Decision.By != engine.BySameMachine {
			t.Errorf("decided by %s", s.Decision.By)
		}

		p.source.send(&wire.Up{Message: &wire.Up_SessionRequest{SessionRequest: &wire.SessionRequest{Request: 2, Route: wire.IDBytes(route.ID), NotSameMachine: true}}})
		for range 2 { // it is remembered until one of them attaches again
			offer = one(p.target, (*wire.Down).GetOffer)
			p.target.answer(offer)
			toSource = one(p.source, (*wire.Down).GetOffer)
			if got := strings.Join(toSource.GetEndpoints(), " "); got != "10.0.0.2:6172" || toSource.GetSameMachine() || offer.GetMode() != wire.Mode_MODE_SEALED {
				t.Errorf("the offer to the source is %v", toSource)
			}
			p.source.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.source.keys(1)}})
			p.target.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: p.target.keys(1)}})
			p.source.request(route.ID)
		}
	})
}

// The limit of connections in a session is nothing that only an agent's log knows of.
func TestConnectionsThatFoundNoPlaceAreShownAndInTheReceipt(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		stats := &wire.SessionStats{Session: id, Flows: 1024, AllFlows: 1024, TurnedAway: 17, HalfClosed: 1}
		p.source.stats(stats)
		if s := i.only(); s.TurnedAway != 17 {
			t.Errorf("the session says %d", s.TurnedAway)
		}
		p.source.end(id, stats)
		// The target was first with two, of which the source counts one, too.
		p.target.end(id, &wire.SessionStats{Session: id, AllFlows: 1024, HalfClosed: 2, Unanswered: 1})
		reason := i.receipt().Reason
		for _, want := range []string{"17 connections were reset, because a session carries at most 4096 at a time", "2 connections were reset, because one side had ended", "--half-closed", "1 connection was reset, because the peer acknowledged nothing"} {
			if !strings.Contains(reason, want) {
				t.Errorf("the receipt does not say %q: %q", want, reason)
			}
		}
	})
}
