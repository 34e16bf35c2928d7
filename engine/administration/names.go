package administration

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/policy"
)

const (
	// tryWithin is how long a preview waits for DNS to say what a new name stands for.
	tryWithin = 3 * time.Second
	// maximumNames bounds how many names one question is about.
	maximumNames = 4 * engine.MaximumSelectors
)

// hosts gives what DNS has said of hosts; without a broker what is kept of it.
func (l *Local) hosts(ctx context.Context) (map[string]engine.HostAnswer, error) {
	if l.Broker != nil {
		return l.Broker.Hosts(), nil
	}
	records, err := l.Store.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	return engine.HostAnswers(records, l.Now()), nil
}

// names is what the names in rules stand for.
func (s *state) names() engine.Names { return policy.NamesOf(s.components, s.hosts) }

// tryNewHosts has DNS asked for hosts that a change brings into the rules, so that its effect is told for what they stand for, and not for
// what they stand for as long as nothing is known of them. Who may only view has nothing asked.
func (l *Local) tryNewHosts(ctx context.Context, before, after *state) {
	known := before.rules.Hosts()
	added := slices.DeleteFunc(after.rules.Hosts(), func(host string) bool {
		_, found := slices.BinarySearch(known, host)
		return found
	})
	l.tryHosts(ctx, added)
	if hosts, err := l.hosts(ctx); err == nil {
		before.hosts, after.hosts = hosts, hosts
	}
}

func (l *Local) tryHosts(ctx context.Context, hosts []string) {
	if l.Broker == nil || l.role != engine.MayChange || len(hosts) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	l.Broker.TryHosts(ctx, hosts)
}

// Names says what names stand for now: those of the question, or those that stand in rules.
func (l *Local) Names(ctx context.Context, question engine.NamesQuestion) ([]engine.NameStatus, error) {
	if len(question.Names) > maximumNames {
		return nil, &engine.FieldError{Field: "names", Err: fmt.Errorf("at most %d", maximumNames)}
	}
	var hosts []string
	for _, name := range question.Names {
		if !name.Named() {
			return nil, &engine.FieldError{Field: "names", Err: fmt.Errorf("%s is not component:NAME, tag:NAME, role:ROLE or host:NAME", name)}
		}
		if name.Kind == engine.SelectHost {
			hosts = append(hosts, name.Name)
		}
	}
	l.tryHosts(ctx, hosts)
	state, err := l.state(ctx)
	if err != nil {
		return nil, err
	}
	wanted := question.Names
	if len(wanted) == 0 {
		wanted = state.rules.Names()
	}
	return state.statuses(wanted), nil
}

// namesOfRule says what the names in a rule stand for; nothing where there is no such rule.
func (s *state) namesOfRule(name string) []engine.NameStatus {
	for i := range s.rules.Rules {
		if rule := &s.rules.Rules[i]; name != "" && engine.SameName(rule.Name, name) {
			return s.statuses(rule.Names())
		}
	}
	return nil
}

// statuses say what names stand for.
func (s *state) statuses(wanted []engine.Selector) []engine.NameStatus {
	names, uses := s.names(), usesOf(&s.rules)
	statuses := make([]engine.NameStatus, len(wanted))
	for i, name := range wanted {
		status := engine.NameStatus{Name: name, Addresses: policy.StandsFor(name, names), Rules: []string{}}
		if use := uses[sameWhateverItsCase(name)]; use != nil {
			status.Rules, status.Encrypts = use.rules, use.encrypts
		}
		if name.Kind == engine.SelectHost {
			answer := s.hosts[name.Name]
			status.Host = &answer
			for _, address := range answer.Lately {
				if !slices.Contains(status.Addresses, address) {
					status.Lately = append(status.Lately, address)
				}
			}
		}
		statuses[i] = status
	}
	return statuses
}

// use is in which rules a name stands, and whether one of them is on and encrypts.
type use struct {
	rules    []string
	encrypts bool
}

func usesOf(set *engine.RuleSet) map[engine.Selector]*use {
	uses := map[engine.Selector]*use{}
	for i := range set.Rules {
		rule := &set.Rules[i]
		for _, selector := range slices.Concat(rule.Source, rule.Target) {
			if !selector.Named() {
				continue
			}
			name := sameWhateverItsCase(selector)
			of := uses[name]
			if of == nil {
				of = &use{}
				uses[name] = of
			}
			if len(of.rules) == 0 || of.rules[len(of.rules)-1] != rule.Name { // it may stand on both sides
				of.rules = append(of.rules, rule.Name)
			}
			of.encrypts = of.encrypts || rule.Enabled && rule.Encrypt
		}
	}
	return uses
}

// sameWhateverItsCase is the entry with its name folded: a component's name in a rule means the component whatever its case.
func sameWhateverItsCase(name engine.Selector) engine.Selector {
	name.Name = engine.Fold(name.Name)
	return name
}
