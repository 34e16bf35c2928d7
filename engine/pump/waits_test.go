package pump

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneThingHoldsADirectionUpAtEachMoment(t *testing.T) {
	type step struct {
		from, to activity
		lasts    time.Duration
	}
	const second = time.Second
	tests := map[string]struct {
		flows int
		steps []step
		want  WaitTimes
	}{
		"one flow waits for bytes":                                 {1, []step{{working, reading, 3 * second}, {reading, working, second}}, WaitTimes{Read: 3 * second, Work: second}},
		"one flow is limited":                                      {1, []step{{working, limited, 3 * second}, {limited, writing, second}}, WaitTimes{Limit: 3 * second, Write: second}},
		"a quiet flow beside one that is limited does not count":   {2, []step{{working, reading, 0}, {working, limited, 3 * second}}, WaitTimes{Limit: 3 * second}},
		"a quiet flow beside one that writes does not count":       {2, []step{{working, reading, 0}, {working, writing, 3 * second}}, WaitTimes{Write: 3 * second}},
		"one that works beside one that is limited does not count": {2, []step{{working, limited, 3 * second}}, WaitTimes{Limit: 3 * second}},
		"all wait for bytes":                                       {2, []step{{working, reading, second}, {working, reading, 3 * second}}, WaitTimes{Work: second, Read: 3 * second}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var w Waits
				time.Sleep(second) // before the first flow nothing counts
				if got := w.Times(); got != (WaitTimes{}) {
					t.Errorf("before the first flow: %+v", got)
				}
				for range test.flows {
					w.begin()
				}
				for _, s := range test.steps {
					w.change(s.from, s.to)
					time.Sleep(s.lasts)
				}
				if got := w.Times(); got != test.want {
					t.Errorf("%+v, want %+v", got, test.want)
				}
			})
		})
	}
}

// slow is an end that takes its time.
type slow struct {
	*memory
	read, write time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(s.read)
	return s.memory.Read(p)
}

func (s *slow) Commit(n int) error {
	time.Sleep(s.write)
	return s.memory.Commit(n)
}

// pace is a Limiter that lets each turn wait.
type pace time.Duration

func (p pace) Burst() int { return 1 << 20 }

func (p pace) Wait(context.Context, int) error {
	time.Sleep(time.Duration(p))
	return nil
}

func TestAFlowTellsWhatHeldItUp(t *testing.T) {
	const chunk, chunks = 100, 10
	tests := map[string]struct {
		local, remote slow
		limit         pace
		want          func(WaitTimes) time.Duration
	}{
		"the tool gives little":      {local: slow{read: time.Second}, want: func(w WaitTimes) time.Duration { return w.Read }},
		"the other end takes little": {remote: slow{write: time.Second}, want: func(w WaitTimes) time.Duration { return w.Write }},
		"a limit":                    {limit: pace(time.Second), want: func(w WaitTimes) time.Duration { return w.Limit }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tool, peer *memory
				test.local.memory, tool = memoryPair(chunk*chunks, chunk)
				test.remote.memory, peer = memoryPair(chunk*chunks, chunk)
				if _, err := tool.Write(make([]byte, chunk*chunks)); err != nil {
					t.Fatal(err)
				}
				tool.CloseWrite()
				peer.CloseWrite()
				var counters Counters
				if _, err := Run(t.Context(), &test.local, &test.remote, Options{ToRemote: test.limit, Counters: &counters}); err != nil {
					t.Fatal(err)
				}
				times := counters.ToRemoteWaits.Times()
				held := test.want(times)
				if held < chunks*time.Second || held > (chunks+1)*time.Second {
					t.Errorf("%+v", times)
				}
				if rest := times.Read + times.Write + times.Limit + times.Work - held; rest > 0 {
					t.Errorf("%s are something else: %+v", rest, times)
				}
			})
		})
	}
}

// teller is an end that tells when it waits: each read and write that is to wait does.
type teller struct {
	*memory
	waits            bool
	reading, writing func(begins bool)
}

func (e *teller) OnWait(reading, writing func(begins bool)) { e.reading, e.writing = reading, writing }

func (e *teller) Read(p []byte) (int, error) {
	if e.waits {
		e.reading(true)
		defer e.reading(false)
	}
	time.Sleep(time.Second)
	return e.memory.Read(p)
}

func (e *teller) Commit(n int) error {
	if e.waits {
		e.writing(true)
		defer e.writing(false)
	}
	time.Sleep(time.Second)
	return e.memory.Commit(n)
}

// Watch waits for bytes after the end of the stream, which nothing may count.
func (e *teller) Watch() error {
	e.reading(true)
	return nil
}

func (e *teller) Unwatch() {}

func TestOnlyWhatAnEndTellsOfItsWaitsCounts(t *testing.T) {
	const chunk, chunks = 100, 10
	for name, test := range map[string]struct {
		local, remote bool // wait
		want          WaitTimes
	}{
		"the tool gives little":      {local: true, want: WaitTimes{Read: (chunks + 1) * time.Second, Work: chunks * time.Second}},
		"the other end takes little": {remote: true, want: WaitTimes{Write: chunks * time.Second, Work: (chunks + 1) * time.Second}},
		"nothing waits":              {want: WaitTimes{Work: (2*chunks + 1) * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				local, tool := memoryPair(chunk*chunks, chunk)
				remote, peer := memoryPair(chunk*chunks, chunk)
				if _, err := tool.Write(make([]byte, chunk*chunks)); err != nil {
					t.Fatal(err)
				}
				tool.CloseWrite()
				time.AfterFunc(time.Hour, func() { peer.CloseWrite() })
				var counters Counters
				if _, err := Run(t.Context(), &teller{memory: local, waits: test.local}, &teller{memory: remote, waits: test.remote}, Options{Counters: &counters}); err != nil {
					t.Fatal(err)
				}
				times := counters.ToRemoteWaits.Times()
				times.Read -= time.Hour - (2*chunks+1)*time.Second // after the end
				if times != test.want {
					t.Errorf("%+v, want %+v", times, test.want)
				}
				if doing := counters.ToRemoteWaits.flows.Load(); doing != 0 {
					t.Errorf("flows that have ended count: %x", doing)
				}
			})
		})
	}
}

func TestManyFlowsAreCountedOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Waits
		var flows sync.WaitGroup
		for n := range 200 {
			flows.Go(func() {
				w.begin()
				defer w.finish()
				for turn := range 100 {
					what := []activity{reading, writing, limited}[(n+turn)%3]
					w.change(working, what)
					time.Sleep(time.Millisecond)
					w.change(what, working)
				}
			})
		}
		flows.Wait()
		times := w.Times()
		if doing := w.flows.Load(); doing != 0 {
			t.Errorf("flows that have ended count: %x", doing)
		}
		if times != (WaitTimes{Limit: 100 * time.Millisecond}) { // some flow is limited at each moment
			t.Errorf("%+v", times)
		}
	})
}

// BenchmarkWaits is what a turn costs that waits twice, and one that does not wait.
func BenchmarkWaits(b *testing.B) {
	for name, told := range map[string]bool{"waits": true, "does not wait": false} {
		b.Run(name, func(b *testing.B) {
			d := direction{waits: new(Waits), sourceTells: true, targetTells: true}
			d.waits.begin()
			turn := func() error { return nil }
			for b.Loop() {
				for _, what := range []activity{reading, writing} {
					if told {
						d.on(what, true)
						d.on(what, false)
					}
				}
				_, _ = d.reads(turn), d.writes(turn)
			}
		})
	}
}
