package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lockwire/app/host"
	"lockwire/engine"
)

func TestAReportIsWrittenInEachFormat(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		t.Run(name, func(t *testing.T) {
			looked := map[string]string{"folder": "No broker ran", "broker": "Nothing was found"}[name]
			runSteps(t, path, []step{
				{"settings set LingerSeconds 30 --yes", 0, nil},
				{"report --from 1h", 0, []string{"<!DOCTYPE html>", "settings changed", looked}},
				{"report --from 1h --format csv", 0, []string{"section,from,until", "settings.set"}},
				{"report --from 2026-02-01 --to 2026-01-01", host.ExitUsage, []string{"ends before it begins"}},
				{"report --format pdf", host.ExitUsage, []string{"html, csv or json"}},
				{"report --from yesterday", host.ExitUsage, []string{"is not a moment"}},
			})
			file := filepath.Join(t.TempDir(), "report.json")
			if result := run(t, "", "report", "--format", "json", "--out", file, "--data", path); result.code != 0 || result.out != "" {
				t.Fatalf("code %d, %s%s", result.code, result.out, result.err)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var r engine.ProtectionReport
			if err := json.Unmarshal(text, &r); err != nil || len(r.Changes) == 0 || r.Looked != (name == "broker") || !strings.Contains(string(text), `"pairs": []`) {
				t.Errorf("%v: %s", err, text)
			}
		})
	}
}
