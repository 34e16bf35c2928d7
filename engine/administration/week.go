package administration

import (
	"context"
	"slices"
	"time"

	"lockwire/engine"
)

// Week decides for a question at each hour of a week, in the installation's time zone.
func (l *Local) Week(ctx context.Context, question engine.Question) (engine.Week, error) {
	state, err := l.state(ctx)
	if err != nil {
		return engine.Week{}, err
	}
	if question.At.IsZero() {
		question.At = l.Now()
	}
	rules, pair, err := prepare(state.rules, state.named, question)
	if err != nil {
		return engine.Week{}, err
	}
	names := state.names()
	zone := state.rules.Settings.Location()
	week := engine.Week{TimeZone: zone.String(), From: mondayOf(question.At.In(zone)), Limits: []engine.AppliedThrottle{}}
	now := rules.Decide(pair, question.At, names)
	week.Mode, week.By = now.Mode, now.By
	for day := range week.Hours {
		for hour := range week.Hours[day] {
			at := engine.WeekHour{Day: day, Hour: hour}
			begins, times := hourBegins(week.From, at)
			if times != 1 {
				week.Clocks = append(week.Clocks, engine.WeekClock{WeekHour: at, Twice: times > 1})
			}
			if week.Hours[day][hour] = -1; times > 0 {
				decideHour(&week, at, rules.Decide(pair, begins, names))
			}
		}
	}
	return week, nil
}

// decideHour adds the decision for one hour to the week.
func decideHour(week *engine.Week, at engine.WeekHour, decision engine.Decision) {
	phase := engine.WeekPhase{WeekHour: at, Mode: decision.Mode, By: decision.By, Because: decision.Because()}
	if last := week.Phase(at); len(week.Phases) == 0 || last.Mode != phase.Mode || last.Because != phase.Because {
		week.Phases = append(week.Phases, phase)
	}
	if decision.Throttle == nil {
		return
	}
	index := slices.Index(week.Limits, *decision.Throttle)
	if index < 0 {
		index = len(week.Limits)
		week.Limits = append(week.Limits, *decision.Throttle)
	}
	week.Hours[at.Day][at.Hour] = index
}

// mondayOf gives the beginning of the week of a moment.
func mondayOf(at time.Time) time.Time {
	const days = 7
	return time.Date(at.Year(), at.Month(), at.Day()-(int(at.Weekday())+days-1)%days, 0, 0, 0, 0, at.Location())
}

// quarter divides every change of the clocks that is in use.
const quarter = 15 * time.Minute

// hourBegins gives the first moment at which an hour of a week begins, and how often it begins: never if the clocks skip it, twice if they are turned
// back over it.
func hourBegins(monday time.Time, at engine.WeekHour) (begins time.Time, times int) {
	// Noon, because midnight may be left out.
	day := time.Date(monday.Year(), monday.Month(), monday.Day()+at.Day, 12, 0, 0, 0, monday.Location())
	inside := func(moment time.Time) bool { return moment.Hour() == at.Hour && moment.Day() == day.Day() }
	// No change of the clocks is larger than this.
	around := time.Date(day.Year(), day.Month(), day.Day(), at.Hour, 0, 0, 0, day.Location())
	for moment := around.Add(-3 * time.Hour); moment.Before(around.Add(3 * time.Hour)); moment = moment.Add(quarter) {
		if !inside(moment) {
			continue
		}
		// It begins where it was not before, or at its own beginning once more.
		if earlier := moment.Add(-quarter); !inside(earlier) || clock(moment) < clock(earlier) {
			if times++; times == 1 {
				begins = moment
			}
		}
	}
	return begins, times
}

// clock is the time of the day that a clock shows.
func clock(moment time.Time) time.Duration {
	return time.Duration(moment.Hour())*time.Hour + time.Duration(moment.Minute())*time.Minute
}
