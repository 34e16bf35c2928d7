package exchange_test

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// installation has the rules Alpha, Bravo and Internet, each at revision 3.
func installation(t *testing.T) engine.RuleSet {
	t.Helper()
	set := engine.RuleSet{Settings: engine.Settings{LingerSeconds: 60}, PreferredNetworks: engine.PreferredNetworks{Mode: engine.PreferredPrefer, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	internet := engine.InternetRule()
	internet.Comment = "ours"
	for _, rule := range []engine.Rule{plain(t, "Alpha"), plain(t, "Bravo"), internet} {
		rule.ID, rule.Revision = engine.NewID(), 3
		set.Rules = append(set.Rules, rule)
	}
	return set
}

func plain(t *testing.T, name string) engine.Rule {
	return engine.Rule{Name: name, Enabled: true, Source: selectors(t, "10.0.0.1"), Target: selectors(t, "10.0.0.2")}
}

// what writes changes as NAME:WHAT.
func what(changes []engine.RuleChange) string {
	var words []string
	for _, change := range changes {
		words = append(words, change.Name+":"+change.What)
	}
	return strings.Join(words, " ")
}

func ruleNames(set engine.RuleSet) string {
	var names []string
	for _, rule := range set.Rules {
		names = append(names, rule.Name)
	}
	return strings.Join(names, " ")
}

func TestAnImportAddsAndEdits(t *testing.T) {
	current := installation(t)
	untouched := installation(t)
	untouched.Rules = nil
	for i := range current.Rules {
		untouched.Rules = append(untouched.Rules, current.Rules[i].Clone())
	}
	edited := plain(t, "ALPHA")
	edited.Encrypt = true
	after, changes, err := exchange.Plan(current, engine.RuleImport{RuleSet: engine.RuleSet{Rules: []engine.Rule{plain(t, "charlie"), plain(t, "Bravo"), edited}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := what(changes); got != "ALPHA:edit Bravo:keep charlie:add" {
		t.Error(got)
	}
	if got := ruleNames(after); got != "ALPHA Bravo charlie Internet" {
		t.Error(got)
	}
	alpha, bravo, charlie, internet := after.Rules[0], after.Rules[1], after.Rules[2], after.Rules[3]
	if alpha.ID != current.Rules[0].ID || alpha.Revision != 4 || !alpha.Encrypt {
		t.Errorf("%+v", alpha)
	}
	if difference := cmp.Diff(current.Rules[1], bravo, comparable); difference != "" {
		t.Error(difference)
	}
	if _, err := engine.ParseID(string(charlie.ID)); err != nil || charlie.Revision != 1 {
		t.Errorf("%+v %v", charlie, err)
	}
	if difference := cmp.Diff(current.Rules[2], internet, comparable); difference != "" {
		t.Error("an import without Internet changed it:", difference)
	}
	if changes[0].Before.Name != "Alpha" || changes[0].After.Name != "ALPHA" || changes[2].Before != nil || changes[1].Before == nil {
		t.Errorf("%+v", changes)
	}
	if after.Settings != current.Settings || after.PreferredNetworks.Mode != engine.PreferredPrefer {
		t.Errorf("settings changed: %+v", after)
	}
	after.Rules[1].Source[0] = engine.Any
	after.PreferredNetworks.Networks[0] = netip.MustParsePrefix("192.168.0.0/16")
	if difference := cmp.Diff(untouched, current, comparable); difference != "" {
		t.Error("what was given changed:", difference)
	}
}

func TestAnImportThatReplaces(t *testing.T) {
	t.Run("with Internet", func(t *testing.T) {
		current := installation(t)
		internet := engine.InternetRule()
		internet.Enabled = false
		after, changes, err := exchange.Plan(current, engine.RuleImport{RuleSet: engine.RuleSet{Rules: []engine.Rule{internet, plain(t, "Zulu")}}, Replace: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := what(changes); got != "Alpha:remove Bravo:remove Internet:edit Zulu:add" {
			t.Error(got)
		}
		if changes[0].Before == nil || changes[0].After != nil {
			t.Errorf("%+v", changes[0])
		}
		if got := ruleNames(after); got != "Internet Zulu" || after.Rules[0].ID != current.Rules[2].ID || after.Rules[0].Enabled {
			t.Errorf("%+v", after.Rules)
		}
	})
	t.Run("without Internet, which becomes as predefined", func(t *testing.T) {
		current := installation(t)
		after, changes, err := exchange.Plan(current, engine.RuleImport{Replace: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := what(changes); got != "Alpha:remove Bravo:remove Internet:edit" {
			t.Error(got)
		}
		if len(after.Rules) != 1 || after.Rules[0].Comment != "" || after.Rules[0].ID != current.Rules[2].ID || after.Rules[0].Revision != 4 {
			t.Errorf("%+v", after.Rules)
		}
	})
}

func TestAnExportImportedAgainChangesNothing(t *testing.T) {
	current := installation(t)
	var export bytes.Buffer
	if err := exchange.Encode(&export, current); err != nil {
		t.Fatal(err)
	}
	imported, report, err := exchange.DecodeImport(&export, true, true)
	if err != nil || len(report) > 0 {
		t.Fatalf("%v\n%s", err, report)
	}
	after, changes, err := exchange.Plan(current, imported)
	if err != nil {
		t.Fatal(err)
	}
	if got := what(changes); got != "Alpha:keep Bravo:keep Internet:keep" {
		t.Error(got)
	}
	if difference := cmp.Diff(current, after, comparable); difference != "" {
		t.Error(difference)
	}
}

func TestAnImportWithSettings(t *testing.T) {
	imported := engine.RuleImport{RuleSet: engine.RuleSet{Settings: engine.Settings{DisablePublicIPTrafficEncryption: 1}}, WithSettings: true}
	after, changes, err := exchange.Plan(installation(t), imported)
	if err != nil || len(changes) > 0 {
		t.Fatal(err, changes)
	}
	if after.Settings != imported.RuleSet.Settings || after.PreferredNetworks.Mode != engine.PreferredOff || len(after.Rules) != 3 {
		t.Errorf("%+v", after)
	}
}

func TestImportsThatAreRefused(t *testing.T) {
	internet := engine.InternetRule()
	internet.Name = "internet"
	many := make([]engine.Rule, engine.MaximumRules-1)
	for i := range many {
		many[i] = plain(t, "r"+strings.Repeat("x", i%50)+string(rune('0'+i/50%10))+string(rune('0'+i/500%10))+string(rune('0'+i/5000%10)))
	}
	tests := map[string]struct {
		imported engine.RuleImport
		part     string
	}{
		"a broken rule":          {engine.RuleImport{RuleSet: engine.RuleSet{Rules: []engine.Rule{{Name: "x"}}}}, `rule "x": source`},
		"a name twice":           {engine.RuleImport{RuleSet: engine.RuleSet{Rules: []engine.Rule{plain(t, "x"), plain(t, "X")}}}, "taken"},
		"Internet under another": {engine.RuleImport{RuleSet: engine.RuleSet{Rules: []engine.Rule{internet}}}, "fixed"},
		"broken settings":        {engine.RuleImport{RuleSet: engine.RuleSet{Settings: engine.Settings{LingerSeconds: -1}}, WithSettings: true}, "LingerSeconds"},
		"a broken mode":          {engine.RuleImport{RuleSet: engine.RuleSet{PreferredNetworks: engine.PreferredNetworks{Mode: "x"}}, WithSettings: true}, "preferredNetworks: mode"},
		"more rules than can be": {engine.RuleImport{RuleSet: engine.RuleSet{Rules: many}}, "at most 20000"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			after, changes, err := exchange.Plan(installation(t), test.imported)
			if err == nil || !strings.Contains(err.Error(), test.part) || after.Rules != nil || changes != nil {
				t.Errorf("%v, want %q", err, test.part)
			}
		})
	}
}

func TestAFileToImport(t *testing.T) {
	const own = `{"version":1,"rules":[{"name":"Branch","source":["any"],"target":["10.0.0.1"]}],"settings":{"LingerSeconds":5}}`
	t.Run("an adding one leaves Internet out where the file does", func(t *testing.T) {
		imported, report, err := exchange.DecodeImport(strings.NewReader(own), false, false)
		if err != nil || ruleNames(imported.RuleSet) != "Branch" || imported.Replace || imported.WithSettings {
			t.Fatalf("%+v %v", imported, err)
		}
		if want := "settings: not taken: the import is of rules only\n"; lines(report) != want {
			t.Errorf("%q", report)
		}
	})
	t.Run("a replacing one has it", func(t *testing.T) {
		imported, report, err := exchange.DecodeImport(strings.NewReader(own), true, true)
		if err != nil || ruleNames(imported.RuleSet) != "Branch Internet" || !imported.Replace || !imported.WithSettings {
			t.Fatalf("%+v %v", imported, err)
		}
		if !has(report, "Internet", "", "predefined") || !has(report, "", "preferredNetworks", "defaults") || len(report) != 2 {
			t.Error(report)
		}
	})
	t.Run("hosts and roles are taken", func(t *testing.T) {
		imported, _, err := exchange.DecodeImport(strings.NewReader(`{"rules":[{"name":"Branch","source":["host:nas.example"],"target":["role:tape"]}]}`), false, false)
		if err != nil || imported.RuleSet.Rules[0].Source[0].String() != "host:nas.example" || imported.RuleSet.Rules[0].Target[0].String() != "role:tape" {
			t.Errorf("%+v %v", imported, err)
		}
	})
	t.Run("a body of Veeam", func(t *testing.T) {
		imported, _, err := exchange.DecodeImport(strings.NewReader(veeamRule(`,"encryptionEnabled":true`)), false, false)
		if err != nil || ruleNames(imported.RuleSet) != "Branch" {
			t.Fatalf("%+v %v", imported, err)
		}
	})
	t.Run("a broken file", func(t *testing.T) {
		if _, _, err := exchange.DecodeImport(strings.NewReader(`{"rules":[{}]}`), false, false); err == nil {
			t.Error("read")
		}
	})
}

func TestTheFormatIsToldByTheContent(t *testing.T) {
	const known = "" // the format is told, whether the file is right or not
	tests := map[string]struct{ body, refused string }{
		"rules":                 {`{"rules":[]}`, known},
		"a version":             {`{"version":9}`, known},
		"settings":              {`{"settings":{}}`, known},
		"networks alone":        {`{"preferredNetworks":{}}`, known},
		"traffic rules":         {`{"trafficRules":[]}`, known},
		"both":                  {`{"trafficRules":[],"rules":[]}`, "unknown field"},
		"networks and traffic":  {`{"preferredNetworks":{},"trafficRules":[]}`, known},
		"one rule of a cmdlet":  {`{"SourceIPStart":"any","TargetIPStart":"any"}`, known},
		"rules of a cmdlet":     {`[{"SourceIPStart":"any","TargetIPStart":"any"}]`, known},
		"CSV":                   {"Name,SourceIPStart\n", known},
		"CSV with its type":     {"#TYPE X\n\"Name\";\"SourceIPStart\"\n", known},
		"rules of Proxmox":      {"# mine\n\ntraffic-control: a\n\tnetwork 10.0.0.0/8\n", known},
		"an answer of an error": {`{"errorCode":"AccessDenied","message":"no"}`, exchange.ErrUnknownFormat.Error()},
		"nothing":               {`{}`, exchange.ErrUnknownFormat.Error()},
		"an empty list":         {`[]`, exchange.ErrUnknownFormat.Error()},
		"a list of others":      {`[{"sourceIPStart":"any"}]`, exchange.ErrUnknownFormat.Error()},
		"a number":              {`1`, "an object in { } is needed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := exchange.DecodeAny(strings.NewReader(test.body))
			unknown := errors.Is(err, exchange.ErrUnknownFormat)
			if test.refused == known && unknown || test.refused != known && (err == nil || !strings.Contains(err.Error(), test.refused)) {
				t.Error(err)
			}
		})
	}
	set, _, err := exchange.DecodeAny(strings.NewReader(throttled("")))
	if err != nil || find(t, set, "Branch").Throttle == nil {
		t.Error(err)
	}
	set, _, err = exchange.DecodeAny(strings.NewReader(`{"rules":[{"name":"Branch","source":["any"],"target":["any"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	find(t, set, "Branch")
}
