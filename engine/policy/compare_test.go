package policy

import (
	"testing"

	"lockwire/engine"
)

func TestOnlyWhatMayBePlainIsComparedWithIt(t *testing.T) {
	for by, c := range map[engine.By]struct {
		mode, other engine.Mode // other is 0 where nothing is compared
	}{
		engine.ByProviderGateway: {engine.Sealed, 0},
		engine.BySameMachine:     {engine.Plain, 0},
		engine.ByRule:            {engine.Sealed, engine.Plain},
		engine.ByAutomatic:       {engine.Sealed, engine.Plain},
		engine.ByExempt:          {engine.Plain, engine.Sealed},
		engine.ByNone:            {engine.Plain, engine.Sealed},
	} {
		var decision engine.SessionDecision
		decision.Mode, decision.By, decision.Rules = c.mode, by, []string{"Nightly"}
		decision.Steps = []engine.Step{{Name: "rule"}, {Name: "automatic", Hit: true}, {Name: "throttle"}}
		compared, ok := Compared(decision)
		if ok != (c.other != 0) {
			t.Errorf("%s is compared: %v", by, ok)
		}
		if !ok {
			continue
		}
		if compared.Mode != c.other || compared.By != engine.ByTest || len(compared.Rules) != 0 {
			t.Errorf("%s: %+v", by, compared)
		}
		if steps := compared.Steps; len(steps) != 4 || steps[1].Hit || steps[2].Name != "test" || !steps[2].Hit {
			t.Errorf("%s: steps %+v", by, steps)
		}
		if decision.Mode != c.mode || !decision.Steps[1].Hit {
			t.Errorf("%s: the decision was changed to %+v", by, decision)
		}
	}
}
