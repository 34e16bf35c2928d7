package live

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/component/machine"
	"lockwire/engine/pump"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// What a provider says and what it does come over connections of their own: either may be first.
func TestASessionSaysWhyAProviderEndedItsConnection(t *testing.T) {
	used := &wire.RestoresOnly{RestoresOnly: true, Reason: "the quota is used up"}
	for name, test := range map[string]struct {
		happens func(s *Session, n *Notice)
		says    bool
	}{
		"the notice first": {func(s *Session, n *Notice) { n.Take(used, time.Now()); breaks(s, pump.ErrReset) }, true},
		"the reset first": {func(s *Session, n *Notice) {
			breaks(s, pump.ErrReset)
			time.Sleep(3 * time.Second)
			n.Take(used, time.Now())
		}, true},
		"long before": {func(s *Session, n *Notice) {
			breaks(s, pump.ErrReset)
			time.Sleep(time.Minute)
			n.Take(used, time.Now())
		}, false},
		"lifted meanwhile": {func(s *Session, n *Notice) {
			n.Take(used, time.Now())
			breaks(s, pump.ErrReset)
			n.Take(&wire.RestoresOnly{}, time.Now())
		}, true},
		"lifted before": {func(s *Session, n *Notice) {
			n.Take(used, time.Now())
			n.Take(&wire.RestoresOnly{}, time.Now())
			breaks(s, pump.ErrReset)
		}, false},
		"ended in order":     {func(s *Session, n *Notice) { n.Take(used, time.Now()); breaks(s, nil) }, false},
		"cut from this side": {func(s *Session, n *Notice) { n.Take(used, time.Now()); breaks(s, pump.ErrCancelled) }, false},
		"no notice":          {func(s *Session, _ *Notice) { breaks(s, pump.ErrReset) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				notice := &Notice{}
				s := &Session{config: &Config{Host: &Host{Clock: machine.SystemClock{}}, Notice: notice}}
				test.happens(s, notice)
				report := s.reportWithStop(session.Report{Reason: session.ReasonIdle})
				if says := strings.Contains(report.Reason, "the quota is used up"); says != test.says || !strings.HasPrefix(report.Reason, session.ReasonIdle) {
					t.Errorf("it says %q", report.Reason)
				}
			})
		})
	}
}

func breaks(s *Session, err error) {
	if err != nil {
		err = fmt.Errorf("a flow: %w", err)
	}
	(&Flow{Session: s}).Carried(err)
}
