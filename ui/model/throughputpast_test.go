package model

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

// moving is a snapshot in which a sealed session moves so much.
func moving(second int, rate uint64) *engine.Snapshot {
	s := engine.Session{Traffic: engine.Traffic{RateToTarget: rate}}
	s.Decision.Mode = engine.Sealed
	return &engine.Snapshot{When: moment.Add(time.Duration(second) * time.Second), Sessions: []engine.Session{s}}
}

func seconds(past []engine.Throughput) string {
	text := ""
	for _, sample := range past {
		text += fmt.Sprintf("%.0f:%d ", sample.When.Sub(moment).Seconds(), sample.Sealed)
	}
	return text
}

func TestThePastIsKeptForFifteenMinutes(t *testing.T) {
	var p throughputPast
	var past []engine.Throughput
	for second := range 1000 {
		past = p.add(moving(second, 1000))
	}
	if len(past) != 15*60 || past[0].When != moment.Add(100*time.Second) || past[0].Sealed != 1000 {
		t.Errorf("%d samples, the first %+v", len(past), past[0])
	}
}

func TestThePastBeginsWithWhatTheBrokerRemembers(t *testing.T) {
	remembers := func(from, to int, rate uint64) (moments []engine.Throughput) {
		for second := from; second <= to; second += 5 {
			moments = append(moments, engine.Throughput{When: moment.Add(time.Duration(second) * time.Second), Sealed: rate})
		}
		return moments
	}
	tests := map[string]struct {
		saw    []int // seconds
		joined []engine.Throughput
		then   int
		want   string
	}{
		"a new console":                      {joined: remembers(5, 15, 7), then: 16, want: "5:7 10:7 15:7 16:1 "},
		"the console was cut off for a time": {saw: []int{1, 2, 3}, joined: remembers(0, 30, 7), then: 31, want: "0:7 5:7 10:7 15:7 20:7 25:7 30:7 31:1 "},
		"the broker was started again":       {saw: []int{1, 2, 3}, joined: remembers(60, 65, 7), then: 66, want: "1:1 2:1 3:1 60:7 65:7 66:1 "},
		"it remembers nothing yet":           {saw: []int{1, 2}, then: 60, want: "1:1 2:1 60:1 "},
		"its clock was set back":             {saw: []int{100, 101}, joined: remembers(5, 10, 7), then: 11, want: "5:7 10:7 11:1 "},
		"moments out of order":               {joined: slices.Concat(remembers(10, 15, 7), remembers(5, 5, 9)), then: 16, want: "10:7 15:7 16:1 "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var p throughputPast
			for _, second := range test.saw {
				p.add(moving(second, 1))
			}
			before := slices.Clone(p.kept)
			handed := p.kept
			p.join(test.joined)
			if got := seconds(p.add(moving(test.then, 1))); got != test.want {
				t.Errorf("got %s, wanted %s", got, test.want)
			}
			if !slices.Equal(before, handed) {
				t.Error("what was handed out was changed")
			}
		})
	}
}

func TestALoadBeginsWithWhatTheBrokerRemembers(t *testing.T) {
	var p loadPast
	past := engine.Past{Loads: map[engine.ID]engine.PastLoad{
		"c": {Machine: []float32{1, -1, 2}, Agent: []float32{0.5, -1, 1}},
		"d": {Machine: []float32{1}}, // not as it should be
	}}
	for second := 5; second <= 15; second += 5 {
		past.Moments = append(past.Moments, engine.Throughput{When: moment.Add(time.Duration(second) * time.Second)})
	}
	p.join(&past)
	var kept map[engine.ID][]LoadSample
	for second := 16; second <= 20; second++ {
		kept = p.add(loaded(moment.Add(time.Duration(second)*time.Second), 4))
	}
	text := ""
	for _, sample := range kept["c"] {
		text += fmt.Sprintf("%.0f:%v ", sample.When.Sub(moment).Seconds(), sample.Machine)
	}
	if text != "5:1 15:2 20:4 " || len(kept) != 1 {
		t.Errorf("of %d components, of c %s", len(kept), text)
	}
}

func TestTimeOfWhichNothingIsKnownIsNotNothing(t *testing.T) {
	at := func(second int) engine.Throughput {
		return engine.Throughput{When: moment.Add(time.Duration(second) * time.Second), Sealed: 10, Plain: uint64(second)}
	}
	for want, samples := range map[string][]engine.Throughput{
		"[[10 1.5] [10 5]]":                    {at(1), at(2), at(5)},
		"[[10 0] [] [] [10 15]]":               {at(0), at(15)},
		"[[10 0] [10 0] [10 10]]":              {at(0), at(10)},
		"[[10 0] [] [] [] [] [10 27] [10 30]]": {at(0), at(27), at(30)},
		"[]":                                   nil,
	} {
		if got := fmt.Sprint(ThroughputValues(samples)); got != want {
			t.Errorf("got %s, wanted %s", got, want)
		}
	}
}

// remembering is a broker that remembers, and is watched for a moment.
type remembering struct{ distantBroker }

func (b *remembering) Past(context.Context) (engine.Past, error) {
	return engine.Past{Moments: []engine.Throughput{{When: time.Now().Add(-time.Minute), Plain: 5}}}, nil
}

func (b *remembering) Watch(ctx context.Context, _ time.Duration, each func(engine.Snapshot) error) error {
	if err := each(engine.Snapshot{When: time.Now()}); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestAConsoleThatAttachesShowsWhatWasBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := NewLive(&remembering{})
		ctx, cancel := context.WithCancel(t.Context())
		go live.Follow(ctx)
		synctest.Wait()
		if past := live.State().Past; len(past) != 2 || past[0].Plain != 5 {
			t.Errorf("it shows %+v", past)
		}
		cancel()
		synctest.Wait()
	})
}
