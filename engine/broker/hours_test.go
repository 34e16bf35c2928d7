package broker

import (
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// byHours has a rule of 10 MB/s let 40 MB/s through in its relaxed hours, by a schedule that is the same all week.
func byHours(t *testing.T, zone, cells string) func(*engine.Rule) {
	t.Helper()
	day := must(engine.ParseDay(cells))
	return func(r *engine.Rule) {
		r.Throttle.Relaxed = &engine.Limit{Value: 40, Unit: engine.MegabytesPerSecond}
		r.Schedule = &engine.Schedule{TimeZone: zone}
		for d := range r.Schedule.Days {
			r.Schedule.Days[d] = day
		}
	}
}

// set sets the clock on the wall, as it is now.
func (i *installation) set(to time.Time) { i.setForward.Store(int64(time.Until(to))) }

// holds fails unless all carriers together send what the hour lets them.
func holds(t *testing.T, when string, cell engine.Cell, carriers ...*carrier) {
	t.Helper()
	switch cell {
	case engine.On:
		near(t, when+", on", sum(carriers...), 10*megabyte)
	case engine.Relaxed:
		near(t, when+", relaxed", sum(carriers...), 40*megabyte)
	case engine.Off:
		for _, c := range carriers {
			if c.lease.Limit != wire.NoLimit {
				t.Errorf("%s, off: %s has a limit of %d", when, c.agent.name, c.lease.Limit)
			}
		}
	}
}

func TestHoursAreInForceOnLiveSessionsWithinTwoSeconds(t *testing.T) {
	type edge struct {
		at            string
		before, after engine.Cell
	}
	const work = "000000001111111111rrrrrr"
	for name, test := range map[string]struct {
		zone, cells string
		edges       []edge
	}{
		"on, off, relaxed": {"UTC", "000000001111111111rrrrrr", []edge{
			{"2027-01-20T08:00:00Z", engine.Off, engine.On}, {"2027-01-20T18:00:00Z", engine.On, engine.Relaxed}, {"2027-01-21T00:00:00Z", engine.Relaxed, engine.Off}}},
		"on, then off, then relaxed": {"UTC", "1111111100000000rrrrrrrr", []edge{
			{"2027-01-20T08:00:00Z", engine.On, engine.Off}, {"2027-01-20T16:00:00Z", engine.Off, engine.Relaxed}, {"2027-01-21T00:00:00Z", engine.Relaxed, engine.On}}},
		"an hour that does not begin with one of the broker's": {"Asia/Kathmandu", work, []edge{
			{"2027-01-20T02:15:00Z", engine.Off, engine.On}, {"2027-01-20T12:15:00Z", engine.On, engine.Relaxed}}},
		"the broker's zone": {"", work, []edge{{"2027-01-20T18:00:00Z", engine.On, engine.Relaxed}}}, // that of the settings
		"a day of 23 hours": {"Europe/Berlin", work, []edge{
			{"2027-03-27T07:00:00Z", engine.Off, engine.On}, {"2027-03-28T06:00:00Z", engine.Off, engine.On}, {"2027-03-28T16:00:00Z", engine.On, engine.Relaxed}}},
		"an hour that is left out":                          {"Europe/Berlin", "11r000000000000000000000", []edge{{"2027-03-28T01:00:00Z", engine.On, engine.Off}}},
		"an hour that begins with the one that is left out": {"Europe/Berlin", "11rrrrrrrrrrrrrrrrrrrrrr", []edge{{"2027-03-28T01:00:00Z", engine.On, engine.Relaxed}}},
		"a day of 25 hours": {"Europe/Berlin", work, []edge{
			{"2027-10-30T06:00:00Z", engine.Off, engine.On}, {"2027-10-31T07:00:00Z", engine.Off, engine.On}, {"2027-10-31T17:00:00Z", engine.On, engine.Relaxed}}},
		"an hour that comes twice": {"Europe/Berlin", "0010rrrrrrrrrrrrrrrrrrrr", []edge{
			{"2027-10-31T00:00:00Z", engine.Off, engine.On}, {"2027-10-31T01:00:00Z", engine.On, engine.On}, {"2027-10-31T02:00:00Z", engine.On, engine.Off}}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				i, _, carriers := underLimit(t, byHours(t, test.zone, test.cells))
				i.write(func(tx engine.Transaction) error { return tx.PutSettings(engine.Settings{TimeZone: "UTC"}) })
				for _, edge := range test.edges {
					at := must(time.Parse(time.RFC3339, edge.at))
					i.set(at.Add(-3 * time.Second))
					pass(t, 2900*time.Millisecond, carriers...)
					holds(t, "just before "+edge.at, edge.before, carriers...)
					pass(t, 2100*time.Millisecond, carriers...)
					holds(t, "2 seconds after "+edge.at, edge.after, carriers...)
				}
			})
		})
	}
}

// The clock on the wall may be set while sessions run, by hand or by a time server.
func TestHoursFollowAClockThatIsSet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i, _, carriers := underLimit(t, byHours(t, "UTC", "000000001111111111rrrrrr"))
		six := time.Date(2027, 1, 20, 18, 0, 0, 0, time.UTC)
		for _, step := range []struct {
			name string
			to   time.Time
			cell engine.Cell
		}{
			{"in the afternoon", six.Add(-time.Hour), engine.On},
			{"forward over an hour", six.Add(time.Minute), engine.Relaxed},
			{"back over it", six.Add(-time.Minute), engine.On},
			{"forward to the hour itself", six, engine.Relaxed},
			{"back over two", six.Add(-12 * time.Hour), engine.Off},
			{"forward by days, to the same hour", six.Add(5*24*time.Hour - time.Minute), engine.On},
			{"back by years", six.AddDate(-10, 0, 0), engine.Relaxed},
			{"forward by years", six.AddDate(10, 0, 0).Add(-8 * time.Hour), engine.On},
			{"back by two seconds", six.AddDate(10, 0, 0).Add(-8 * time.Hour), engine.On},
		} {
			i.set(step.to)
			pass(t, 2*time.Second, carriers...)
			if most := map[engine.Cell]uint64{engine.On: 10 * megabyte, engine.Relaxed: 40 * megabyte}[step.cell]; most > 0 && sum(carriers...) > most {
				t.Errorf("%s: %d B/s together after 2 seconds, the limit is %d", step.name, sum(carriers...), most)
			}
			pass(t, 500*time.Millisecond, carriers...) // what is shown, and who has how much, follows what is in force
			holds(t, step.name, step.cell, carriers...)
			if next := i.sessionOf(carriers[0]); step.cell != engine.Off {
				if len(next.Allotments) != 1 || len(next.Allotments[0].Caps) != 1 {
					t.Fatalf("%s the session shows %+v", step.name, next.Allotments)
				}
				until := next.Allotments[0].Caps[0].Until
				if now := step.to; !until.After(now) || until.Sub(now) > 10*time.Hour {
					t.Errorf("%s, at %s, the limit is said to hold until %s", step.name, now, until)
				}
			}
		}
		i.set(six.Add(-time.Second))
		pass(t, 3*time.Second, carriers...)
		holds(t, "the hour comes though the clock was set just before it", engine.Relaxed, carriers...)
	})
}

// A session may be decided for in one hour and begin in the next.
func TestSessionThatBeginsAtTheEdgeOfAnHourHasTheLimitOfTheNewOne(t *testing.T) {
	for name, test := range map[string]struct {
		asked    time.Duration // of the hour
		answered time.Duration
		cells    string
		after    engine.Cell
	}{
		"asked for before and begun after, relaxed": {-50 * time.Millisecond, 50 * time.Millisecond, "000000001111111111rrrrrr", engine.Relaxed},
		"asked for before and begun after, on":      {-50 * time.Millisecond, 50 * time.Millisecond, "00000000rrrrrrrrrr111111", engine.On},
		"asked for before and begun after, off":     {-50 * time.Millisecond, 50 * time.Millisecond, "000000001111111111000000", engine.Off},
		"at the hour itself":                        {0, 0, "00000000rrrrrrrrrr111111", engine.On},
		"a moment after it":                         {time.Millisecond, time.Millisecond, "000000001111111111rrrrrr", engine.Relaxed},
		"much later":                                {-50 * time.Millisecond, 1900 * time.Millisecond, "00000000rrrrrrrrrr111111", engine.On},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				i := newInstallation(t)
				i.start()
				defer i.stop()
				i.limitRule("Branch", 10, byHours(t, "UTC", test.cells))
				vault, files := i.component("vault", "10.0.0.9"), i.component("files", "10.0.0.1")
				target, source := vault.attach(vault.from), files.attach(files.from)
				route := i.route("backup", vault, files)
				hour := time.Date(2027, 1, 20, 18, 0, 0, 0, time.UTC)
				i.set(hour.Add(test.asked - 3*time.Second))
				time.Sleep(3 * time.Second) // the broker has found out when the next hour is
				source.request(route.ID)
				toTarget := one(target, (*wire.Down).GetOffer)
				time.Sleep(test.answered - test.asked)
				target.answer(toTarget)
				offer := one(source, (*wire.Down).GetOffer)
				source.answer(offer)
				number, limit, err := offer.GetLease().Terms()
				if err != nil {
					t.Fatal(err)
				}
				c := &carrier{agent: source, id: offer.GetSession(), lease: throttle.Lease{Number: number, Limit: limit}, wants: wire.NoLimit}
				pass(t, max(2*time.Second-test.answered, 500*time.Millisecond), c)
				holds(t, "2 seconds after the hour", test.after, c)
			})
		})
	}
}

// Moments of time.Now are compared by how long the machine has run, where both say so: a clock that was set would not be noticed.
func TestBrokerGoesByTheClockOnTheWall(t *testing.T) {
	for name, clock := range map[string]func() time.Time{"the system's": nil, "another": time.Now} {
		i := newInstallation(t)
		i.config.Now = clock
		if now := must(New(t.Context(), i.config)).config.Now(); now != now.Round(0) {
			t.Errorf("by %s clock it is %v", name, now)
		}
	}
}
