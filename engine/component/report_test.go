package component

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

// fakeSystem is a machine of a test.
type fakeSystem struct {
	mu            sync.Mutex
	interfaces    []engine.Address
	machine, boot string
	usage         machine.Usage
	cores         []machine.CoreTime
	fails         error
	link          uint64
	listening     []netip.AddrPort
}

func (s *fakeSystem) Interfaces() ([]engine.Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return machine.SortAddresses(slices.Clone(s.interfaces)), s.fails
}
func (s *fakeSystem) MachineID() string             { return s.machine }
func (s *fakeSystem) BootID() string                { return s.boot }
func (s *fakeSystem) Usage() (machine.Usage, error) { return s.usage, s.fails }
func (s *fakeSystem) LinkSpeed() uint64             { return s.link }
func (s *fakeSystem) Listening(uint16) ([]netip.AddrPort, error) {
	return s.listening, s.fails
}
func (s *fakeSystem) Cores() ([]machine.CoreTime, error) { return s.cores, s.fails }

func addresses(texts ...string) []engine.Address {
	var all []engine.Address
	for i, text := range texts {
		all = append(all, engine.Address{Address: netip.MustParseAddr(text), Origin: engine.FromInterface, Interface: "eth" + string(rune('0'+i))})
	}
	return all
}

func TestReportNamesInterfacesAndEndpoints(t *testing.T) {
	system := &fakeSystem{machine: "abc\n", boot: "first", interfaces: addresses("127.0.0.1", "10.0.0.1", "fe80::1", "2001:db8::1", "203.0.113.7")}
	for _, test := range []struct {
		name, listen string
		change       func(*Config)
		endpoints    string
		byHand       bool
		interfaces   int
	}{
		{"all addresses", "[::]:6171", func(*Config) {}, "10.0.0.1:6171 203.0.113.7:6171 [2001:db8::1]:6171", false, 5},
		{"IPv4 only", "0.0.0.0:7000", func(*Config) {}, "10.0.0.1:7000 203.0.113.7:7000", false, 5},
		{"one address", "10.0.0.1:6171", func(*Config) {}, "10.0.0.1:6171", false, 5},
		{"given by hand", "[::]:6171", func(c *Config) { c.Interfaces = []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.9")} }, "192.0.2.9:6171", true, 1},
		{"advertised", "[::]:6171", func(c *Config) { c.Advertise = []netip.AddrPort{netip.MustParseAddrPort("198.51.100.1:443")} }, "198.51.100.1:443", false, 5},
		{"another machine by hand", "10.0.0.1:6171", func(c *Config) { c.Machine = "other" }, "10.0.0.1:6171", true, 5},
	} {
		config := Config{System: system, Version: "1"}
		test.change(&config)
		r, err := newReporter(&config, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(test.listen)))
		if err != nil {
			t.Fatal(err)
		}
		report, err := r.report(BackendList{})
		if err != nil {
			t.Fatal(err)
		}
		var endpoints []string
		for _, endpoint := range report.Endpoints {
			endpoints = append(endpoints, endpoint.String())
		}
		if got := strings.Join(endpoints, " "); got != test.endpoints || report.ByHand != test.byHand || len(report.Interfaces) != test.interfaces || report.Advertised != (test.name == "advertised") {
			t.Errorf("%s: endpoints %s, by hand %v, %d interfaces", test.name, got, report.ByHand, len(report.Interfaces))
		}
		if _, err := wire.FromReport(report).Engine(); err != nil {
			t.Errorf("%s: the broker does not take it: %v", test.name, err)
		}
	}
}

func TestMachineIDLeavesTheMachineOnlyAsAHash(t *testing.T) {
	report := func(machine, boot, byHand string) engine.Report {
		r, err := newReporter(&Config{System: &fakeSystem{machine: machine, boot: boot}, Machine: byHand}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.report(BackendList{})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	one := report("4d2e\n", "4d2e", "")
	if one.Machine == "" || strings.Contains(one.Machine, "4d2e") || one.Machine == one.Boot {
		t.Errorf("machine %q, boot %q", one.Machine, one.Boot)
	}
	if again := report("4d2e", "4d2e", ""); again.Machine != one.Machine || again.Boot != one.Boot {
		t.Error("the hash is not the same twice")
	}
	if byHand := report("other", "4d2e", "4d2e"); byHand.Machine == one.Machine {
		t.Error("an id given by hand can stand for a real machine")
	}
	if none := report("", "", ""); none.Machine != "" || none.Boot != "" {
		t.Errorf("no id gives %q and %q", none.Machine, none.Boot)
	}
}

func TestThisMachineHasAddressesAndIds(t *testing.T) {
	all, err := machine.ThisMachine{}.Interfaces()
	if err != nil || !slices.ContainsFunc(all, func(a engine.Address) bool { return a.Address.IsLoopback() && a.Interface != "" }) {
		t.Errorf("interfaces %v, %v", all, err)
	}
	usage, err := machine.ThisMachine{}.Usage()
	if err != nil || usage.CPU <= 0 || usage.Memory == 0 {
		t.Errorf("usage %+v, %v", usage, err)
	}
	cores, err := machine.ThisMachine{}.Cores()
	if err != nil || len(cores) == 0 || cores[0].Total <= 0 || cores[0].Busy > cores[0].Total {
		t.Errorf("cores %+v, %v", cores, err)
	}
}

func TestChangedInterfaceIsReported(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	system := &fakeSystem{interfaces: addresses("10.0.0.1")}
	run(t, folder, id, func(c *Config) { c.System = system })
	await(t, b, func(h *wire.Hello) bool { return len(h.GetReport().GetInterfaces()) == 1 })
	system.mu.Lock()
	system.interfaces = addresses("10.0.0.1", "203.0.113.9")
	system.mu.Unlock()
	await(t, b, func(r *wire.Report) bool { return len(r.GetInterfaces()) == 2 })
}

// manyAddresses gives n private addresses, and a public one that comes last in their order.
func manyAddresses(n int) []engine.Address {
	all := addresses("203.0.113.9")
	for i := range n {
		all = append(all, engine.Address{Address: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), Interface: "many"})
	}
	return all
}

// An address that is left out could be the one for which the rules seal.
func TestNoAddressThatTheRulesSeeIsLeftOutOfAReport(t *testing.T) {
	linkLocal := func(n int) (all []engine.Address) {
		for i := range n {
			all = append(all, engine.Address{Address: netip.AddrFrom16([16]byte{0xfe, 0x80, 14: byte(i >> 8), 15: byte(i)}), Interface: "veth"})
		}
		return all
	}
	for name, test := range map[string]struct {
		has  []engine.Address
		want int // 0: it cannot be reported
	}{
		"as many as a report holds":     {manyAddresses(engine.MaximumAddresses - 1), engine.MaximumAddresses},
		"containers' own link-local":    {append(linkLocal(2000), addresses("10.0.0.1", "203.0.113.9", "2001:db8::1")...), 3},
		"more than a report could hold": {manyAddresses(engine.MaximumAddresses), 0},
	} {
		r, err := newReporter(&Config{System: &fakeSystem{interfaces: test.has}}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
		if err != nil {
			t.Fatal(err)
		}
		report, err := r.report(BackendList{})
		switch {
		case test.want == 0:
			if !errors.Is(err, errManyAddresses) || !strings.Contains(err.Error(), "--interface") {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || len(report.Interfaces) != test.want || !slices.ContainsFunc(report.Interfaces, func(a engine.Address) bool { return a.Address == netip.MustParseAddr("203.0.113.9") }):
			t.Errorf("%s: %d addresses, %v", name, len(report.Interfaces), err)
		}
	}
}

func TestComponentWhoseAddressesCannotBeReportedIsNotAttached(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	system := &fakeSystem{interfaces: addresses("10.0.0.1")}
	m := run(t, folder, id, func(c *Config) { c.System = system })
	await[*wire.Hello](t, b, nil)
	has := func(all []engine.Address) {
		system.mu.Lock()
		defer system.mu.Unlock()
		system.interfaces = all
	}
	has(manyAddresses(engine.MaximumAddresses))
	m.log.await(t, "not attached to the broker")
	if problem := m.Status().Attachments[0].Problem; !strings.Contains(problem, "--interface") {
		t.Errorf("the status says %q", problem)
	}
	has(addresses("10.0.0.1", "10.0.0.2"))
	await(t, b, func(h *wire.Hello) bool { return len(h.GetReport().GetInterfaces()) == 2 })
}

func TestABackendThatIsNotAllowedAnyMoreIsRefusedThoughTheSystemSaysNothing(t *testing.T) {
	b := newFakeBroker(t)
	folder, _ := joined(t, b, "machine", "127.0.0.1:8000")
	system := &fakeSystem{interfaces: addresses("10.0.0.1")}
	c, err := New(t.Context(), Config{Folder: folder, Listen: "127.0.0.1:0", System: system})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := c.attachments[0]
	if err := RemoveBackend(a.directory.Path(), "127.0.0.1:8000"); err != nil {
		t.Fatal(err)
	}
	system.fails = errors.New("too many open files")
	a.poll()
	if still := a.allowed().Entries(); len(still) != 0 {
		t.Errorf("still allowed: %v", still)
	}
}

func TestSamplerMeasuresWhatLiesBetweenTwoSamples(t *testing.T) {
	system := &fakeSystem{usage: machine.Usage{CPU: time.Second, Memory: 100}, cores: []machine.CoreTime{{Busy: 10, Total: 100}, {Busy: 50, Total: 100}}}
	s := &machine.Sampler{System: system}
	now := time.Now()
	if load, spent, err := s.Sample(now); err != nil || spent != 0 || load.Agent != 0 || load.Memory != 100 || load.Cores != nil {
		t.Errorf("the first sample: %+v, %v, %v", load, spent, err)
	}
	system.usage, system.cores = machine.Usage{CPU: 2500 * time.Millisecond, Memory: 200}, []machine.CoreTime{{Busy: 11, Total: 104}, {Busy: 50, Total: 104}, {Busy: 1, Total: 2}}
	load, spent, err := s.Sample(now.Add(2 * time.Second))
	if err != nil || spent != 1500*time.Millisecond || load.Agent != 0.75 || load.Memory != 200 || !slices.Equal(load.Cores, []float64{0.25, 0, 0}) {
		t.Errorf("the second sample: %+v, %v, %v", load, spent, err)
	}
	system.fails = errors.New("no /proc")
	if _, _, err := s.Sample(now); err == nil {
		t.Error("a system that does not say is no error")
	}
}

func TestProcessorTimeIsApportionedByBytes(t *testing.T) {
	one, two, idle := &liveSession{side: sourceSide}, &liveSession{side: targetSide}, &liveSession{side: sourceSide}
	one.counters.ToRemote.Add(300)
	two.counters.ToLocal.Add(50)
	two.counters.ToRemote.Add(50)
	apportion([]*liveSession{one, two, idle}, 4*time.Second)
	if one.cpu != 3*time.Second || two.cpu != time.Second || idle.cpu != 0 {
		t.Errorf("%v, %v, %v", one.cpu, two.cpu, idle.cpu)
	}
	apportion([]*liveSession{one, two, idle}, time.Second) // nothing moved: nobody's
	two.counters.ToLocal.Add(1)
	apportion([]*liveSession{one, two, idle}, time.Second)
	if one.cpu != 3*time.Second || two.cpu != 2*time.Second {
		t.Errorf("%v, %v", one.cpu, two.cpu)
	}
	if toTarget, toSource := two.bytes(); toTarget != 51 || toSource != 50 {
		t.Errorf("at the target %d bytes came and %d went", toTarget, toSource)
	}
}

func TestStatusFileIsPrivateCurrentAndGoneAfterwards(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	path := StatusFile(folder)
	if _, err := ReadStatus(path, time.Now()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("before the start: %v", err)
	}
	m := run(t, folder, id, func(c *Config) { c.StatusFile = path })
	await[*wire.Hello](t, b, nil)
	status := awaitStatus(t, path, func(s Status) bool { return len(s.Attachments) == 1 && s.Attachments[0].Attached })
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	words := status.Words()
	for _, part := range []string{"attached to " + b.address, "certificate ends", "machine (" + string(id) + ")"} {
		if !strings.Contains(words, part) {
			t.Errorf("the words lack %q:\n%s", part, words)
		}
	}
	if _, err := ReadStatus(path, status.When.Add(StatusAge+time.Second)); !errors.Is(err, ErrNotRunning) {
		t.Errorf("a file that nobody keeps: %v", err)
	}
	m.stop()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end: %v", err)
	}
}

// slowStatusClock is the system's clock, in which the time between two looks at the status never comes to its end.
type slowStatusClock struct{ machine.SystemClock }

func (c slowStatusClock) NewTimer(d time.Duration) machine.Timer {
	if d == statusInterval {
		d = time.Hour
	}
	return c.SystemClock.NewTimer(d)
}

func TestStatusSaysAtOnceThatTheAgentIsAttached(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	path := StatusFile(folder)
	run(t, folder, id, func(c *Config) { c.StatusFile, c.Clock = path, slowStatusClock{} })
	awaitStatus(t, path, func(s Status) bool { return len(s.Attachments) == 1 && s.Attachments[0].Attached })
}

func awaitStatus(t *testing.T, path string, fits func(Status) bool) Status {
	t.Helper()
	late := time.After(patience)
	for {
		status, err := ReadStatus(path, time.Now())
		if err == nil && fits(status) {
			return status
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-late:
			t.Fatalf("the status never came: %+v, %v", status, err)
		}
	}
}

func TestDamagedStatusFileIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadStatus(path, time.Now()); err == nil || errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	var empty Status
	if _, err := json.Marshal(empty); err != nil {
		t.Error(err)
	}
}

func TestLogLimiterHoldsBackButCounts(t *testing.T) {
	clock := &handClock{now: time.Now()}
	q := newLogLimiter(clock)
	passes := func(kind string, want bool, held int) {
		t.Helper()
		if more, ok := q.pass(kind); ok != want || more != held {
			t.Errorf("%s: %v with %d held back", kind, ok, more)
		}
	}
	passes("a", true, 0)
	passes("a", false, 0)
	passes("b", true, 0)
	passes("a", false, 0)
	clock.now = clock.now.Add(logInterval)
	passes("a", true, 2)
	passes("a", false, 0)
}

// handClock stands still until a test moves it.
type handClock struct {
	machine.SystemClock
	now time.Time
}

func (c *handClock) Now() time.Time { return c.now }
