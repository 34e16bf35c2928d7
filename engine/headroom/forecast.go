package headroom

import (
	"fmt"
	"strings"
	"time"

	"lockwire/engine"
)

// End is what a forecast needs to know of one of the two components.
type End struct {
	Status  engine.ComponentStatus
	Carried uint64 // what its sessions move now, in bytes per second
}

// Forecast says what the traffic of a question would take of two components, under a decision that was made for them.
//
// Each end has so many cores free, and takes so many for each GB/s: that gives a rate. A flow moves on one core at each end
// and cannot be faster than that core; the network and the rules have limits of their own. The lowest counts. The two ends of
// one machine share its cores.
//
// Caps are the limits that hold for the direction, with what others draw on each. Now is the moment, in the reader's time zone.
func Forecast(q engine.ForecastQuestion, decision engine.Decision, caps []engine.CapLeft, source, target End, now time.Time) engine.Forecast {
	f := engine.Forecast{Mode: decision.Mode, By: decision.By, Rules: decision.Rules, Throttle: decision.Throttle}
	f.Source, f.Target = end(&source, engine.SourceEnd, f.Mode), end(&target, engine.TargetEnd, f.Mode)
	for i := range caps {
		if f.Cap == nil || caps[i].Left() < f.Cap.Left() {
			f.Cap = &caps[i]
		}
	}
	f.SharedProcessor = oneProcessor(&source.Status, &target.Status)

	limits := limitsOf(q, &f)
	f.Possible, f.Low, f.High = engine.MaximumForecastRate, engine.MaximumForecastRate, engine.MaximumForecastRate
	for _, limit := range limits {
		if limit.best < f.Possible {
			f.Possible, f.LimitedBy, f.At = limit.best, limit.by, limit.at
		}
		f.Low, f.High = min(f.Low, limit.low), min(f.High, limit.high)
	}
	if !f.Source.Cost.Known() || !f.Target.Cost.Known() {
		f.Possible, f.Low, f.High, f.LimitedBy, f.At = 0, 0, 0, engine.LimitedUnknown, unknownEnd(&f)
	}
	f.BytesPerSecond = f.Possible
	if q.BytesPerSecond > 0 {
		f.BytesPerSecond = min(q.BytesPerSecond, f.Possible)
	}
	if f.LimitedBy == engine.LimitedUnknown {
		f.BytesPerSecond = q.BytesPerSecond // what an end that is known takes for it can be said all the same
	}
	for _, e := range []*engine.EndForecast{&f.Source, &f.Target} {
		e.Added = e.Cost.Cores(float64(f.BytesPerSecond))
	}
	f.Text = words(q, &f, now)
	return f
}

func end(e *End, side engine.SideOfSession, mode engine.Mode) engine.EndForecast {
	cores, busy := coresOf(&e.Status)
	if len(e.Status.Load.Cores) == 0 {
		cores = e.Status.Report.Processor.Cores
	}
	return engine.EndForecast{
		Component: e.Status.Name, Cost: CostOf(&e.Status, side, mode), Cores: cores, Busy: busy, Link: e.Status.Report.LinkSpeed, Carried: e.Carried,
	}
}

// oneProcessor tells whether two components run on one machine: they were started under the same kernel.
func oneProcessor(a, b *engine.ComponentStatus) bool {
	return a.ID == b.ID || a.Report.Boot != "" && a.Report.Boot == b.Report.Boot
}

// limit is one thing that keeps traffic from being more.
type limit struct {
	by              engine.Bottleneck
	at              string
	best, low, high uint64
}

func limitsOf(q engine.ForecastQuestion, f *engine.Forecast) []limit {
	var limits []limit
	add := func(by engine.Bottleneck, at string, best, low, high uint64) {
		limits = append(limits, limit{by, at, best, low, high})
	}
	if f.SharedProcessor {
		both := engine.Cost{PerGB: f.Source.Cost.PerGB + f.Target.Cost.PerGB, Fixed: f.Source.Cost.Fixed + f.Target.Cost.Fixed, Error: f.Source.Cost.Error + f.Target.Cost.Error}
		best, low, high := carries(max(float64(f.Source.Cores)-f.Source.Busy, 0), both)
		add(engine.LimitedByProcessor, f.Source.Component, best, low, high)
	}
	for _, e := range []*engine.EndForecast{&f.Source, &f.Target} {
		if !f.SharedProcessor {
			best, low, high := carries(max(float64(e.Cores)-e.Busy, 0), e.Cost)
			add(engine.LimitedByProcessor, e.Component, best, low, high)
		}
		if q.Flows > 0 && q.Flows < e.Cores {
			best, low, high := carries(float64(q.Flows), e.Cost)
			add(engine.LimitedByOneCore, e.Component, best, low, high)
		}
		if e.Link > 0 && !f.SharedProcessor { // traffic within one machine crosses no interface
			left := e.Link - min(e.Carried, e.Link)
			add(engine.LimitedByNetwork, e.Component, left, left, left)
		}
	}
	if f.Cap != nil {
		left := f.Cap.Left()
		add(engine.LimitedByCap, "", left, left, left)
	}
	return limits
}

func unknownEnd(f *engine.Forecast) string {
	if !f.Source.Cost.Known() {
		return f.Source.Component
	}
	return f.Target.Component
}

// drawnWords say what others draw on a limit, which sessions that begin would share with them.
func drawnWords(drawn uint64) string {
	if drawn == 0 {
		return ""
	}
	return fmt.Sprintf("; others draw %s of it, and would share it", engine.RateInWords(drawn))
}

// words says the forecast as a person would.
func words(q engine.ForecastQuestion, f *engine.Forecast, now time.Time) string {
	if f.LimitedBy == engine.LimitedUnknown {
		return fmt.Sprintf("Nothing is known of what traffic costs %s: it has neither carried enough lately nor measured its processor.", f.At)
	}
	var text strings.Builder
	then := "then " // with that much more
	switch {
	case f.Possible == 0:
		then = ""
		text.WriteString("Nothing more fits")
	case q.BytesPerSecond == 0:
		fmt.Fprintf(&text, "%s more fit, between %s and %s", engine.RateInWords(f.Possible), engine.RateInWords(f.Low), engine.RateInWords(f.High))
	case q.BytesPerSecond <= f.Possible:
		fmt.Fprintf(&text, "%s more fit; %s would, at the most", engine.RateInWords(q.BytesPerSecond), engine.RateInWords(f.Possible))
	default:
		fmt.Fprintf(&text, "Of %s only %s fit", engine.RateInWords(q.BytesPerSecond), engine.RateInWords(f.Possible))
	}
	switch f.LimitedBy {
	case engine.LimitedByProcessor:
		fmt.Fprintf(&text, ": %sall cores of %s are busy.", then, f.At)
	case engine.LimitedByOneCore:
		fmt.Fprintf(&text, ": a flow uses one core at %s; more flows carry more.", f.At)
	case engine.LimitedByNetwork:
		fmt.Fprintf(&text, ": %sthe network interface of %s is full.", then, f.At)
	case engine.LimitedByCap:
		fmt.Fprintf(&text, ": %s%s.", f.Cap.InWords(now), drawnWords(f.Cap.Drawn))
	default:
		text.WriteString(".")
	}
	if f.SharedProcessor {
		text.WriteString(" Both run on one machine and share its cores.")
	}
	return text.String()
}
