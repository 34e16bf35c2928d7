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
		stalled        bool    // not a byte moves
		cores          float64 // of both machines, in use
		agents         float64 // what the agents take of them, in cores
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
		"the backend takes nothing now":      {source: end{sent: waits{write: most}}, target: end{received: waits{write: most}}, stalled: true, want: engine.HeldByBackend},
		"a restore whose tool takes nothing": {source: end{sent: waits{read: all}, received: waits{write: most}}, target: end{sent: waits{write: most}, received: waits{read: all}}, restore: true, stalled: true, want: engine.HeldByTool},
		"the network carries nothing now":    {source: end{sent: waits{write: most}}, target: end{received: waits{read: most}}, stalled: true, want: engine.HeldByNetwork},
		"the tool gives nothing now":         {source: end{sent: waits{read: all}, received: waits{read: all}}, target: end{sent: waits{read: all}, received: waits{read: all}}, stalled: true, want: ""},
		"others keep the machines busy, and the network is slow": {
			source: end{sent: waits{write: most}, cpu: all / 50}, target: end{received: waits{read: most}, cpu: all / 50}, cores: 1, agents: 0.1, want: engine.HeldByNetwork,
		},
		"the agents' sessions take the whole machine": {
			source: end{sent: waits{write: most}, cpu: all / 20}, target: end{received: waits{read: most}}, cores: 1, agents: 1.5, want: engine.HeldBySourceCPU,
		},
		"the session and others take the whole machine": {
			source: end{sent: waits{write: most}, cpu: all / 4}, target: end{received: waits{read: most}}, cores: 1, agents: 0.25, want: engine.HeldBySourceCPU,
		},
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
						if test.stalled {
							stats.ToTarget, stats.ToSource = 1000, 1000
						}
						times := func(w waits) *wire.Waits {
							return &wire.Waits{Read: second * int64(w.read), Limit: second * int64(w.limit), Write: second * int64(w.write)}
						}
						stats.Sent, stats.Received = times(e.sent), times(e.received)
						return stats
					}
					cores := []float64{test.cores, test.cores}
					p.source.load(cores, test.agents, report(&test.source))
					p.target.load(cores, test.agents, report(&test.target))
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
