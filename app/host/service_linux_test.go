package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAServiceRunsOnlyAProgramThatNobodyButRootCanExchange(t *testing.T) {
	folder := t.TempDir()
	own := filepath.Join(folder, "lockwired")
	if err := os.WriteFile(own, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := checkOwnedByRoot("/usr/bin/env"); err != nil {
		t.Errorf("a program of the system: %v", err)
	}
	if err := CheckServiceProgram(own); err == nil || !strings.Contains(err.Error(), "sudo install") {
		t.Errorf("a program in a folder of everybody's: %v", err)
	}
	if err := checkOwnedByRoot(own); err == nil || !strings.Contains(err.Error(), "/tmp") && !strings.Contains(err.Error(), folder) {
		t.Errorf("a program in a folder that others can write to: %v", err)
	}
	if err := checkOwnedByRoot(filepath.Join(folder, "missing")); err == nil {
		t.Error("a missing program was accepted")
	}
	for _, place := range []string{"/home/ann/lockwired", "/root/lockwired", "/tmp/lockwired", "/var/tmp/lockwired"} {
		if err := checkServicePlace(place); err == nil || !strings.Contains(err.Error(), "/usr/local/bin") {
			t.Errorf("%s: %v", place, err)
		}
	}
	if err := checkServicePlace("/usr/local/bin/lockwired"); err != nil {
		t.Error(err)
	}
}

func TestAUserWhoIsNotThereIsAddedToNoGroup(t *testing.T) {
	for _, name := range []string{"", "nobody-of-this-name", "--help"} {
		if err := AddToGroup(t.Context(), name, "lockwire"); err == nil {
			t.Errorf("%q was added", name)
		}
	}
}

func TestWhatAServiceWroteIsShownLineByLine(t *testing.T) {
	if got := wordsOf([]byte("one\n\n\x1b[2Jtwo\n")); got != "\n  one\n  [2Jtwo" {
		t.Errorf("%q", got)
	}
}
