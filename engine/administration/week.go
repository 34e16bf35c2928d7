package administration

import (
	"context"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/policy"
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
	names := policy.NamesOf(state.components, nil)
	zone := state.rules.Settings.Location()
	at := question.At.In(zone)
	const days = 7
	week := engine.Week{TimeZone: zone.String(), From: time.Date(at.Year(), at.Month(), at.Day()-(int(at.Weekday())+days-1)%days, 0, 0, 0, 0, zone), Limits: []engine.AppliedThrottle{}}
	now := rules.Decide(pair, question.At, names)
	week.Mode, week.By = now.Mode, now.By
	for day := range week.Hours {
		for hour := range week.Hours[day] {
			// Of an hour that a change of the clocks leaves out, the one after it is asked.
			decision := rules.Decide(pair, time.Date(week.From.Year(), week.From.Month(), week.From.Day()+day, hour, 0, 0, 0, zone), names)
			week.Hours[day][hour] = -1
			if decision.Throttle == nil {
				continue
			}
			place := slices.Index(week.Limits, *decision.Throttle)
			if place < 0 {
				place = len(week.Limits)
				week.Limits = append(week.Limits, *decision.Throttle)
			}
			week.Hours[day][hour] = place
		}
	}
	return week, nil
}
