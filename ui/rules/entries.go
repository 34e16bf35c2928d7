package rules

import (
	"context"
	"strings"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// entryOptions are what an entry of a rule's source or target can be. Public ticks all public addresses, and is nil where there is no
// such box; begin begins an entry that is typed.
func entryOptions(state *model.State, public, begin func()) []kit.Option {
	options := []kit.Option{{Name: engine.Any.String(), About: "every address"}}
	if public != nil {
		options = append(options, kit.Option{Name: engine.Public.String(), About: "all public addresses", Do: public})
	}
	named := func(kind engine.SelectorKind, of []kit.Option) {
		for _, o := range of {
			options = append(options, kit.Option{Name: engine.Selector{Kind: kind, Name: o.Name}.String(), About: o.About})
		}
	}
	named(engine.SelectTag, page.TagOptions(state))
	named(engine.SelectRole, page.RoleOptions(state))
	named(engine.SelectComponent, page.ComponentOptions(state))
	return append(options,
		kit.Option{Name: engine.Selector{Kind: engine.SelectHost}.String(), About: "a DNS name: type it behind the colon"},
		kit.Option{Name: "address, range or network", About: "type it: one address, first-last, or with a slash", Do: begin})
}

// learn asks which components there are. Until that is known, and where it cannot be, only what needs no name is offered.
func (e *ruleEditor) learn() {
	if e.fixed() {
		return
	}
	kit.Fetch(e.console.Background, func(ctx context.Context) ([]engine.ComponentStatus, error) { return e.console.Admin.Components(ctx) }, func(components []engine.ComponentStatus, err error) {
		if err == nil {
			e.known.Components = components
		}
	})
}

// parseEntries reads a list of selectors with commas between them.
func parseEntries(text string) ([]engine.Selector, error) {
	var all []engine.Selector
	for entry := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		selector, err := engine.ParseSelector(entry)
		if err != nil {
			return nil, err
		}
		all = append(all, selector)
	}
	return all, nil
}
