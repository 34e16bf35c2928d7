package administration

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// fromFile reads a rule as a file has it; fromWire as a request has it, up to the checks of a change.
func fromFile(rule string) (engine.Rule, error) {
	set, _, err := exchange.DecodeAny(strings.NewReader(`{"version": 1, "rules": [` + rule + `]}`))
	if err != nil {
		return engine.Rule{}, err
	}
	return set.Rules[0], nil
}

func fromWire(rule string) (engine.Rule, error) {
	var request applyRequest
	if err := readRequest([]byte(`{"change": {"addRule": `+rule+`}}`), &request); err != nil {
		return engine.Rule{}, err
	}
	return *request.Change.AddRule, request.Change.AddRule.Check()
}

// with is a rule with more fields.
func with(fields string) string {
	return `{"name": "Branch", "source": ["any"], "target": ["10.0.0.0/8"]` + fields + `}`
}

func TestARuleOfAFileAndOneOfTheWireAreReadAlike(t *testing.T) {
	for name, rule := range map[string]string{
		"defaults":  with(``),
		"all nulls": with(`, "exempt": null, "throttle": null, "schedule": null, "comment": null`),
		"all of it": with(`, "enabled": false, "encrypt": true, "comment": "x", "throttle": {"value": 1, "unit": "MB/s", "relaxed": {"value": 2, "unit": "MB/s"}},
			"schedule": {"timeZone": "UTC", "monday": "rrrrrrrrrrrr000000000000", "sunday": null}`),
		"an exemption": with(`, "exempt": {"reason": "own fibre", "until": "2027-01-31"}`),
	} {
		t.Run(name, func(t *testing.T) {
			file, err := fromFile(rule)
			if err != nil {
				t.Fatal(err)
			}
			wire, err := fromWire(rule)
			if err != nil || !reflect.DeepEqual(file, wire) {
				t.Errorf("a file gives\n%+v\nthe wire\n%+v, %v", file, wire, err)
			}
		})
	}
}

func TestWhatAFileIsRefusedOverTheWireIsRefusedOver(t *testing.T) {
	for name, c := range map[string]struct {
		rule  string
		words string // in both errors
	}{
		"an unknown field":                    {with(`, "encrpt": true`), "encrpt"},
		"a field of another case":             {with(`, "Encrypt": true`), "Encrypt"},
		"a field that stands twice":           {with(`, "encrypt": true, "encrypt": false`), "encrypt: the field stands twice"},
		"a nested field that stands twice":    {with(`, "throttle": {"value": 1, "value": 2, "unit": "MB/s"}`), "value: the field stands twice"},
		"a day that stands twice":             {with(`, "schedule": {"friday": "", "friday": ""}`), "friday: the field stands twice"},
		"an unknown field of a throttle":      {with(`, "throttle": {"valu": 1, "unit": "MB/s"}`), `valu"`},
		"an unknown field of a relaxed limit": {with(`, "throttle": {"value": 1, "unit": "MB/s", "relaxed": {"x": 1}}`), `x"`},
		"an unknown field of an exemption":    {with(`, "exempt": {"reason": "r", "untill": "2027-01-31"}`), `untill"`},
		"an unknown day":                      {with(`, "schedule": {"Monday": "111111111111111111111111"}`), `Monday"`},
		"a flag that is null":                 {with(`, "encrypt": null`), "encrypt: true or false"},
		"a flag in words":                     {with(`, "enabled": "yes"`), "enabled: true or false"},
		"a comment in numbers":                {with(`, "comment": 1`), "comment: a text"},
		"a comment of controls":               {with(`, "comment": "\u0007"`), "U+0007"},
		"a name in Latin-1":                   {strings.Replace(with(``), "Branch", "B\xfcro", 1), "UTF-8"},
		"no source":                           {`{"name": "Branch", "target": ["any"]}`, "source: "},
		"an empty source":                     {`{"name": "Branch", "source": [], "target": ["any"]}`, "source: at least one"},
		"a source in one text":                {`{"name": "Branch", "source": "any", "target": ["any"]}`, "source: a list"},
		"a source of numbers":                 {`{"name": "Branch", "source": [1], "target": ["any"]}`, "source: entry 1: a text"},
		"public as a source":                  {`{"name": "Branch", "source": ["public"], "target": ["any"]}`, "source: the word public"},
		"too many entries":                    {`{"name": "Branch", "source": ["any"` + strings.Repeat(`,"any"`, engine.MaximumSelectors) + `], "target": ["any"]}`, "source: at most 1024"},
		"no name":                             {`{"source": ["any"], "target": ["any"]}`, "name: "},
		"a negative limit":                    {with(`, "throttle": {"value": -1, "unit": "MB/s"}`), "value: -1 is not a whole number"},
		"an exponent":                         {with(`, "throttle": {"value": 1e3, "unit": "MB/s"}`), "value: 1e3 is not a whole number"},
		"a limit of zero":                     {with(`, "throttle": {"value": 0, "unit": "MB/s"}`), "value: a limit is"},
		"an unknown unit":                     {with(`, "throttle": {"value": 1, "unit": "GB/s"}`), "unit: "},
		"a throttle without a unit":           {with(`, "throttle": {"value": 1}`), "unit: the field is needed"},
		"a short day":                         {with(`, "schedule": {"monday": "1"}`), "monday: a day has 24"},
		"a zone that is none":                 {with(`, "schedule": {"timeZone": "Mars/Olympus"}`), "timeZone"},
		"encrypt and exempt":                  {with(`, "encrypt": true, "exempt": {"reason": "r"}`), "not both"},
		"a day that is none":                  {with(`, "exempt": {"reason": "r", "until": "2027-02-30"}`), "until: "},
		"Internet from elsewhere":             {`{"name": "Internet", "source": ["10.0.0.1"], "target": ["public"]}`, "rule Internet: source"},
	} {
		t.Run(name, func(t *testing.T) {
			for where, read := range map[string]func(string) (engine.Rule, error){"a file": fromFile, "the wire": fromWire} {
				if rule, err := read(c.rule); err == nil || !strings.Contains(err.Error(), c.words) {
					t.Errorf("%s: %+v, %v, wanted %q", where, rule, err, c.words)
				}
			}
		})
	}
}

// A console that is older than its broker shows what it knows of a rule.
func TestAnUnknownFieldOfARuleIsReadPastAndSaid(t *testing.T) {
	text := []byte(`{"rules": [{"id": "x", "revision": 3, "name": "Branch", "source": ["any"], "target": ["any"], "encrypt": true, "window": "night"}]}`)
	var set engine.RuleSet
	unknown, is := errors.AsType[*engine.UnknownFieldError](readStrictly(text, &set))
	if !is || unknown.Name != "rules.window" {
		t.Errorf("%v", unknown)
	}
	if err := json.Unmarshal(text, &set); err != nil || len(set.Rules) != 1 || set.Rules[0].Revision != 3 || !set.Rules[0].Encrypt || set.Rules[0].ID != "x" {
		t.Errorf("%+v, %v", set, err)
	}
}
