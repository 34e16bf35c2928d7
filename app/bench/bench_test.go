//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test program play the parts of a benchmark, as the program itself does.
func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestOurPathsCarryEveryByteAndAreCharged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.json")
	// Not t.TempDir, whose long path leaves no room for the broker's socket below it.
	temporary, err := os.MkdirTemp("", "bench")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(temporary)
	t.Setenv("TMPDIR", temporary)
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-rounds", "1", "-size", "64", "-flows", "1,3,2b", "-only", "direct,plain,sealed,agents", "-measure", "throughput", "-json", file}, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var figures struct{ Throughput []throughput }
	if err := json.Unmarshal(text, &figures); err != nil {
		t.Fatal(err)
	}
	if len(figures.Throughput) != 1+4*3 {
		t.Fatalf("%d results, want the cipher's and those of 4 paths under 3 loads:\n%s", len(figures.Throughput), &out)
	}
	for _, f := range figures.Throughput {
		if (f.Median.GBPerSecond > 0) != (f.Path != cipherPath) || (f.Median.cpu() > 0) != (f.Path != "direct") {
			t.Errorf("%s, %v: %+v", f.Path, f.load, f.Median)
		}
	}
	for _, want := range []string{"2 flows, both ways at once", "plain and AES alone", "the agents take", "of what it takes with 1 flow"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not printed:\n%s", want, &out)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMissingPeerIsSkippedInWords(t *testing.T) {
	_, err := chain{program: "no-such-relay"}.start(t.Context(), &bench{})
	if err == nil || !strings.Contains(err.Error(), "no-such-relay is not installed") {
		t.Errorf("got %v", err)
	}
}

func TestBadCommandLines(t *testing.T) {
	for _, args := range [][]string{{"-flows", "0"}, {"-flows", "x"}, {"-flows", "b"}, {"-flows", "2c"}, {"-clients", "0"}, {"-rounds", "0"}, {"-size", "0"}, {"-only", "no-such-path"}, {"-measure", "no-such-thing"}} {
		if err := run(t.Context(), args, new(bytes.Buffer)); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}

func TestMedian(t *testing.T) {
	speed := func(s sample) float64 { return s.GBPerSecond }
	for want, values := range map[float64][]float64{3: {3}, 2: {3, 1, 2}, 2.5: {4, 1, 3, 2}} {
		var samples []sample
		for _, v := range values {
			samples = append(samples, sample{GBPerSecond: v})
		}
		if got := median(samples, speed); got != want {
			t.Errorf("median of %v is %v, want %v", values, got, want)
		}
	}
}

func TestCPUOfThisProcessGrows(t *testing.T) {
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for {
		after, err := cpuOf(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if after >= before+5*tick {
			break
		}
	}
	if _, err := cpuOf(1 << 30); err == nil {
		t.Error("a process that does not exist was charged")
	}
}

func TestStoppedRoleIsGone(t *testing.T) {
	p, address, err := startRole(t.Context(), "sink", struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transfer(t.Context(), address, load{Flows: 2}, 1<<20, 0); err != nil {
		t.Fatal(err)
	}
	p.stop()
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the process is still there: %v", err)
	}
}

// TestRealProgramsAreMeasured runs every measurement of the real programs once, as small as it can be. That of rules takes minutes and needs
// root: make bench-rules runs it.
func TestRealProgramsAreMeasured(t *testing.T) {
	o := options{folder: t.TempDir(), size: 8 << 20, clients: []int{1, 3}, only: []string{"direct", "agents", tunnelPath, twicePath}, amounts: amounts{tenants: 3, rounds: 1, visiting: 100 * time.Millisecond, routes: 3, passes: 1, period: 200 * time.Millisecond, live: 2 * restartedPairs, components: 20, settled: time.Millisecond, idle: 5, still: 300 * time.Millisecond, forecast: 96 << 20, forecastRounds: 1,
		nearStreams: 8 << 20, roundTrips: []time.Duration{20 * time.Millisecond}, losses: []float64{0}, streamsWarmUp: 300 * time.Millisecond, streamsPour: 300 * time.Millisecond}}
	for _, m := range measurements {
		if m.name == "throughput" || m.name == rulesMeasurement {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			if _, err := findProgram("nginx"); m.name == "connections" && err != nil {
				t.Skip(err)
			}
			figures, err := m.run(t.Context(), o, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			sane := false
			switch f := figures.(type) {
			case []*connections:
				sane = len(f) == 4
				for _, c := range f {
					sane = sane && c.Median.PerSecond > 0 && c.Median.P99 >= c.Median.P50 && c.Median.P50 > 0
				}
			case firstByte:
				sane = f.Samples == 3 && f.DirectP50 > 0 && f.P50 > 0 && f.P99 >= f.P50
			case brokered:
				sane = f.Sessions > 0 && f.PerSecond > 0
			case restarted:
				sane = f.Sessions == 2*restartedPairs && f.Adopted == f.Sessions && f.Offered > 0 && f.First > 0
			case attached:
				sane = f.Components == 20 && f.Before > 0 && f.Soon > 0 && f.Again > 0 && f.Sessions == 10 && f.Edit >= f.Saved && f.Saved > 0
			case joining:
				sane = f.Components == 20 && f.Took > 0
			case standingStill:
				sane = f.Agent.RSS > 1 && f.Broker.RSS > 1 && f.Console == nil
			case streamFigures:
				sane = f.NearOne > 0 && f.NearMany > 0
				if os.Geteuid() == 0 {
					sane = sane && f.TopRate > 0 && len(f.Far) == 1 && f.Far[0].One > 0 && f.Far[0].Many > 0
				}
			case tunnels:
				sane = len(f.Paths) == 2*2 && f.Tenants == 3 && f.Connections == 3*tenantsEach
				for _, path := range f.Paths {
					sane = sane && path.Median.GBPerSecond > 0
				}
			case idleFlows:
				sane = f.Flows == 5
			case []pileUp:
				sane = len(f) == 2
				for _, one := range f {
					sane = sane && one.Direct > 0 && one.Sealed > 0
				}
			case []forecastError:
				sane = len(f) == 2*len(forecastRates)
				for _, one := range f {
					sane = sane && one.Forecast > 0 && one.Measured > 0 && one.Stated > 0
				}
				printForecasts(testOutput{t}, f) // how good it is, the test says; the aim is the benchmark's
			}
			if !sane {
				t.Errorf("%+v", figures)
			}
		})
	}
}

func TestPercentile(t *testing.T) {
	var values []time.Duration
	for n := range 200 {
		values = append(values, time.Duration(200-n))
	}
	for percent, want := range map[int]time.Duration{1: 2, 50: 100, 99: 198, 100: 200} {
		if got := percentile(values, percent); got != want {
			t.Errorf("%d %%: %d, want %d", percent, got, want)
		}
	}
	if got := percentile(values[:1], 99); got != 200 {
		t.Errorf("of one: %d", got)
	}
}

// testOutput prints into a test's log.
type testOutput struct{ t *testing.T }

func (o testOutput) Write(p []byte) (int, error) {
	o.t.Log(strings.TrimRight(string(p), "\n"))
	return len(p), nil
}
