package broker

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// carrier is the sending end of a session at a simulated agent. It sends as fast as its lease lets it, or less.
type carrier struct {
	agent   *agent
	id      []byte
	lease   throttle.Lease
	wants   uint64 // bytes per second; wire.NoLimit is greedy
	sent    uint64
	flooded bool // leases arrive and are not put in force
}

// rate is what it sends per second now.
func (c *carrier) rate() uint64 { return min(c.lease.Limit, c.wants) }

// pass lets time pass in steps: leases arrive and are confirmed at once, and each second there are stats.
func pass(t *testing.T, d time.Duration, carriers ...*carrier) {
	t.Helper()
	const step = 100 * time.Millisecond
	for at := time.Duration(0); at < d; at += step {
		time.Sleep(step)
		for _, c := range carriers {
			c.sent += c.rate() / 10
		}
		taken := map[*agent][]*wire.Allotments{}
		for _, c := range carriers {
			if _, done := taken[c.agent]; !done {
				taken[c.agent] = heard(c.agent, (*wire.Down).GetAllotments)
			}
			for _, message := range taken[c.agent] {
				c.take(t, message)
			}
			if (at+step)%time.Second == 0 {
				c.report()
			}
		}
	}
}

// take puts what concerns the carrier in force, and confirms it.
func (c *carrier) take(t *testing.T, message *wire.Allotments) {
	t.Helper()
	for _, allotment := range message.GetAllotments() {
		number, limit, err := allotment.GetLease().Terms()
		if err != nil {
			t.Fatal(err)
		}
		if string(allotment.GetSession()) != string(c.id) || c.flooded || number <= c.lease.Number {
			continue
		}
		c.lease = throttle.Lease{Number: number, Limit: limit}
		c.agent.send(&wire.Up{Message: &wire.Up_LeasesInForce{LeasesInForce: &wire.LeasesInForce{Leases: []*wire.LeaseInForce{{Session: c.id, Number: number}}}}})
	}
}

func (c *carrier) stats() *wire.SessionStats {
	return &wire.SessionStats{Session: c.id, Flows: 1, AllFlows: 1, ToTarget: c.sent, Lease: wire.NewLease(c.lease.Number, c.lease.Limit), Waiting: c.lease.Limit < c.wants}
}

// reattach attaches the agent again, which names its session.
func (c *carrier) reattach() {
	agent := c.agent.holder.prepare()
	agent.hello(report(c.agent.from), &wire.LiveSession{Session: c.id, Side: wire.Side_SIDE_SOURCE, Stats: c.stats()})
	c.agent = agent
}

// sessionOf gives the session as it is shown.
func (i *installation) sessionOf(c *carrier) engine.Session {
	i.t.Helper()
	all := i.broker.Sessions()
	at := slices.IndexFunc(all, func(s engine.Session) bool { return string(wire.IDBytes(s.ID)) == string(c.id) })
	if at < 0 {
		i.t.Fatal("the session is not shown")
	}
	return all[at]
}

func (c *carrier) report() { c.agent.stats(c.stats()) }

// carry begins a session that is greedy at its source.
func (i *installation) carry(source, target *agent, route engine.Route) *carrier {
	i.t.Helper()
	source.request(route.ID)
	target.answer(one(target, (*wire.Down).GetOffer))
	offer := one(source, (*wire.Down).GetOffer)
	source.answer(offer)
	number, limit, err := offer.GetLease().Terms()
	if err != nil || number == 0 {
		i.t.Fatalf("the offer has lease %d, %v", number, err)
	}
	return &carrier{agent: source, id: offer.GetSession(), lease: throttle.Lease{Number: number, Limit: limit}, wants: wire.NoLimit}
}

// limitRule puts a rule in force that limits everything.
func (i *installation) limitRule(name string, megabytes uint64, does ...func(*engine.Rule)) engine.Rule {
	i.t.Helper()
	rule := engine.Rule{ID: engine.NewID(), Revision: 1, Name: name, Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any},
		Throttle: &engine.Throttle{Limit: engine.Limit{Value: megabytes, Unit: engine.MegabytesPerSecond}, NeverThrottleRestores: true}}
	for _, do := range does {
		do(&rule)
	}
	i.edit(rule)
	return rule
}

func (i *installation) edit(rule engine.Rule) {
	i.t.Helper()
	i.write(func(tx engine.Transaction) error { return tx.PutRule(rule) })
}

const megabyte = 1_000_000

func sum(carriers ...*carrier) (sum uint64) {
	for _, c := range carriers {
		sum += c.rate()
	}
	return sum
}

// near fails unless a rate is what was to be expected, but for the reserve and what is not worth a message.
func near(t *testing.T, what string, got, want uint64) {
	t.Helper()
	if got > want || got < want*97/100 {
		t.Errorf("%s: %d B/s, want %d", what, got, want)
	}
}

// underLimit is three components with sessions to a fourth, under one rule of 10 MB/s.
func underLimit(t *testing.T, does ...func(*engine.Rule)) (i *installation, rule engine.Rule, carriers []*carrier) {
	t.Helper()
	i = newInstallation(t)
	i.start()
	t.Cleanup(func() { i.stop() })
	rule = i.limitRule("Branch", 10, does...)
	vault := i.component("vault", "10.0.0.9")
	target := vault.attach("10.0.0.9")
	for n := range 3 {
		h := i.component(fmt.Sprintf("source %d", n), fmt.Sprintf("10.0.0.%d", n+1))
		carriers = append(carriers, i.carry(h.attach(h.from), target, i.route(h.name, vault, h)))
	}
	return i, rule, carriers
}

func TestSessionsOfARuleShareItsLimitOnWhicheverMachinesTheyRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i, _, carriers := underLimit(t)
		if first := carriers[1].lease.Limit; first == 0 || first >= 10*megabyte {
			t.Errorf("a session under a limit in full use starts at %d, not at a first share", first)
		}
		pass(t, 2*time.Second, carriers...)
		for _, c := range carriers {
			near(t, c.agent.name, c.rate(), 10*megabyte/3)
		}
		carriers[0].wants = 20_000
		pass(t, 3*time.Second, carriers...)
		near(t, "where one leaves its share unused the two others have", sum(carriers[1:]...), 10*megabyte)
		carriers[0].wants = wire.NoLimit
		pass(t, 3*time.Second, carriers...)
		near(t, "where it wants it again it has", carriers[0].rate(), 10*megabyte/3)

		carriers[2].agent.end(carriers[2].id, carriers[2].stats())
		pass(t, time.Second, carriers[:2]...)
		near(t, "after the end of one another has", carriers[0].rate(), 5*megabyte)
		if s := i.sessionOf(carriers[0]); len(s.Allotments) != 1 || s.Allotments[0].From != engine.SourceEnd || len(s.Allotments[0].Caps) != 1 {
			t.Errorf("the session shows %+v", s.Allotments)
		}
	})
}

func TestEditOfALimitIsInForceWithinTwoSeconds(t *testing.T) {
	for name, edit := range map[string]struct {
		change func(*engine.Rule)
		want   uint64 // together; 0 is no limit
	}{
		"lowered":    {func(r *engine.Rule) { r.Throttle.Value = 2 }, 2 * megabyte},
		"raised":     {func(r *engine.Rule) { r.Throttle.Value = 30 }, 30 * megabyte},
		"turned off": {func(r *engine.Rule) { r.Enabled = false }, 0},
		"taken away": {func(r *engine.Rule) { r.Throttle, r.Encrypt = nil, true }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				i, rule, carriers := underLimit(t)
				pass(t, 3*time.Second, carriers...)
				edit.change(&rule)
				i.edit(rule)
				pass(t, 2*time.Second, carriers...)
				if edit.want > 0 {
					near(t, "all together", sum(carriers...), edit.want)
					return
				}
				for _, c := range carriers {
					if c.lease.Limit != wire.NoLimit {
						t.Errorf("%s still has a limit of %d", c.agent.name, c.lease.Limit)
					}
				}
			})
		})
	}
}

// A limit that changes by itself at the hour is in force within two seconds, and so is one after the clock was set.
func TestHourChangesTheLimitOfLiveSessions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const before = 10 * time.Second // of an hour, sessions are busy again
		wait := func() { time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)) - before) }
		wait()
		hour := time.Now().UTC().Hour()
		_, _, carriers := underLimit(t, func(r *engine.Rule) {
			r.Throttle.Relaxed = &engine.Limit{Value: 40, Unit: engine.MegabytesPerSecond}
			schedule := engine.AlwaysOn()
			schedule.TimeZone = "UTC"
			for day := range schedule.Days {
				schedule.Days[day][(hour+1)%24] = engine.Relaxed
				schedule.Days[day][(hour+2)%24] = engine.Off
			}
			r.Schedule = &schedule
		})
		pass(t, 3*time.Second, carriers...)
		near(t, "before the hour", sum(carriers...), 10*megabyte)
		next := time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)).Round(100 * time.Millisecond)
		pass(t, next-time.Second, carriers...)
		near(t, "a second before the hour", sum(carriers...), 10*megabyte)
		pass(t, 3*time.Second, carriers...)
		near(t, "relaxed", sum(carriers...), 40*megabyte)
		wait()
		pass(t, before+3*time.Second, carriers...)
		if limit := carriers[0].lease.Limit; limit != wire.NoLimit {
			t.Errorf("off: the limit is %d", limit)
		}
		wait()
		pass(t, before+3*time.Second, carriers...)
		near(t, "on again", sum(carriers...), 10*megabyte)
	})
}

// A clock that is set forward over an hour, and back, changes the limits of live sessions within two seconds.
func TestClockThatIsSetChangesTheLimitOfLiveSessions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		hour := time.Now().UTC().Hour()
		i, _, carriers := underLimit(t, func(r *engine.Rule) {
			r.Throttle.Relaxed = &engine.Limit{Value: 40, Unit: engine.MegabytesPerSecond}
			schedule := engine.AlwaysOn()
			schedule.TimeZone = "UTC"
			for day := range schedule.Days {
				schedule.Days[day][(hour+1)%24] = engine.Relaxed
			}
			r.Schedule = &schedule
		})
		pass(t, 2*time.Second, carriers...)
		near(t, "at first", sum(carriers...), 10*megabyte)
		i.setForward.Store(int64(time.Hour))
		pass(t, 2*time.Second, carriers...)
		near(t, "set forward", sum(carriers...), 40*megabyte)
		i.setForward.Store(0)
		pass(t, 2*time.Second, carriers...)
		near(t, "set back", sum(carriers...), 10*megabyte)
	})
}

func TestEveryLimitOfASessionHolds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i, _, carriers := underLimit(t)
		i.write(func(tx engine.Transaction) error {
			c := i.status(carriers[0].agent.holder).Component
			c.LocalLimit = &engine.Limit{Value: 1, Unit: engine.MegabytesPerSecond}
			return tx.PutComponent(c)
		})
		i.limitRule("Wide", 100)
		pass(t, 3*time.Second, carriers...)
		near(t, "the one under its component's limit", carriers[0].rate(), megabyte)
		near(t, "all together under the rule's", sum(carriers...), 10*megabyte)
		a := i.sessionOf(carriers[0]).Allotments[0]
		if len(a.Caps) != 3 || a.Caps[0].Rule != "component source 0" || !a.Caps[0].Holds || a.Caps[1].Rule != "Branch" || a.Caps[1].Holds || a.Caps[1].Sessions != 3 {
			t.Errorf("it shows %+v", a)
		}
		near(t, "what the rule would let it have", a.Caps[1].Share, 10*megabyte*9/20)
	})
}

func TestSessionOutOfReachKeepsItsShare(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i, _, carriers := underLimit(t)
		pass(t, 2*time.Second, carriers...)
		before := carriers[0].lease
		carriers[0].agent.stream.CloseSend()
		i.wait()
		pass(t, 10*time.Second, carriers[1:]...)
		if together := sum(carriers...); together > 10*megabyte {
			t.Errorf("%d B/s together: its share was given away", together)
		}
		if s := i.sessionOf(carriers[0]); !s.Allotments[0].OutOfReach || s.Allotments[0].BytesPerSecond != before.Limit {
			t.Errorf("it shows %+v", s.Allotments)
		}
		// It was cut meanwhile, and nobody knows whether it obeyed.
		id := must(wire.ParseID(carriers[0].id))
		if err := i.broker.Cut(t.Context(), id, "test"); err != nil {
			t.Fatal(err)
		}
		pass(t, 10*time.Second, carriers[1:]...)
		if together := sum(carriers...); together > 10*megabyte {
			t.Errorf("%d B/s together: the share of a session that may go on was given away", together)
		}
	})
}

// A broker that was started again takes what sessions obey for what is in force: nobody is slowed down, and nobody gets more.
func TestLeasesOutliveTheBroker(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i, _, carriers := underLimit(t)
		carriers[0].wants = megabyte
		pass(t, 5*time.Second, carriers...)
		settle()
		before := make([]throttle.Lease, len(carriers))
		for n, c := range carriers {
			before[n] = c.lease
		}
		i.stop()
		i.start()
		for n, c := range carriers[:2] {
			c.reattach()
			pass(t, time.Second, carriers[:n+1]...)
			for m := range n + 1 {
				if carriers[m].lease != before[m] {
					t.Errorf("the lease of %s changed from %v to %v while others are still away", carriers[m].agent.name, before[m], carriers[m].lease)
				}
			}
		}
		carriers[2].reattach()
		for range 30 {
			pass(t, 100*time.Millisecond, carriers...)
			for n, c := range carriers {
				if c.lease.Limit < before[n].Limit*9/10 {
					t.Fatalf("%s was slowed down from %v to %v", c.agent.name, before[n], c.lease)
				}
			}
		}
		near(t, "all together", sum(carriers[1:]...)+carriers[0].lease.Limit, 10*megabyte)
		carriers[0].wants = wire.NoLimit
		pass(t, 3*time.Second, carriers...)
		near(t, "and it is told new leases", carriers[0].rate(), 10*megabyte/3)
	})
}

// Where an allotment does not arrive, because it came before its offer was opened, it is sent again.
func TestLostAllotmentIsSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, _, carriers := underLimit(t)
		carriers[1].flooded = true
		pass(t, 2*time.Second, carriers...)
		carriers[1].flooded = false
		pass(t, 2*time.Second, carriers...)
		near(t, "the one that lost its allotments", carriers[1].rate(), 10*megabyte/3)
	})
}

func TestRestoresHaveALimitOfTheirOwn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i, rule, carriers := underLimit(t)
		rule.Throttle.NeverThrottleRestores = false
		i.edit(rule)
		pass(t, 2*time.Second, carriers...)
		near(t, "backups", sum(carriers...), 10*megabyte)
		s := i.broker.Sessions()[0]
		if len(s.Allotments) != 2 {
			t.Fatalf("the session shows %+v", s.Allotments)
		}
		back := s.Allotments[slices.IndexFunc(s.Allotments, func(a engine.Allotment) bool { return a.From == engine.TargetEnd })]
		if !back.Caps[0].Restores || back.Caps[0].Limit().BytesPerSecond() != 10*megabyte {
			t.Errorf("restores draw on %+v", back.Caps)
		}
	})
}
