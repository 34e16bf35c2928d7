package broker

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// TestASessionSaysWhatHoldsItBack has both ends report two seconds of waiting.
func TestASessionSaysWhatHoldsItBack(t *testing.T) {
	const (
		most = 900 * time.Millisecond
		all  = time.Second
	)
	type end struct {
		sent, received waits
		cpu            time.Duration
	}
	tests := map[string]struct {
		source, target end
		restore        bool
		want           engine.HeldBack
	}{
		"the tool gives no more":             {source: end{sent: waits{read: most}}, target: end{received: waits{read: most}}, want: engine.HeldByTool},
		"the backend takes no more":          {source: end{sent: waits{write: most}}, target: end{received: waits{write: most}}, want: engine.HeldByBackend},
		"the network carries no more":        {source: end{sent: waits{write: most}}, target: end{received: waits{read: most}}, want: engine.HeldByNetwork},
		"a limit":                            {source: end{sent: waits{limit: most}}, target: end{received: waits{read: most}}, want: engine.HeldByLimit},
		"the source's processor":             {source: end{sent: waits{write: most}, cpu: all}, target: end{received: waits{read: most}}, want: engine.HeldBySourceCPU},
		"the target's processor":             {source: end{sent: waits{write: most}}, target: end{received: waits{write: most}, cpu: all}, want: engine.HeldByTargetCPU},
		"a busy processor and an idle tool":  {source: end{sent: waits{read: most}, cpu: all}, target: end{received: waits{read: most}}, want: engine.HeldByTool},
		"a restore whose backend is slow":    {source: end{received: waits{read: most}}, target: end{sent: waits{read: most}}, restore: true, want: engine.HeldByBackend},
		"a restore whose tool takes no more": {source: end{received: waits{write: most}}, target: end{sent: waits{write: most}}, restore: true, want: engine.HeldByTool},
		"nothing stands out":                 {},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				id := p.live()
				for second := range int64(4) {
					report := func(e *end) *wire.SessionStats {
						stats := &wire.SessionStats{Session: id, Flows: 1, AllFlows: 1, ToTarget: uint64(second * 1000), CpuNanoseconds: second * int64(e.cpu)}
						if test.restore {
							stats.ToTarget, stats.ToSource = 0, uint64(second*1000)
						}
						times := func(w waits) *wire.Waits {
							return &wire.Waits{Read: second * int64(w.read), Limit: second * int64(w.limit), Write: second * int64(w.write)}
						}
						stats.Sent, stats.Received = times(e.sent), times(e.received)
						return stats
					}
					p.source.stats(report(&test.source))
					p.target.stats(report(&test.target))
					time.Sleep(time.Second)
				}
				if got := i.only().HeldBack; got != test.want {
					t.Errorf("held back by %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestASessionThatCarriesNothingIsHeldBackByNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		p := i.pair()
		id := p.live()
		for second := range int64(3) {
			stats := &wire.SessionStats{Session: id, Flows: 1, AllFlows: 1, ToTarget: 1000, Sent: &wire.Waits{Read: second * int64(time.Second)}}
			p.source.stats(stats)
			p.target.stats(stats)
			time.Sleep(time.Second)
		}
		if got := i.only().HeldBack; got != "" {
			t.Errorf("held back by %q", got)
		}
	})
}
