package exchange

import (
	"errors"

	"lockwire/engine"
)

// ErrHosts says that a rule names a host although nothing asks DNS yet.
var ErrHosts = errors.New("this version does not ask DNS yet; name its address, its component or a tag instead")

// RefuseHosts refuses a rule set that names hosts (host:NAME), with the rule and the field. The format has them, and an explanation
// can be given their addresses; an installation cannot resolve them yet.
func RefuseHosts(set engine.RuleSet) error {
	for i := range set.Rules {
		rule := &set.Rules[i]
		for _, side := range []struct {
			field     string
			selectors []engine.Selector
		}{{"source", rule.Source}, {"target", rule.Target}} {
			for _, selector := range side.selectors {
				if selector.Kind == engine.SelectHost {
					return of(ofRule(rule.Name), at(side.field, hostError(selector.String())))
				}
			}
		}
	}
	return nil
}

// hostError is ErrHosts with the entry that it is about.
type hostError string

func (e hostError) Error() string { return string(e) + ": " + ErrHosts.Error() }
func (e hostError) Unwrap() error { return ErrHosts }
