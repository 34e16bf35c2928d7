package administration

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/enginetest/raced"
	"lockwire/engine/wire"
)

// through sends a snapshot over a stream and gives it as it is rebuilt, with the number of bytes that went over the wire.
type through struct {
	t        testing.TB
	sender   *watchSender
	receiver *watchReceiver
	rebuilt  engine.Snapshot
	whole    int
	bytes    int
	parts    int
	largest  int
}

func newThrough(t testing.TB) *through {
	s := &through{t: t, receiver: newWatchReceiver(func(text []byte, into any) error { return json.Unmarshal(text, into) })}
	s.sender = newWatchSender(func(part *wire.WatchPart) error {
		text, err := proto.Marshal(part)
		if err != nil {
			return err
		}
		s.bytes, s.parts, s.largest = s.bytes+len(text), s.parts+1, max(s.largest, len(text))
		arrived := new(wire.WatchPart)
		if err := proto.Unmarshal(text, arrived); err != nil {
			return err
		}
		snapshot, whole, err := s.receiver.take(arrived)
		if whole {
			s.rebuilt, s.whole = snapshot, s.whole+1
		}
		return err
	})
	return s
}

func (s *through) update(snapshot *engine.Snapshot) {
	s.t.Helper()
	s.bytes, s.parts, s.whole, s.largest = 0, 0, 0, 0
	if err := s.sender.update(snapshot); err != nil {
		s.t.Fatal(err)
	}
	if s.whole != 1 {
		s.t.Fatalf("the update was whole %d times", s.whole)
	}
}

// asText is a snapshot as a test compares it: as JSON, where a list without anything is the same as none.
func asText(t testing.TB, snapshot engine.Snapshot) string {
	t.Helper()
	snapshot.When = snapshot.When.UTC()
	snapshot.Components = append([]engine.ComponentStatus{}, snapshot.Components...)
	snapshot.Routes = append([]engine.RouteStatus{}, snapshot.Routes...)
	snapshot.Sessions = append([]engine.Session{}, snapshot.Sessions...)
	for i := range snapshot.Components {
		snapshot.Components[i].LastSeen = snapshot.Components[i].LastSeen.UTC()
	}
	text, err := json.Marshal(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// differing shows two texts around the place from which they differ.
func differing(got, want string) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	around := func(text string) string { return text[max(at-100, 0):min(at+100, len(text))] }
	return fmt.Sprintf("rebuilt …%s…, wanted …%s…", around(got), around(want))
}

// random fills a value with what its type allows, so that a field which is added later is tried, too.
func random(r *rand.Rand, v reflect.Value) {
	switch v.Interface().(type) {
	case engine.Mode:
		v.SetUint(1 + r.Uint64N(2))
		return
	case engine.Cipher:
		v.SetUint(1)
		return
	case time.Time:
		v.Set(reflect.ValueOf(moment.Add(time.Duration(r.Int64N(1e15)))))
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, byte(r.Uint32()), byte(r.Uint32())})))
		return
	case netip.AddrPort:
		v.Set(reflect.ValueOf(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.Uint32())}), uint16(r.Uint32()))))
		return
	case engine.Unit:
		v.Set(reflect.ValueOf(engine.MegabitsPerSecond))
		return
	case engine.ID:
		v.SetString(fmt.Sprintf("01890000-0000-7000-8000-%012x", r.Uint64N(1<<40)))
		return
	case engine.Date:
		v.Set(reflect.ValueOf(engine.Date{Year: 2027, Month: time.Month(1 + r.IntN(12)), Day: 1 + r.IntN(28)}))
		return
	case *engine.WhyNot:
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.Uint32()%2 == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64N(1 << 40))
	case reflect.Uint8, reflect.Uint16:
		v.SetUint(r.Uint64N(200))
	case reflect.Uint64:
		v.SetUint(r.Uint64N(1 << 60))
	case reflect.Float64:
		v.SetFloat(r.Float64())
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%d", r.Uint32()%1000))
	case reflect.Pointer:
		if r.Uint32()%3 > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			random(r, v.Elem())
		}
	case reflect.Slice:
		n := 1 + int(r.Uint32()%3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			random(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		random(r, key)
		random(r, value)
		v.SetMapIndex(key, value)
	case reflect.Array:
		for i := range v.Len() {
			random(r, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				random(r, v.Field(i))
			}
		}
	}
}

// leaves gives the paths of all fields of a struct that JSON has, those of structs within included.
func leaves(of reflect.Type, path []int) (paths [][]int) {
	for i := range of.NumField() {
		field := of.Field(i)
		here := append(slices.Clone(path), i)
		switch {
		case !field.IsExported() || field.Tag.Get("json") == "-" || field.Name == "WhyNot":
		case field.Type.Kind() == reflect.Struct && field.Type != reflect.TypeFor[time.Time]() && field.Type.NumField() > 0 && field.Type.Field(0).IsExported():
			paths = append(paths, leaves(field.Type, here)...)
		default:
			paths = append(paths, here)
		}
	}
	return paths
}

// Every field of every thing that a snapshot has is changed, one after another. What is rebuilt is always what was sent.
func TestAChangeOfAnyFieldArrives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := newThrough(t)
	var snapshot engine.Snapshot
	fresh := func() { // what was sent is never changed: each update has lists of its own
		snapshot.Components, snapshot.Routes, snapshot.Sessions = slices.Clone(snapshot.Components), slices.Clone(snapshot.Routes), slices.Clone(snapshot.Sessions)
		snapshot.Tenants = slices.Clone(snapshot.Tenants)
	}
	for range 3 {
		var c engine.ComponentStatus
		var route engine.RouteStatus
		var session engine.Session
		var tenant engine.TenantStatus
		for _, v := range []any{&c, &route, &session, &tenant} {
			random(r, reflect.ValueOf(v).Elem())
		}
		snapshot.Tenants = append(snapshot.Tenants, tenant)
		snapshot.Components, snapshot.Routes, snapshot.Sessions = append(snapshot.Components, c), append(snapshot.Routes, route), append(snapshot.Sessions, session)
	}
	snapshot.When = moment
	check := func(what string) {
		t.Helper()
		s.update(&snapshot)
		if got, want := asText(t, s.rebuilt), asText(t, snapshot); got != want {
			t.Fatalf("%s: %s", what, differing(got, want))
		}
	}
	check("at first")
	for _, list := range []func() reflect.Value{
		func() reflect.Value { return reflect.ValueOf(&snapshot.Components[1]).Elem() },
		func() reflect.Value { return reflect.ValueOf(&snapshot.Routes[1]).Elem() },
		func() reflect.Value { return reflect.ValueOf(&snapshot.Sessions[1]).Elem() },
		func() reflect.Value { return reflect.ValueOf(&snapshot.Tenants[1]).Elem() },
	} {
		of := list().Type()
		for _, path := range leaves(of, nil) {
			for range 3 { // a random value may be the one that is there
				fresh()
				random(r, list().FieldByIndex(path))
				check(fmt.Sprint(of, " ", of.FieldByIndex(path).Name))
			}
		}
	}
}

// Whatever comes, goes and changes, in whatever order, what is rebuilt is always what was sent.
func TestTheRebuiltSnapshotIsTheBrokers(t *testing.T) {
	seeds := uint64(30)
	if raced.Detector {
		seeds = 6
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 7))
		s := newThrough(t)
		var snapshot engine.Snapshot
		decisions := make([]engine.SessionDecision, 5)
		for i := range decisions {
			random(r, reflect.ValueOf(&decisions[i]).Elem())
		}
		for step := range 60 {
			random(r, reflect.ValueOf(&snapshot.RecordProblem).Elem())
			snapshot.Today.Began = moment
			snapshot.Today.Sealed, snapshot.Today.Plain = r.Uint64(), r.Uint64()
			snapshot.When, snapshot.Revision = moment.Add(time.Duration(step)*time.Second), snapshot.Revision+r.Uint64N(2)
			snapshot.Components = churn(r, snapshot.Components, func(c *engine.ComponentStatus) {
				c.Load.Agent, c.Sessions, c.LastSeen = r.Float64(), r.IntN(9), snapshot.When
			})
			if step%5 == 0 {
				snapshot.Hosts = nil
				for range r.IntN(4) {
					var host engine.TroubledHost
					random(r, reflect.ValueOf(&host).Elem())
					snapshot.Hosts = append(snapshot.Hosts, host)
				}
			}
			snapshot.Tenants = churn(r, snapshot.Tenants, func(tenant *engine.TenantStatus) { tenant.Used += r.Uint64N(1 << 30) })
			snapshot.Routes = churn(r, snapshot.Routes, func(route *engine.RouteStatus) { route.Sessions = r.IntN(5) })
			snapshot.Sessions = churn(r, snapshot.Sessions, func(session *engine.Session) {
				session.Traffic.ToTarget += r.Uint64N(1 << 30)
				session.Traffic.RateToSource = r.Uint64N(1 << 30)
				if r.IntN(3) == 0 {
					session.Decision, session.Now = decisions[r.IntN(len(decisions))], &decisions[r.IntN(len(decisions))]
				}
				session.Flows = r.IntN(9)
			})
			s.update(&snapshot)
			if got, want := asText(t, s.rebuilt), asText(t, snapshot); got != want {
				t.Fatalf("seed %d, step %d: %s", seed, step, differing(got, want))
			}
			referred := map[uint64]bool{}
			for _, of := range s.sender.decisions.of {
				referred[of[0]], referred[of[1]] = true, true
			}
			delete(referred, 0)
			if len(s.receiver.decisions) != len(referred) || len(s.sender.decisions.digests) != len(referred) || len(s.sender.decisions.numbers) != len(referred) {
				t.Fatalf("seed %d, step %d: %d decisions are referred to, the receiver keeps %d and the sender %d", seed, step, len(referred),
					len(s.receiver.decisions), len(s.sender.decisions.digests))
			}
			if len(s.receiver.sessions.things) != len(snapshot.Sessions) || len(s.sender.decisions.of) != len(snapshot.Sessions) {
				t.Fatalf("seed %d, step %d: sessions that are gone are kept", seed, step)
			}
		}
	}
}

// churn gives a new list in which some things are gone, some are new, some stand elsewhere and some have other figures.
func churn[T any](r *rand.Rand, list []T, move func(*T)) []T {
	var next []T
	for i := range list {
		if r.IntN(8) == 0 {
			continue
		}
		thing := list[i]
		if r.IntN(2) == 0 {
			move(&thing)
		}
		next = append(next, thing)
	}
	for range r.IntN(5) {
		var thing T
		random(r, reflect.ValueOf(&thing).Elem())
		next = slices.Insert(next, r.IntN(len(next)+1), thing)
	}
	if r.IntN(10) == 0 {
		r.Shuffle(len(next), func(i, j int) { next[i], next[j] = next[j], next[i] })
	}
	return next
}

func TestWhatHasNotChangedIsNotSentAgain(t *testing.T) {
	s := newThrough(t)
	snapshot := crowd(500, 20, 40)
	s.update(&snapshot)
	first := s.bytes
	again := snapshot
	again.Sessions = slices.Clone(snapshot.Sessions)
	s.update(&again)
	if s.bytes > 32 {
		t.Errorf("nothing changed, and %d bytes were sent; %d at first", s.bytes, first)
	}
	if &s.rebuilt.Sessions[0] != &s.receiver.sessions.given[0] {
		t.Error("sessions of which nothing changed were copied")
	}
}

func TestADescriptionOfAnyLengthArrivesInPartsThatAreBounded(t *testing.T) {
	s := newThrough(t)
	snapshot := crowd(3000, 20, 3000)
	for i := range 3 { // longer than a part
		snapshot.Sessions[i].Decision.Steps = []engine.Step{{Text: strings.Repeat("why ", 100_000+i)}}
		now := snapshot.Sessions[i].Decision
		snapshot.Sessions[i].Now, snapshot.Sessions[i].ServiceName = &now, strings.Repeat("service", 30_000)
		snapshot.Components[i].Problem = strings.Repeat("long ", 50_000)
	}
	s.update(&snapshot)
	if asText(t, s.rebuilt) != asText(t, snapshot) {
		t.Error("it was rebuilt as another one")
	}
	if s.largest > 256<<10 {
		t.Errorf("a part of %d bytes", s.largest)
	}
}

func TestAPartThatIsNotAsTheProtocolSaysIsRefused(t *testing.T) {
	huge := &wire.Order{Runs: []uint64{1, 1 << 60}}
	for name, part := range map[string]*wire.WatchPart{
		"figures of nothing":         {SessionFigures: &wire.SessionFigures{Step: []uint64{9}, ToTarget: []int64{1}, ToSource: []int64{1}, SourceCpu: []int64{1}, TargetCpu: []int64{1}, AllFlows: []int64{1}, RateToTarget: []uint64{1}, RateToSource: []uint64{1}, Flows: []int64{1}}},
		"columns of unequal length":  {SessionFigures: &wire.SessionFigures{Step: []uint64{1, 2}}},
		"route columns":              {RouteFigures: &wire.RouteFigures{Number: []uint64{1}}},
		"an order of more":           {SessionOrder: huge},
		"half a run":                 {ComponentOrder: &wire.Order{Runs: []uint64{1}}},
		"an order of nothing known":  {RouteOrder: &wire.Order{Runs: []uint64{1, 1}}},
		"a decision that is unknown": {Sessions: []*wire.DescribedSession{{Session: &wire.Described{Number: 1, Json: []byte(`{}`)}, Decision: 3}}},
		"no JSON":                    {Components: []*wire.Described{{Number: 1, Json: []byte(`{`)}}},
		"a component's figures":      {ComponentFigures: []*wire.ComponentFigures{{Number: 4}}},
	} {
		receiver := newWatchReceiver(func(text []byte, into any) error { return json.Unmarshal(text, into) })
		if _, _, err := receiver.take(part); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	twice := newWatchReceiver(func(text []byte, into any) error { return json.Unmarshal(text, into) })
	_, _, err := twice.take(&wire.WatchPart{
		Routes: []*wire.Described{{Number: 1, Json: []byte(`{}`)}, {Number: 2, Json: []byte(`{}`)}}, RouteOrder: &wire.Order{Runs: []uint64{1, 1, 1, 1}}, Moment: &wire.Moment{},
	})
	if err == nil {
		t.Error("an order that has a route twice was taken")
	}
}

// crowd is an installation with many live sessions between its components, under so many different decisions.
func crowd(sessions, components, decisions int) engine.Snapshot {
	r := rand.New(rand.NewPCG(3, 4))
	snapshot := engine.Snapshot{When: moment, Revision: 1}
	for i := range components {
		name := fmt.Sprintf("component-%03d.backup.example", i)
		load := engine.Load{Agent: r.Float64(), Memory: 1 << 26, Cores: make([]float64, 16)}
		snapshot.Components = append(snapshot.Components, engine.ComponentStatus{Component: engine.Component{
			ID: engine.NewID(), Name: name, Role: engine.Server, Tags: []string{"site-a"}, Joined: moment,
			Report: engine.Report{Version: "1.0", OS: "linux", Interfaces: []engine.Address{{Address: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), Origin: engine.FromInterface}}},
		}, Online: true, Load: load, Sessions: 2 * sessions / components, Group: "X25519MLKEM768"})
		snapshot.Routes = append(snapshot.Routes, engine.RouteStatus{Route: engine.Route{ID: engine.NewID(), Name: "route-" + name, Listen: "127.0.0.1:8000", Enabled: true}})
	}
	made := make([]engine.SessionDecision, decisions)
	for i := range made {
		made[i] = engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed, By: engine.ByRule, Rules: []string{fmt.Sprintf("rule %d", i)}}}
		for range 8 {
			made[i].Steps = append(made[i].Steps, engine.Step{Name: "rule", Text: "the rule of the night encrypts what goes from the servers to the vaults"})
			made[i].Considered = append(made[i].Considered, engine.Verdict{Rule: "nightly", Matched: true, SourceAddress: "10.0.0.1", TargetAddress: "10.0.0.2", Text: "it matched and won"})
		}
	}
	for i := range sessions {
		source, target := &snapshot.Components[i%components], &snapshot.Components[(i+1)%components]
		route := &snapshot.Routes[i%components]
		snapshot.Sessions = append(snapshot.Sessions, engine.Session{
			ID: engine.NewID(), Route: route.ID, RouteName: route.Name, Source: source.ID, SourceName: source.Name, Target: target.ID, TargetName: target.Name,
			ServiceName: "vault", Backend: "127.0.0.1:8000", State: engine.SessionLive, Decision: made[i%decisions], Cipher: engine.AES256GCM, Group: "X25519MLKEM768",
			Endpoint: "10.0.0.2:6171", Began: moment, Key: engine.KeyLife{Made: moment, DeliveredSource: moment, DeliveredTarget: moment, DestroyedBroker: moment}, Flows: 1, AllFlows: 1,
		})
	}
	return snapshot
}

// aSecond moves all figures as a second of backups does.
func aSecond(r *rand.Rand, snapshot engine.Snapshot) engine.Snapshot {
	snapshot.When = snapshot.When.Add(time.Second)
	snapshot.Components, snapshot.Sessions = slices.Clone(snapshot.Components), slices.Clone(snapshot.Sessions)
	for i := range snapshot.Components {
		c := &snapshot.Components[i]
		c.LastSeen, c.Load.Agent, c.Load.Cores = snapshot.When, r.Float64(), slices.Clone(c.Load.Cores)
		for core := range c.Load.Cores {
			c.Load.Cores[core] = r.Float64()
		}
		c.Headroom = engine.Headroom{BytesPerSecond: r.Uint64N(1 << 32), Low: r.Uint64N(1 << 32), High: r.Uint64N(1 << 33), Cost: engine.Cost{PerGB: r.Float64(), Fixed: r.Float64(), Error: r.Float64(), Bytes: r.Uint64N(1 << 40), Origin: engine.MeasuredLive}, Side: engine.SourceEnd}
		c.Load.Costs = []engine.EndCost{{Side: engine.SourceEnd, Mode: engine.Sealed, Cost: c.Headroom.Cost}, {Side: engine.TargetEnd, Mode: engine.Sealed, Cost: c.Headroom.Cost}}
	}
	for i := range snapshot.Sessions {
		traffic := &snapshot.Sessions[i].Traffic
		rate := 50_000_000 + r.Uint64N(50_000_000)
		traffic.ToTarget, traffic.RateToTarget = traffic.ToTarget+rate, rate
		traffic.ToSource, traffic.RateToSource = traffic.ToSource+rate/1000, rate/1000
		traffic.SourceCPU += time.Duration(r.Int64N(3e7))
		traffic.TargetCPU += time.Duration(r.Int64N(3e7))
	}
	return snapshot
}

// BenchmarkWatch is a second of a watch of 10,000 live sessions, all of which carry traffic, between 200 components of 16 cores:
// bytes/s go over the wire, sending and rebuilding take what an operation takes. The first update is in ms/attach and bytes/attach.
func BenchmarkWatch(b *testing.B) {
	for _, test := range []struct{ sessions, components, decisions int }{{10, 4, 2}, {10_000, 200, 400}, {10_000, 200, 10_000}} {
		b.Run(fmt.Sprintf("sessions=%d/decisions=%d", test.sessions, test.decisions), func(b *testing.B) {
			r := rand.New(rand.NewPCG(5, 6))
			snapshot := crowd(test.sessions, test.components, test.decisions)
			s := newThrough(b)
			began := time.Now()
			s.update(&snapshot)
			attach, first := time.Since(began), s.bytes
			sent := 0
			for b.Loop() {
				b.StopTimer()
				snapshot = aSecond(r, snapshot)
				b.StartTimer()
				s.update(&snapshot)
				sent += s.bytes
			}
			b.ReportMetric(float64(sent)/float64(b.N), "bytes/s")
			b.ReportMetric(float64(attach.Milliseconds()), "ms/attach")
			b.ReportMetric(float64(first), "bytes/attach")
		})
	}
}

// The aim of issue 10, A9, as a test: 10,000 live sessions take less than 1 MB/s, and what is rebuilt is right all the while.
func TestTenThousandLiveSessionsTakeLessThanAMegabyteASecond(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	snapshot := crowd(10_000, 200, 400)
	s := newThrough(t)
	s.update(&snapshot)
	for range 3 {
		snapshot = aSecond(r, snapshot)
		s.update(&snapshot)
		if s.bytes > 1_000_000 {
			t.Errorf("%d bytes in a second", s.bytes)
		}
		if s.largest > 256<<10 {
			t.Errorf("a part of %d bytes", s.largest)
		}
	}
	if !reflect.DeepEqual(s.rebuilt.Sessions[9_999].Traffic, snapshot.Sessions[9_999].Traffic) {
		t.Errorf("rebuilt %+v, wanted %+v", s.rebuilt.Sessions[9_999].Traffic, snapshot.Sessions[9_999].Traffic)
	}
}

// A state that is larger than a document may be, 64 MiB, arrives like any other.
func TestAWatchAttachesWhateverTheSizeOfTheState(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	f.broker.sessions = crowd(2400, 2, 2400).Sessions
	for i := range f.broker.sessions {
		f.broker.sessions[i].Decision.Steps = []engine.Step{{Text: strings.Repeat("because ", 4000)}}
	}
	err := client.Watch(t.Context(), time.Second, func(s engine.Snapshot) error {
		if len(s.Sessions) != len(f.broker.sessions) || len(s.Sessions[2399].Decision.Steps[0].Text) != 32000 {
			t.Errorf("%d sessions arrived", len(s.Sessions))
		}
		return errSeenEnough
	})
	if err != errSeenEnough {
		t.Error(err)
	}
}

// A receiver that takes its time gets the newest state next, and not the ones between.
func TestASlowReceiverGetsTheNewest(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	calls := 0
	seen := map[uint64]bool{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := client.Watch(ctx, fastestWatch, func(s engine.Snapshot) error {
		calls++
		seen[s.Revision] = true
		if calls == 1 {
			for range 1000 {
				f.revision.grow()
			}
			return nil
		}
		if s.Revision >= 1000 {
			return errSeenEnough
		}
		return nil
	})
	if err != errSeenEnough || len(seen) > 4 {
		t.Errorf("%v, after the revisions %v", err, slices.Sorted(maps.Keys(seen)))
	}
}

var errSeenEnough = fmt.Errorf("seen enough")
