package alarm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

// fakeSender notes what it is given, and answers as it is told.
type fakeSender struct {
	mu     sync.Mutex
	got    []engine.Alarm
	tries  int
	untold uint64
	answer func(try int) error // nil takes everything
	stuck  bool                // until the attempt is over
}

func (s *fakeSender) send(ctx context.Context, a *engine.Alarm, dropped uint64) error {
	s.mu.Lock()
	s.tries++
	try, answer, stuck := s.tries, s.answer, s.stuck
	s.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return ctx.Err()
	}
	if answer != nil {
		if err := answer(try); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got, s.untold = append(s.got, *a), s.untold+dropped
	return nil
}

func (s *fakeSender) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

// running runs a keeper with these senders for the time of a test, in which time stands still.
func running(t *testing.T, syslog, webhook sender, test func(*testing.T, *Keeper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := New(Config{})
		k.settings = engine.AlarmSettings{Syslog: &engine.SyslogReceiver{}, Webhook: &engine.WebhookReceiver{}}
		if syslog != nil {
			k.receivers[engine.AlarmSyslog].use(syslog)
		}
		if webhook != nil {
			k.receivers[engine.AlarmWebhook].use(webhook)
		}
		ctx, stop := context.WithCancel(t.Context())
		var ran sync.WaitGroup
		ran.Go(func() { k.Run(ctx) })
		test(t, k)
		stop()
		ran.Wait()
	})
}

func statusOf(t *testing.T, k *Keeper, name engine.AlarmReceiver) engine.AlarmReceiverStatus {
	t.Helper()
	status, isSet := k.receivers[name].standing()
	if !isSet {
		t.Fatalf("%s is not set up", name)
	}
	return status
}

func TestABurstOfAThousandIsTwoAlarms(t *testing.T) {
	s := new(fakeSender)
	running(t, s, nil, func(t *testing.T, k *Keeper) {
		for i := range 1000 {
			k.Tell(found(engine.PlainOnPublic, fmt.Sprint(i)))
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if s.count() != 2 || s.got[0].Count+s.got[1].Count != 1000 {
			t.Errorf("%+v", s.got)
		}
	})
}

// A receiver that takes for ever delays neither who tells of something nor the other receiver.
func TestAReceiverThatHangsHoldsUpNobody(t *testing.T) {
	hangs, works := &fakeSender{stuck: true}, new(fakeSender)
	running(t, hangs, works, func(t *testing.T, k *Keeper) {
		began := time.Now()
		kinds := engine.FindingKinds()
		for i := range maximumWaiting + 50 {
			a := engine.Alarm{Kind: kinds[0], Text: fmt.Sprint(i)}
			k.put(a)
			synctest.Wait()
		}
		if passed := time.Since(began); passed != 0 {
			t.Errorf("it took %s", passed)
		}
		if works.count() != maximumWaiting+50 {
			t.Errorf("the other receiver got %d", works.count())
		}
		status := statusOf(t, k, engine.AlarmSyslog)
		if status.Waiting != maximumWaiting || status.Dropped != 50 {
			t.Errorf("%+v", status)
		}
		// Once it works again it gets the newest, and how many were dropped.
		hangs.mu.Lock()
		hangs.stuck = false
		hangs.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		if status = statusOf(t, k, engine.AlarmSyslog); status.Waiting != 0 || status.Sent != maximumWaiting || !status.Failing.IsZero() || status.Problem != "" {
			t.Errorf("%+v", status)
		}
		if hangs.untold != 50 || hangs.got[len(hangs.got)-1].Text != fmt.Sprint(maximumWaiting+49) {
			t.Errorf("%d dropped were said, the last is %+v", hangs.untold, hangs.got[len(hangs.got)-1])
		}
	})
}

func TestAnAlarmIsTriedAgainUntilItsReceiverIsBack(t *testing.T) {
	s := &fakeSender{answer: func(try int) error {
		if try < 12 {
			return errors.New("connection refused")
		}
		return nil
	}}
	running(t, s, nil, func(t *testing.T, k *Keeper) {
		k.Tell(found(engine.PlainOnPublic, "a"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		status := statusOf(t, k, engine.AlarmSyslog)
		if status.Waiting != 1 || status.Problem != "connection refused" || status.Failing.IsZero() {
			t.Errorf("while it is gone: %+v", status)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if s.count() != 1 || s.tries != 12 {
			t.Errorf("%d arrived in %d tries", s.count(), s.tries)
		}
	})
}

func TestAnAlarmThatIsRefusedOutrightIsGivenUpAndSaid(t *testing.T) {
	s := &fakeSender{answer: func(try int) error {
		if try <= refusedTimes {
			return &refusedError{"it answers 400"}
		}
		return nil
	}}
	running(t, s, nil, func(t *testing.T, k *Keeper) {
		k.put(engine.Alarm{Text: "refused"})
		k.put(engine.Alarm{Text: "taken"})
		time.Sleep(time.Hour)
		synctest.Wait()
		if s.count() != 1 || s.got[0].Text != "taken" || s.untold != 1 {
			t.Errorf("%+v, %d untold", s.got, s.untold)
		}
		if status := statusOf(t, k, engine.AlarmSyslog); status.Dropped != 1 || status.Sent != 1 {
			t.Errorf("%+v", status)
		}
	})
}

func TestOnlyWantedKindsBecomeAlarms(t *testing.T) {
	s := new(fakeSender)
	running(t, s, nil, func(t *testing.T, k *Keeper) {
		k.settings.Switch(engine.PlainOnPublic, false)
		k.settings.Switch(engine.RuleIdle, true)
		exempt := found(engine.RoutePlain, "allowed")
		exempt.Severity = engine.Advice // as a trusted link decides
		k.Picture(t.Context(), []engine.Finding{found(engine.PlainOnPublic, "off"), found(engine.RuleIdle, "on"), found(engine.LegOpen, "off by default"), exempt})
		synctest.Wait()
		if s.count() != 1 || s.got[0].Kind != engine.RuleIdle {
			t.Errorf("%+v", s.got)
		}
	})
}

// Whoever tells never waits, also where nobody listens.
func TestTellingNeverWaitsAndCountsWhatIsLost(t *testing.T) {
	k := New(Config{})
	for range maximumTold + 7 {
		k.Tell(found(engine.SessionsRefused, "a"))
	}
	if k.Lost() != 7 {
		t.Errorf("%d are lost", k.Lost())
	}
}

func TestAReceiverThatIsTakenAwayForgetsWhatWaits(t *testing.T) {
	s := &fakeSender{answer: func(int) error { return errors.New("gone") }}
	running(t, s, nil, func(t *testing.T, k *Keeper) {
		k.put(engine.Alarm{Text: "a"})
		synctest.Wait()
		k.Configure(engine.AlarmSettings{}, engine.AlarmSecrets{})
		if len(k.Status()) != 0 || k.Wanted() {
			t.Errorf("%+v", k.Status())
		}
		again := new(fakeSender)
		k.receivers[engine.AlarmSyslog].use(again)
		k.put(engine.Alarm{Text: "b"})
		time.Sleep(time.Hour)
		synctest.Wait()
		if again.count() != 1 || again.got[0].Text != "b" {
			t.Errorf("%+v", again.got)
		}
		if result := k.Test(t.Context(), engine.AlarmWebhook); result.Problem != "it is not set up" {
			t.Errorf("%+v", result)
		}
	})
}
