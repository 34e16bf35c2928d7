package policy

import (
	"slices"

	"lockwire/engine"
)

// Compared gives the decision of a session in which a test compares sealed with plain: the other mode than that of the decision.
// There is none for what is always sealed, and for what never leaves a machine.
func Compared(decision engine.SessionDecision) (compared engine.SessionDecision, ok bool) {
	if decision.By == engine.ByProviderGateway || decision.By == engine.BySameMachine {
		return decision, false
	}
	compared = decision
	compared.Mode = engine.Sealed
	if decision.Mode == engine.Sealed {
		compared.Mode = engine.Plain
	}
	compared.By, compared.Rules, compared.Considered = engine.ByTest, nil, nil
	compared.Steps = slices.Clone(decision.Steps)
	last := 0
	for i := range compared.Steps {
		if compared.Steps[i].Hit {
			compared.Steps[i].Hit, last = false, i+1
		}
	}
	compared.Steps = slices.Insert(compared.Steps, last, engine.Step{
		Name: "test", Hit: true, Text: compared.Mode.String() + ", because a test of the route compares both, with bytes that are made up for it",
	})
	return compared, true
}
