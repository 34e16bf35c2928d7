package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnExportedInstallationIsAppliedAndAppliedAgain(t *testing.T) {
	path := folder(t)
	file := filepath.Join(t.TempDir(), "installation.json")
	if got := run(t, "", "export", file, "--data", path); got.code != 0 {
		t.Fatal(got.err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "{\n  \"version\": 2,\n  \"rules\": [") || !strings.HasSuffix(string(text), "\"routes\": []\n}\n") {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := run(t, "", "rules", "import", file, "--data", path); got.code != 2 || !strings.Contains(got.err, "use lockwired apply") {
		t.Errorf("code %d, %s", got.code, got.err)
	}
	edited := strings.Replace(string(text), `"rules": [`, `"rules": [{"name": "Nightly", "source": ["any"], "target": ["any"], "encrypt": true},`, 1)
	if err := os.WriteFile(file, []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	runSteps(t, path, []step{
		{"apply " + file + " --dry-run", 0, []string{"add    rule Nightly", "nothing was changed (dry run)"}},
		{"rules show Nightly", 4, nil},
		{"apply " + file, 0, []string{"add    rule Nightly", "the installation is what"}},
		{"rules show Nightly", 0, []string{"Nightly"}},
		{"apply nowhere.json", 2, []string{"nowhere.json"}},
	})
	if got := run(t, "", "apply", file, "--data", path); got.code != 0 || strings.Contains(got.out, "rule") {
		t.Errorf("a second time: code %d, %s%s", got.code, got.out, got.err)
	}
	if got := run(t, `{"version": 2, "routes": [{"name": "a", "colour": 1}]}`, "apply", "-", "--data", path); got.code != 2 || !strings.Contains(got.err, "colour") {
		t.Errorf("code %d, %s", got.code, got.err)
	}
}
