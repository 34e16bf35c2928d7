package administration

import (
	"context"
	"fmt"

	"lockwire/engine"
	"lockwire/engine/headroom"
	"lockwire/engine/record"
)

// Forecast decides for the two components and says what the traffic would take of both.
func (l *Local) Forecast(ctx context.Context, question engine.ForecastQuestion) (engine.Forecast, error) {
	if l.Broker == nil {
		return engine.Forecast{}, engine.ErrNoBroker
	}
	if err := question.Check(); err != nil {
		return engine.Forecast{}, err
	}
	state, err := l.state(ctx)
	if err != nil {
		return engine.Forecast{}, err
	}
	asked := engine.Question{
		Source: engine.QuestionParty{Component: question.Source}, Target: engine.QuestionParty{Component: question.Target}, Operation: question.Operation, At: l.Now(),
	}
	rules, pair, err := prepare(state.rules, state.named, asked)
	if err != nil {
		return engine.Forecast{}, err
	}
	names, sessions := state.names(), l.Broker.Sessions()
	decision, caps := rules.Decide(pair, asked.At, names), capsLeft(rules.Caps(pair, asked.At, names), sessions)
	statuses, carried := l.Broker.Components(), engine.CarriedBy(sessions)
	end := func(field, name string) (headroom.End, error) {
		component, err := state.named(name)
		if err != nil {
			return headroom.End{}, &engine.FieldError{Field: field, Err: err}
		}
		for _, status := range statuses {
			if status.ID == component.ID {
				return headroom.End{Status: status, Carried: carried[status.ID]}, nil
			}
		}
		return headroom.End{}, &engine.FieldError{Field: field, Err: fmt.Errorf("component %s: %w", component.Name, engine.ErrNotFound)}
	}
	source, err := end("source", question.Source)
	if err != nil {
		return engine.Forecast{}, err
	}
	target, err := end("target", question.Target)
	if err != nil {
		return engine.Forecast{}, err
	}
	return headroom.Forecast(question, decision, caps, source, target, asked.At), nil
}

// capsLeft adds to limits what the live sessions draw on them.
func capsLeft(caps []engine.Cap, sessions []engine.Session) []engine.CapLeft {
	left, uses := make([]engine.CapLeft, len(caps)), record.CapUses(sessions)
	for i, limit := range caps {
		left[i].Cap = limit
		for _, use := range uses {
			if use.Component == limit.Component && use.Restores == limit.Restores && (limit.Component != "" || use.Rule == limit.Rule) {
				left[i].Drawn = use.Rate
			}
		}
	}
	return left
}

// Calibrate has a component measure its processor anew.
func (l *Local) Calibrate(ctx context.Context, component engine.ID) error {
	if l.Broker == nil {
		return engine.ErrNoBroker
	}
	return l.Broker.Calibrate(ctx, component)
}

// liveComponents gives the components of the running broker, each with its headroom.
func (l *Local) liveComponents(sessions []engine.Session) []engine.ComponentStatus {
	statuses, carried := l.Broker.Components(), engine.CarriedBy(sessions)
	for i := range statuses {
		statuses[i].Headroom = headroom.Of(&statuses[i], carried[statuses[i].ID])
	}
	return statuses
}
