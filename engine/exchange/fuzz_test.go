package exchange_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// addFiles adds the example files of a folder to the seeds.
func addFiles(f *testing.F, folder string) {
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s: %v", folder, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
}

// FuzzOwnJSON: whatever is accepted is a valid rule set, is written, and is read back as it was.
func FuzzOwnJSON(f *testing.F) {
	addFiles(f, "own")
	f.Add([]byte(rule(`"exempt":{"reason":"own fibre","until":"2027-01-31"},"schedule":{"timeZone":"UTC"},"comment":"\u2028"`)))
	f.Add([]byte(`{"settings":{"LingerSeconds":600},"preferredNetworks":{"mode":"require","networks":["::ffff:10.0.0.0/104"]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		set, _, err := exchange.Decode(bytes.NewReader(body))
		if err != nil {
			return
		}
		roundTrip(t, set)
	})
}

// FuzzVeeam: whatever is accepted becomes a rule set that can be written and read back.
func FuzzVeeam(f *testing.F) {
	addFiles(f, "veeam")
	f.Add([]byte(throttled(`,"throttlingWindowEnabled":true,"throttlingWindowOptions":{"days":[{"day":"monday","hours":"` + hours("0") + `"}]}`)))
	f.Add([]byte(`{"trafficRules":[{"name":"","sourceIPStart":"Internet","targetIPStart":"::1"},{"name":"\u0000","sourceIPStart":"Any","targetIPStart":"Any"}],"preferredNetworks":{"networks":[{"ipAddress":"1.2.3.4","subnetMask":"255.0.0.0"}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		set, _, err := exchange.DecodeVeeam(bytes.NewReader(body))
		if err != nil {
			return
		}
		roundTrip(t, set)
	})
}

// FuzzForeignText: the same of the formats that are no JSON.
func FuzzForeignText(f *testing.F) {
	addFiles(f, "veeam")
	addFiles(f, "proxmox")
	f.Fuzz(func(t *testing.T, body []byte) {
		set, _, err := exchange.DecodeAny(bytes.NewReader(body))
		if err != nil {
			return
		}
		roundTrip(t, set)
	})
}

func roundTrip(t *testing.T, set engine.RuleSet) {
	t.Helper()
	if err := set.Check(); err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := exchange.Encode(&written, set); err != nil {
		t.Fatal(err)
	}
	text := written.String()
	again, report, err := exchange.Decode(&written)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for _, note := range report {
		if note.Field != "preferredNetworks" {
			t.Errorf("an export is read with a note: %s", note)
		}
	}
	if difference := cmp.Diff(set, again, comparable); difference != "" {
		t.Fatal(difference)
	}
}
