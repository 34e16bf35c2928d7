package enginetest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/enginetest/raced"
	"lockwire/ui/model"
)

// client is an administrator elsewhere, over gRPC in memory.
func (i *Installation) client() *administration.Client {
	i.t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	administration.Register(server, administration.NewService(func(context.Context) (*administration.Local, error) { return i.Admin, nil }))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		connection.Close()
		server.Stop()
		<-served
	})
	return administration.NewClient(connection, "test")
}

const (
	toggles = 10_000
	// racedToggles are enough to find what races; without the race detector there are all of them.
	racedToggles = 500
	// togglesAtOnce are made without a look at what the watch shows; after them the last one has to show.
	togglesAtOnce = 40
)

// A rule is turned on and off 10,000 times while sessions begin and end and others watch. What a console elsewhere shows, by the way
// that its window takes, follows each time: the rules as they are, and the live session as they would decide it.
func TestEachToggleOfARuleShowsUnderLoad(t *testing.T) {
	count := toggles
	if testing.Short() || raced.Detector {
		count = racedToggles
	}
	slowest, connections := toggleUnderLoad(t, count)
	t.Logf("%d toggles, the slowest showed after %v, beside %d connections", count, slowest, connections)
}

// BenchmarkSlowestToggle tells how long the slowest of 10,000 toggles takes to show; more than two seconds is too long.
func BenchmarkSlowestToggle(b *testing.B) {
	for b.Loop() {
		slowest, connections := toggleUnderLoad(b, toggles)
		b.ReportMetric(slowest.Seconds(), "s/slowest")
		b.ReportMetric(float64(connections), "connections")
	}
}

// toggleUnderLoad turns a rule on and off, and fails where that is not shown at last.
func toggleUnderLoad(t testing.TB, count int) (slowest time.Duration, connected int64) {
	t.Helper()
	p := newPair(t, nil)
	rule := p.Encrypt("Nightly", "10.77.0.1", "10.77.0.2")
	conn := p.dial(t)
	conn.SetDeadline(time.Time{})
	ping(t, conn, "hello") // a sealed session that stays: with the rule off it is stale

	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	defer load.Wait()
	defer cancel()
	client := p.client()
	live := model.NewLive(client)
	load.Go(func() { live.Follow(ctx) })
	for range 3 { // others that watch, one of them too slow for it
		load.Go(func() {
			_ = p.client().Watch(ctx, 100*time.Millisecond, func(engine.Snapshot) error { time.Sleep(150 * time.Millisecond); return nil })
		})
	}
	var connections atomic.Int64
	load.Go(func() {
		for ctx.Err() == nil { // a route's connections join the session that lives, or begin one where the rule changed
			if attempt(p.route.Listen, "load") == nil {
				connections.Add(1)
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})

	shows := func(on bool) string {
		state := live.State()
		if state == nil || state.Problem != "" {
			return fmt.Sprintf("no state: %+v", state)
		}
		for _, kept := range state.Rules.Rules {
			if kept.Name == rule.Name && kept.Enabled != on {
				return "the rule as it was"
			}
		}
		for i := range state.Sessions {
			s := &state.Sessions[i]
			if s.Decision.Mode == engine.Sealed && s.Stale == on || s.Decision.Mode == engine.Plain && s.State == engine.SessionLive && s.Stale != on {
				return fmt.Sprintf("a session of mode %s that is stale: %v", s.Decision.Mode, s.Stale)
			}
		}
		return ""
	}
	on := true
	for done, burst := 0, togglesAtOnce; done < count; burst ^= 1 { // an even and an odd number in turn, so that either may be the last
		for range burst {
			on = !on
			toggle(t, client, rule.ID, on)
			done++
		}
		began := time.Now()
		for words := shows(on); words != ""; words = shows(on) {
			if took := time.Since(began); took > Patience {
				t.Fatalf("toggle %d, to %v, does not show after %v: %s", done, on, took, words)
			}
			time.Sleep(5 * time.Millisecond)
		}
		slowest = max(slowest, time.Since(began))
	}
	return slowest, connections.Load()
}

// toggle turns a rule on or off.
func toggle(t testing.TB, admin engine.Administration, rule engine.ID, on bool) {
	t.Helper()
	change := engine.Change{SwitchRules: []engine.Switch{{ID: rule, On: on}}}
	if _, err := engine.ApplyShown(t.Context(), admin, change, false, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}
}
