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

func TestAnInstalledServiceIsGivenLowPortsOnce(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root changes units")
	}
	units := t.TempDir()
	if given, err := allowLowPorts(units, Agent); given || err != nil {
		t.Errorf("without a service: %v, %v", given, err)
	}
	s := testService(t)
	unit := filepath.Join(units, Agent+".service")
	if err := os.WriteFile(unit, []byte(s.unit()), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, first := range []bool{true, false} {
		if given, err := allowLowPorts(units, Agent); given != first || err != nil {
			t.Errorf("given %v, %v; want %v", given, err, first)
		}
	}
	text, err := os.ReadFile(lowPortsFile(units, Agent))
	if err != nil || !strings.Contains(string(text), "[Service]\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n") {
		t.Errorf("%s, %v", text, err)
	}
	if err := os.Remove(lowPortsFile(units, Agent)); err != nil {
		t.Fatal(err)
	}
	s.LowPorts = true
	if err := os.WriteFile(unit, []byte(s.unit()), 0o644); err != nil {
		t.Fatal(err)
	}
	if given, err := allowLowPorts(units, Agent); given || err != nil {
		t.Errorf("a service that has them: %v, %v", given, err)
	}
}

func TestWhatAServiceWroteIsShownLineByLine(t *testing.T) {
	if got := wordsOf([]byte("one\n\n\x1b[2Jtwo\n")); got != "\n  one\n  [2Jtwo" {
		t.Errorf("%q", got)
	}
}
