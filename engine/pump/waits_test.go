package pump

import (
	"context"
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

func (p pace) Burst() int { return 0 }

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
