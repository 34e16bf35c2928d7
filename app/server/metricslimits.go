package server

import (
	"lockwire/engine"
	"lockwire/engine/record"
)

// maximumLimitLabels bounds the limits that Prometheus is given by name: each is four series.
const maximumLimitLabels = 200

// limitMetric is one limit as Prometheus is given it.
type limitMetric struct {
	Rule               string
	Restores, Own      bool
	Rest               bool   // all beyond maximumLimitLabels together
	Limit, Rate        uint64 // bytes per second
	Sessions, HeldBack int
}

// way says what draws on it: backups, restores, all that a component sends, or the rest.
func (l *limitMetric) way() string {
	switch {
	case l.Rest:
		return "rest" // no rule has it, whatever its name
	case l.Own:
		return "component"
	case l.Restores:
		return "restores"
	}
	return "backups"
}

// limitsForMetrics gives the limits on which sessions draw, the rest of too many added up as one.
func limitsForMetrics(sessions []engine.Session) []limitMetric {
	var limits []limitMetric
	for _, use := range record.CapUses(sessions) {
		one := limitMetric{
			Rule: use.Rule, Restores: use.Restores, Own: use.Component != "", Limit: use.Limit().BytesPerSecond(), Rate: use.Rate,
			Sessions: use.Sessions, HeldBack: use.HeldBack,
		}
		if len(limits) < maximumLimitLabels {
			limits = append(limits, one)
			continue
		}
		if len(limits) == maximumLimitLabels {
			limits = append(limits, limitMetric{Rule: "other", Rest: true})
		}
		rest := &limits[maximumLimitLabels]
		rest.Limit, rest.Rate, rest.Sessions, rest.HeldBack = rest.Limit+one.Limit, rest.Rate+one.Rate, rest.Sessions+one.Sessions, rest.HeldBack+one.HeldBack
	}
	return limits
}
