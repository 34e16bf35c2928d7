package administration

import (
	"context"
	"errors"
	"fmt"

	"lockwire/engine"
	"lockwire/engine/policy"
)

// Explain decides for a question on the present rules, components and names.
func (l *Local) Explain(ctx context.Context, question engine.Question) (engine.Decision, error) {
	state, err := l.state(ctx)
	if err != nil {
		return engine.Decision{}, err
	}
	if question.At.IsZero() {
		question.At = l.Now()
	}
	return explain(state.rules, state.named, state.names(), question)
}

// ExplainFile decides for a question on a rule set that was read from a file, with the names that were given with it.
// Ends are addresses there; a component's name is refused.
func ExplainFile(rules engine.RuleSet, names engine.Names, question engine.Question) (engine.Decision, error) {
	noComponents := func(text string) (engine.Component, error) {
		return engine.Component{}, fmt.Errorf("component %q: a rule set's file knows no components; give addresses", text)
	}
	return explain(rules, noComponents, names, question)
}

func explain(rules engine.RuleSet, component func(string) (engine.Component, error), names engine.Names, question engine.Question) (engine.Decision, error) {
	compiled, pair, err := prepare(rules, component, question)
	if err != nil {
		return engine.Decision{}, err
	}
	if question.WhyNot {
		return compiled.Explain(pair, question.At, names), nil
	}
	return compiled.Decide(pair, question.At, names), nil
}

// maximumSettings bounds the settings of a question; there are fewer.
const maximumSettings = 16

// prepare makes a question ready to be decided at any moment.
func prepare(rules engine.RuleSet, component func(string) (engine.Component, error), question engine.Question) (*policy.Rules, engine.Pair, error) {
	if len(question.Settings) > maximumSettings {
		return nil, engine.Pair{}, &engine.FieldError{Field: "settings", Err: fmt.Errorf("at most %d", maximumSettings)}
	}
	for _, setting := range question.Settings {
		if err := rules.Settings.Set(setting.Name, setting.Value); err != nil {
			return nil, engine.Pair{}, err
		}
		if setting.Name == engine.OverrideSetting { // the question is what would be if it were so
			rules.Prescribed = engine.Prescription{}
		}
	}
	compiled, err := policy.Compile(rules, rules.Settings.Location())
	if err != nil {
		return nil, engine.Pair{}, err
	}
	pair := engine.Pair{Operation: question.Operation, SameMachine: question.SameHost, LiveSessions: question.LiveSessions}
	if pair.Operation == "" {
		pair.Operation = engine.Backup
	}
	if pair.Operation != engine.Backup && pair.Operation != engine.Restore {
		return nil, engine.Pair{}, &engine.FieldError{Field: "operation", Err: errors.New("use backup or restore")}
	}
	if pair.Source, err = party(question.Source, component); err != nil {
		return nil, engine.Pair{}, &engine.FieldError{Field: "source", Err: err}
	}
	if pair.Target, err = party(question.Target, component); err != nil {
		return nil, engine.Pair{}, &engine.FieldError{Field: "target", Err: err}
	}
	return compiled, pair, nil
}

// party gives one end of a question. A role in the question replaces the component's own.
func party(end engine.QuestionParty, component func(string) (engine.Component, error)) (engine.Party, error) {
	if len(end.Addresses) > engine.MaximumAddresses {
		return engine.Party{}, fmt.Errorf("at most %d addresses", engine.MaximumAddresses)
	}
	party := engine.Party{Addresses: end.Addresses}
	if end.Component != "" {
		found, err := component(end.Component)
		if err != nil {
			return party, err
		}
		party = found.Party()
	} else if len(end.Addresses) == 0 {
		return party, errors.New("a component or an address is needed")
	}
	if end.Role != "" {
		role, err := engine.ParseRole(string(end.Role))
		if err != nil {
			return party, err
		}
		party.Role = role
	}
	return party, nil
}
