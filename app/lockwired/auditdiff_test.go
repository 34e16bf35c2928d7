package main

import (
	"encoding/json"
	"testing"

	"lockwire/engine"
)

func TestAuditSaysWhatEachChangeMadeOfPairsAndIsUndone(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		t.Run(name, func(t *testing.T) {
			runSteps(t, path, []step{
				{"rules disable Internet --yes", 0, []string{"turned rule Internet off"}},
				{"rules edit Internet --comment later", 0, nil},
				{"audit --diff", 0, []string{"rule edited Internet, by", "enabled: yes -> no", "1 pair made plain", "fileserver <-> vault (route nightly): sealed -> plain", "comment: none -> later"}},
			})
			entry := func(nth int) string {
				t.Helper()
				var entries []engine.AuditEntry
				if err := json.Unmarshal([]byte(run(t, "", "audit", "--thing", "Internet", "--json", "--data", path).out), &entries); err != nil {
					t.Fatal(err)
				}
				return string(entries[nth].ID)
			}
			off := entry(1)
			runSteps(t, path, []step{
				{"audit undo " + off + " --dry-run", 0, []string{"plain", "becomes sealed", "nothing was changed"}},
				{"audit undo " + off, 0, []string{"the change was taken back"}},
				{"rules show Internet", 0, []string{"on         on", "later"}},
				{"audit undo " + off, 1, []string{"enabled was changed since"}},
				{"audit undo nothing", 4, []string{"not found"}},
			})
			runSteps(t, path, []step{{"audit undo " + entry(0), 3, []string{"loses encryption", "--yes"}}})
		})
	}
}
