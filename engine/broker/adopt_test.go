package broker

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// again attaches an agent anew, over another connection and with the same instance, naming sessions.
func (a *agent) again(addresses string, sessions ...*wire.LiveSession) {
	a.i.t.Helper()
	a.connection.Close()
	a.connection = a.dial()
	a.open()
	a.hello(report(addresses), sessions...)
	if err := a.ended(); err != nil {
		a.i.t.Fatalf("%s does not attach again: %v", a.name, err)
	}
}

func carries(id []byte, side wire.Side, toTarget uint64) *wire.LiveSession {
	return &wire.LiveSession{Session: id, Side: side, Stats: &wire.SessionStats{Session: id, Flows: 1, AllFlows: 5, ToTarget: toTarget}}
}

func TestBrokerThatIsStartedAgainGoesOnWithSessions(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		made := i.only().Key.Made
		settle()
		i.stop()
		i.start()
		if s := i.only(); s.State != engine.SessionLive || s.Flows != 0 {
			t.Errorf("before the ends attach it is shown as %+v", s)
		}
		stranger := make([]byte, 16)
		p.source.again("10.0.0.2", carries(id, wire.Side_SIDE_SOURCE, 7000), carries(stranger, wire.Side_SIDE_SOURCE, 1))
		p.target.again("10.0.0.3", carries(id, wire.Side_SIDE_TARGET, 6000))
		for _, end := range []*agent{p.source, p.target} {
			if adopted := one(end, (*wire.Down).GetWelcome).GetAdopted(); len(adopted) != 1 || string(adopted[0]) != string(id) {
				t.Errorf("%s goes on with %x", end.name, adopted)
			}
			none(end, (*wire.Down).GetCut)
		}
		if s := i.only(); s.Flows != 1 || s.AllFlows != 5 || s.Traffic.ToTarget != 7000 || !s.Key.Made.Equal(made) {
			t.Errorf("it goes on as %+v", s)
		}
		p.source.end(id, nil)
		p.target.end(id, nil)
		if r := i.receipt(); r.State != engine.SessionEnded || r.Traffic.ToTarget != 7000 || r.Key.Made.IsZero() || r.Key.TargetErasure != engine.ErasureProven {
			t.Errorf("the receipt is %+v", r)
		}
	})
}

// A broker that dies loses what changed since a session began. Its ends say what they have, and the session goes on; where one of them
// never got its offer, it ends, and the receipt has no key there.
func TestBrokerThatDiesBeforeChangesAreWritten(t *testing.T) {
	for name, c := range map[string]struct {
		carried bool // the source took its offer and a flow opened
		state   engine.SessionState
	}{
		"both ends took the key":           {true, engine.SessionLive},
		"the source never got its own one": {false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				settle()
				p.source.request(p.route.ID)
				offer := one(p.target, (*wire.Down).GetOffer)
				if c.carried {
					p.target.answer(offer)
					p.source.answer(one(p.source, (*wire.Down).GetOffer)) // it comes once the session is recorded
				}
				i.wait()
				i.store.FailWith(func() error { return errors.New("the power is off") })
				if c.carried {
					p.source.stats(&wire.SessionStats{Session: offer.GetSession(), Flows: 1, AllFlows: 1, ToTarget: 100})
				}
				i.stop()
				i.store.FailWith(nil)
				if kept := must(i.store.LiveSessions(t.Context())); len(kept) != 1 || kept[0].State != engine.SessionOffered || !kept[0].Key.DeliveredSource.IsZero() {
					t.Fatalf("the record has %+v", kept)
				}
				i.start()
				named := []*wire.LiveSession{}
				if c.carried {
					named = append(named, carries(offer.GetSession(), wire.Side_SIDE_SOURCE, 7000))
				}
				p.source.again("10.0.0.2", named...)
				p.target.again("10.0.0.3", carries(offer.GetSession(), wire.Side_SIDE_TARGET, 6000))
				if c.carried {
					if s := i.only(); s.State != c.state || s.Traffic.ToTarget != 7000 || s.Key.DeliveredTarget.IsZero() || s.Key.DeliveredSource.IsZero() {
						t.Errorf("it goes on as %+v", s)
					}
					p.source.end(offer.GetSession(), nil)
				}
				time.Sleep(10 * time.Second) // until the source counts as one that forgot it
				p.target.end(offer.GetSession(), nil)
				r := i.receipt()
				if r.State != engine.SessionEnded || r.Key.Made.IsZero() || r.Key.TargetErasure != engine.ErasureProven || r.Key.SourceErasure == "" {
					t.Errorf("the receipt is %+v", r)
				}
				if kept := must(i.store.LiveSessions(t.Context())); len(kept) != 0 {
					t.Errorf("the record still has %+v", kept)
				}
			})
		})
	}
}

func TestSessionsThatEndedWhileTheBrokerWasAway(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		settle()
		i.stop()
		time.Sleep(time.Hour)
		ended := time.Now()
		time.Sleep(2 * time.Hour)
		i.start()
		p.source.again("10.0.0.2")
		p.target.again("10.0.0.3")
		p.source.endedAt(id, ended, &wire.SessionStats{Session: id, ToTarget: 9000, AllFlows: 2})
		p.target.endedAt(id, ended.Add(time.Minute), nil)
		if r := i.receipt(); r.Traffic.ToTarget != 9000 || r.Key.SourceErasure != engine.ErasureProven || !r.Ended.Equal(ended.Add(time.Minute)) {
			t.Errorf("the receipt is %+v", r)
		}
		for _, end := range []*agent{p.source, p.target} {
			one(end, (*wire.Down).GetEndedAcknowledged)
		}
		p.source.end(id, nil) // its acknowledgement was lost
		one(p.source, (*wire.Down).GetEndedAcknowledged)
		i.receipt()
	})
}

func TestAgentThatForgotItsSession(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		p.target.connection.Close()
		synctest.Wait()
		restarted := p.target.attach("10.0.0.3")
		time.Sleep(10 * time.Second)
		if cut := one(p.source, (*wire.Down).GetCut); !cut.GetDrain() {
			t.Errorf("the source is told %v", cut)
		}
		p.source.end(id, nil)
		if r := i.receipt(); r.Key.TargetErasure != engine.ErasureReleased || r.Key.SourceErasure != engine.ErasureProven {
			t.Errorf("the receipt says %+v", r.Key)
		}
		none(restarted, (*wire.Down).GetCut)
	})
}

// A source that dies has not told what came after its last report. The target that was left has seen it.
func TestReceiptCountsWhatTheTargetSawOfASourceThatDied(t *testing.T) {
	for name, c := range map[string]struct {
		sourceTold bool
		flows      uint64
		toTarget   uint64
	}{
		"it died":                  {false, 3, 27_000},
		"it ended, and knows best": {true, 2, 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				id := p.live()
				p.source.stats(&wire.SessionStats{Session: id, Flows: 1, AllFlows: 1, ToTarget: 18, ToSource: 5})
				if c.sourceTold {
					p.source.end(id, &wire.SessionStats{Session: id, AllFlows: 2, ToTarget: 20_000, ToSource: 5})
				} else {
					p.source.connection.Close()
					synctest.Wait()
					p.source.attach("10.0.0.2")
				}
				p.target.end(id, &wire.SessionStats{Session: id, AllFlows: 3, ToTarget: 27_000, ToSource: 4})
				time.Sleep(time.Minute)
				if r := i.receipt(); r.AllFlows != c.flows || r.Traffic.ToTarget != c.toTarget || r.Traffic.ToSource != 5 {
					t.Errorf("the receipt has %d flows and %+v", r.AllFlows, r.Traffic)
				}
			})
		})
	}
}

func TestSessionIsCutWhenItsEndComesBackAfterACut(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		p.source.connection.Close()
		synctest.Wait()
		i.broker.Cut(t.Context(), must(wire.ParseID(id)), "cut while it was away")
		p.source.again("10.0.0.2", carries(id, wire.Side_SIDE_SOURCE, 1))
		if welcome := one(p.source, (*wire.Down).GetWelcome); len(welcome.GetAdopted()) != 0 {
			t.Errorf("it goes on with %x", welcome.GetAdopted())
		}
	})
}

func TestClaimToBeTheOtherEndIsNotAdopted(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		p.source.again("10.0.0.2", carries(id, wire.Side_SIDE_TARGET, 1<<40))
		if welcome := one(p.source, (*wire.Down).GetWelcome); len(welcome.GetAdopted()) != 0 {
			t.Errorf("it goes on with %x", welcome.GetAdopted())
		}
		if s := i.only(); s.Traffic.ToTarget != 100 {
			t.Errorf("the session is shown with %d bytes", s.Traffic.ToTarget)
		}
	})
}

func TestEndOfTheTargetsStreamTakesAnOfferBack(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.source.request(p.route.ID)
		one(p.target, (*wire.Down).GetOffer)
		p.target.connection.Close()
		synctest.Wait()
		one(p.source, (*wire.Down).GetSessionRefused)
	})
}

func TestSessionThatHadEndedBeforeTheBrokerStopped(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		i.broker.Cut(t.Context(), must(wire.ParseID(id)), "cut")
		settle()
		i.stop()
		i.start()
		if r := i.receipt(); r.State != engine.SessionEnded || r.Key.SourceErasure != engine.ErasureUnconfirmed {
			t.Errorf("the receipt is %+v", r)
		}
	})
}

func TestSessionsWhoseEndsNeverComeBack(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		p.live()
		settle()
		i.stop()
		i.start()
		time.Sleep(session.LostAfter + session.ConfirmWithin + time.Minute)
		if r := i.receipt(); r.State != engine.SessionEnded || r.Traffic.ToTarget != 100 || r.Key.SourceErasure != engine.ErasureUnconfirmed {
			t.Errorf("the receipt is %+v", r)
		}
	})
}

// Nothing is known of what a session carried in its last moments where all was switched off at once. That it was refused, so that
// not a byte went through, must not be said of it.
func TestSessionOfWhichNobodyRemembersWhatItCarriedWasNotRefused(t *testing.T) {
	for name, c := range map[string]struct {
		broker bool
		want   string
	}{
		"broker and agents are started again": {true, session.ReasonForgot + lastNotCounted},
		"the agents are started again":        {false, session.ReasonForgot},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				p.source.request(p.route.ID)
				p.target.answer(one(p.target, (*wire.Down).GetOffer))
				p.source.answer(one(p.source, (*wire.Down).GetOffer))
				settle()
				if c.broker {
					i.stop()
					i.start()
				}
				p.source.connection.Close()
				p.target.connection.Close()
				synctest.Wait()
				p.source.attach("10.0.0.2")
				p.target.attach("10.0.0.3")
				time.Sleep(time.Minute)
				if r := i.receipt(); r.State != engine.SessionEnded || r.Reason != c.want {
					t.Errorf("the receipt says that it was %s: %s", r.State, r.Reason)
				}
			})
		})
	}
}
