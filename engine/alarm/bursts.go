package alarm

import (
	"cmp"
	"slices"
	"time"

	"lockwire/engine"
)

const (
	// gathersFirst is how long findings of a kind are gathered after its first alarm; it doubles while more come, up to gathersLongest.
	gathersFirst   = time.Minute
	gathersLongest = time.Hour
)

// bursts makes one alarm of many findings of a kind: the first goes at once, those that follow are gathered. It is pure.
type bursts struct{ open map[engine.FindingKind]*burst }

// burst are the findings of one kind since its last alarm.
type burst struct {
	count       int
	first, last time.Time
	newest      engine.Finding
	until       time.Time // then the next alarm goes out
	gathers     time.Duration
}

func newBursts() *bursts { return &bursts{open: map[engine.FindingKind]*burst{}} }

// add takes up a new finding.
func (b *bursts) add(f engine.Finding, now time.Time) {
	of := b.open[f.Kind]
	if of == nil {
		of = &burst{until: now, gathers: gathersFirst}
		b.open[f.Kind] = of
	}
	if of.count == 0 {
		of.first = now
	}
	of.count++
	of.last, of.newest = now, f
}

// due gives the alarms whose time has come, the worst kind first. They are without an id and what is known of the broker.
func (b *bursts) due(now time.Time) []engine.Alarm {
	var alarms []engine.Alarm
	for kind, of := range b.open {
		if now.Before(of.until) {
			continue
		}
		if of.count == 0 {
			delete(b.open, kind)
			continue
		}
		f := &of.newest
		alarms = append(alarms, engine.Alarm{
			Kind: kind, Severity: f.Severity, Text: f.Text, Means: f.Means(), Fix: f.Fix(), Command: f.Command, Place: f.Place, Thing: f.Thing,
			Count: of.count, First: of.first, Last: of.last,
		})
		of.count, of.until, of.gathers = 0, now.Add(of.gathers), min(2*of.gathers, gathersLongest)
	}
	slices.SortFunc(alarms, func(x, y engine.Alarm) int { return cmp.Compare(x.Kind.Rank(), y.Kind.Rank()) })
	return alarms
}

// next is when due has something to do; zero where nothing is open.
func (b *bursts) next() time.Time {
	var next time.Time
	for _, of := range b.open {
		if next.IsZero() || of.until.Before(next) {
			next = of.until
		}
	}
	return next
}
