package exchange_test

import (
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

func TestFilesOfAnInstallationThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ body, part string }{
		"no version":          {`{"routes":[]}`, "version"},
		"a newer version":     {`{"version":3,"routes":[]}`, "use a newer Lockwire"},
		"nothing":             {`{"version":2}`, "says nothing"},
		"an unknown field":    {`{"version":2,"secrets":[]}`, "secrets"},
		"routes in version 1": {`{"version":1,"routes":[]}`, "routes"},
		"a route's field":     {`{"version":2,"routes":[{"name":"a","colour":1}]}`, `routes, "a": colour`},
		"a service's field":   {`{"version":2,"services":[{"name":"a","id":"x"}]}`, `services, "a": id`},
		"a component's field": {`{"version":2,"components":[{"name":"a","tags":[],"role":"agent"}]}`, `components, "a": role`},
		"no name":             {`{"version":2,"routes":[{"listen":"127.0.0.1:1"}]}`, "routes, entry 1: name"},
		"one twice":           {`{"version":2,"components":[{"name":"a","tags":[]},{"name":"A","tags":[]}]}`, "there twice"},
		"no tags":             {`{"version":2,"components":[{"name":"a"}]}`, "tags"},
		"too many tags":       {`{"version":2,"components":[{"name":"a","tags":["x"` + strings.Repeat(`,"x"`, engine.MaximumTags) + `]}]}`, "tags"},
		"no lead":             {`{"version":2,"routes":[{"name":"a","source":["x"],"listen":"127.0.0.1:1"}]}`, "service"},
		"two leads":           {`{"version":2,"routes":[{"name":"a","source":["x"],"listen":"127.0.0.1:1","service":"s","target":"t"}]}`, "service"},
		"a list as a text":    {`{"version":2,"routes":"all"}`, "routes"},
		"a remote of none":    {`{"version":2,"services":[{"name":"a","provider":"p","remote":"x"}]}`, "remote"},
		"streams in words":    {`{"version":2,"routes":[{"name":"a","source":["x"],"listen":"127.0.0.1:1","service":"s","streams":"many"}]}`, "streams"},
		"too many routes":     {`{"version":2,"routes":[` + strings.Repeat(`{},`, engine.MaximumDeclaredRoutes) + `{}]}`, "routes"},
		"too large":           {strings.Repeat(" ", exchange.MaximumFileSize+1), "larger than"},
		"no JSON":             {`{"version":2,`, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			d, _, err := exchange.DecodeDeclared(strings.NewReader(test.body))
			if err == nil || !strings.Contains(err.Error(), test.part) || len(d.Sections) != 0 {
				t.Errorf("%+v, %v", d, err)
			}
		})
	}
}

func TestAFileOfRulesAloneSaysNothingOfTheRest(t *testing.T) {
	d, _, err := exchange.DecodeDeclared(strings.NewReader(`{"version":1,"rules":[{"name":"A","source":["any"],"target":["any"]}]}`))
	if err != nil || len(d.Sections) != 1 || d.Sections[0] != engine.SectionRules || len(d.RuleSet.Rules) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}
