package calibrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/headroom"
)

const (
	// rounds are measured one after the other; the median counts, and how far they lie apart is the error.
	rounds = 3
	// cipherTime and channelTime are how long each part of a round runs: long against a scheduler's turn, short against a coffee.
	cipherTime  = 60 * time.Millisecond
	channelTime = 150 * time.Millisecond
	// leastError is the error of the costs, as a part of them, where the rounds agree by chance. What loopback takes is not what
	// a network card takes.
	leastError = 0.1
)

// Options tell what to measure and how to see what it costs.
type Options struct {
	// Build is the program's version, and Cipher the one that this component's sessions use.
	Build  string
	Cipher engine.Cipher
	// Spent is the processor time of this process so far, of all its threads.
	Spent func() (time.Duration, error)
	// Now is the clock for the calibration's date.
	Now func() time.Time
}

// Run measures. It ends with the cause of ctx when that is done.
func Run(ctx context.Context, o Options) (engine.Calibration, error) {
	processor := headroom.Processor()
	result := engine.Calibration{When: o.Now(), Processor: processor.Name, Build: o.Build, Cipher: o.Cipher}
	result.One.Threads, result.All.Threads = 1, runtime.GOMAXPROCS(0)
	var all []round
	for range rounds {
		one, err := o.round(ctx, result.All.Threads)
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return engine.Calibration{}, fmt.Errorf("measure the processor: %w", err)
		}
		all = append(all, one)
	}
	speed := func(of func(round) float64) uint64 { return uint64(median(all, of)) }
	result.One.Seal, result.One.Open = speed(func(r round) float64 { return r.seal[0].rate() }), speed(func(r round) float64 { return r.open[0].rate() })
	result.All.Seal, result.All.Open = speed(func(r round) float64 { return r.seal[1].rate() }), speed(func(r round) float64 { return r.open[1].rate() })
	result.One.Relay, result.All.Relay = speed(func(r round) float64 { return r.sealed[0].rate() }), speed(func(r round) float64 { return r.sealed[1].rate() })
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		for _, side := range []engine.SideOfSession{engine.SourceEnd, engine.TargetEnd} {
			result.Costs = append(result.Costs, engine.EndCost{Side: side, Mode: mode, Cost: costOf(all, side, mode)})
		}
	}
	return result, nil
}

// busy is the place of what was measured with as many threads or flows as there are cores.
const busy = 1

// round is one measurement of everything; [0] is with one thread or flow, [busy] with as many as there are cores.
type round struct {
	seal, open            [2]measured
	direct, plain, sealed [2]measured
}

// measured is what a part of a round moved, in which time, and the processor time that it took.
type measured struct {
	bytes   uint64
	elapsed time.Duration
	spent   time.Duration
}

func (m measured) rate() float64 { return float64(m.bytes) / m.elapsed.Seconds() }

// perGB is in CPU seconds per 10^9 bytes.
func (m measured) perGB() float64 { return m.spent.Seconds() / float64(m.bytes) * 1e9 }

func (o *Options) round(ctx context.Context, threads int) (r round, err error) {
	type part struct {
		into  *measured
		run   func(context.Context, int, *watch) (uint64, error)
		width int
		time  time.Duration
	}
	var parts []part
	for i, width := range []int{1, threads} {
		parts = append(parts, part{&r.seal[i], o.seal, width, cipherTime}, part{&r.open[i], o.open, width, cipherTime},
			part{&r.direct[i], direct, width, channelTime}, part{&r.plain[i], o.plain, width, channelTime}, part{&r.sealed[i], o.sealed, width, channelTime})
	}
	for _, p := range parts {
		if *p.into, err = o.measure(ctx, p.width, watch{length: p.time, spent: o.Spent}, p.run); err != nil {
			return r, err
		}
	}
	return r, nil
}

// watch takes the time and the processor time of a part, from when all is ready until all has arrived.
type watch struct {
	length time.Duration
	spent  func() (time.Duration, error)

	began  time.Time
	before time.Duration
	err    error
}

// start begins, and gives the context that is done when the part's time is up.
func (w *watch) start(ctx context.Context) (context.Context, context.CancelFunc) {
	w.before, w.err = w.spent()
	w.began = time.Now()
	return context.WithTimeout(ctx, w.length)
}

// measure runs a part of a round and asks what it cost.
func (o *Options) measure(ctx context.Context, width int, w watch, run func(context.Context, int, *watch) (uint64, error)) (m measured, err error) {
	if err := context.Cause(ctx); err != nil {
		return m, err
	}
	if m.bytes, err = run(ctx, width, &w); err != nil {
		return m, err
	}
	m.elapsed = time.Since(w.began)
	after, err := o.Spent()
	m.spent = after - w.before
	if err = errors.Join(w.err, err); err == nil && (m.bytes == 0 || m.spent <= 0) {
		err = errors.New("nothing was moved, or the system does not say what it took")
	}
	return m, err
}

// costOf gives what an end of a session takes, from whole channels with all cores busy: for so it is when headroom runs out.
// What a flow takes that runs far slower than it could, it does not say: that is learned from real sessions.
func costOf(all []round, side engine.SideOfSession, mode engine.Mode) engine.Cost {
	of := func(r round) float64 {
		seal, open, relay := r.seal[busy].perGB(), r.open[busy].perGB(), r.sealed[busy]
		if mode == engine.Plain {
			seal, open, relay = 0, 0, r.plain[busy]
		}
		own := seal
		if side == engine.TargetEnd {
			own = open
		}
		rest := relay.perGB() - r.direct[busy].perGB() - seal - open
		return own + max(rest, 0)/2
	}
	cost := engine.Cost{PerGB: median(all, of), Origin: engine.MeasuredByCalibration}
	for _, r := range all {
		cost.Error = max(cost.Error, of(r)-cost.PerGB, cost.PerGB-of(r))
		cost.Bytes += r.sealed[busy].bytes
	}
	cost.Error = max(cost.Error, leastError*cost.PerGB)
	return cost
}

func median(all []round, of func(round) float64) float64 {
	values := make([]float64, len(all))
	for i, r := range all {
		values[i] = of(r)
	}
	slices.SortFunc(values, cmp.Compare[float64])
	return values[len(values)/2]
}
