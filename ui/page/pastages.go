package page

import (
	"time"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// PastAges names the moments of a chart of the last 15 minutes by their ages. Where the broker is not heard any more, what is in the chart
// grows old.
type PastAges struct {
	// Count is how many moments the chart has, engine.PastStep apart.
	Count  int
	newest time.Time
	old    time.Duration // the age of the newest moment
}

// Set takes up the time of the newest moment, and names it in the chart. It reports whether the time is another one.
func (p *PastAges) Set(area *chart.Area, state *model.State, newest time.Time) (changed bool) {
	words := "now"
	p.old = 0
	if state.Problem != "" && !state.OldSince.IsZero() {
		p.old = time.Since(state.OldSince)
		words = text.Ago(newest, newest.Add(p.old))
	}
	changed = !p.newest.Equal(newest)
	p.newest = newest
	area.SetNewest(words)
	return changed
}

// Moment is the age of a moment.
func (p *PastAges) Moment(index int) string {
	before := time.Duration(p.Count-1-index) * engine.PastStep
	return text.Ago(p.newest.Add(-before), p.newest.Add(p.old))
}
