package exchange_test

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

func TestAnExportLooksLikeThis(t *testing.T) {
	file, err := os.Open("testdata/own/example.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	set, _, err := exchange.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	set.Rules[0].ID, set.Rules[0].Revision = engine.NewID(), 7
	set.Rules[0].Comment = "A & B <fast>"
	var got bytes.Buffer
	if err := exchange.Encode(&got, set); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/own/export.json")
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(string(want), got.String()); difference != "" {
		t.Error(difference)
	}
}

func TestAnExportOfNothingElseButInternet(t *testing.T) {
	var got bytes.Buffer
	if err := exchange.Encode(&got, engine.RuleSet{Rules: []engine.Rule{engine.InternetRule()}}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(got.Bytes(), []byte("\"mode\": \"off\",\n    \"networks\": []\n")) {
		t.Error(got.String())
	}
	if _, report, err := exchange.Decode(&got); err != nil || len(report) > 0 {
		t.Errorf("%v\n%s", err, report)
	}
}

func TestWhatCannotBeReadBackIsNotWritten(t *testing.T) {
	internet := engine.InternetRule()
	tests := map[string]engine.RuleSet{
		"without Internet":       {},
		"a rule without a name":  {Rules: []engine.Rule{internet, {Source: internet.Source, Target: internet.Target}}},
		"a malformed entry":      {Rules: []engine.Rule{internet, {Name: "x", Source: []engine.Selector{{}}, Target: internet.Target}}},
		"an unknown mode":        {Rules: []engine.Rule{internet}, PreferredNetworks: engine.PreferredNetworks{Mode: "maybe"}},
		"a network with a host":  {Rules: []engine.Rule{internet}, PreferredNetworks: engine.PreferredNetworks{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/16")}}},
		"a setting out of range": {Rules: []engine.Rule{internet}, Settings: engine.Settings{LingerSeconds: -1}},
	}
	for name, set := range tests {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := exchange.Encode(&got, set); err == nil || got.Len() > 0 {
				t.Errorf("%v, %d bytes written", err, got.Len())
			}
		})
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWritingThatFailsIsAnError(t *testing.T) {
	if err := exchange.Encode(brokenWriter{}, engine.RuleSet{Rules: []engine.Rule{engine.InternetRule()}}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}
