package broker

import (
	"time"

	"lockwire/engine"
)

// Today is what was moved today, those of tests left out. It never falls within a day.
func (b *Broker) Today() engine.DayTotals {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turnDay(time.Now())
	return b.today
}

// turnDay starts new totals on a new day. b.mu is held.
func (b *Broker) turnDay(now time.Time) {
	if !now.Before(b.today.Began) && now.Before(b.tomorrow) {
		return
	}
	local := now.In(b.present.settings.Location())
	began := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	if !began.Equal(b.today.Began) {
		b.today = engine.DayTotals{Began: began}
	}
	b.tomorrow = time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, local.Location())
}

// countToday adds a session's bytes since the last count. b.mu is held.
func (b *Broker) countToday(s *live, now time.Time) {
	bytes := s.shown.Traffic.Bytes()
	if s.shown.Test || bytes <= s.countedToday {
		return
	}
	b.turnDay(now)
	of := &b.today.Plain
	if s.shown.Decision.Mode == engine.Sealed {
		of = &b.today.Sealed
	}
	*of += bytes - s.countedToday
	s.countedToday = bytes
}
