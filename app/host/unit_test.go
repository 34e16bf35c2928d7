//go:build !windows

package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDataFolderFollowsTheSystem(t *testing.T) {
	environment := map[string]string{"HOME": "/home/me"}
	lookup := func(name string) string { return environment[name] }
	want := map[string]string{Broker: "/var/lib/lockwire", Agent: "/var/lib/lockwire-agent"}
	if os.Geteuid() != 0 {
		want = map[string]string{Broker: "/home/me/.local/state/lockwire", Agent: "/home/me/.local/state/lockwire-agent"}
	}
	for program, folder := range want {
		if got := dataFolder(program, lookup); got != folder {
			t.Errorf("%s: got %s, want %s", program, got, folder)
		}
	}
	environment["STATE_DIRECTORY"] = "/srv/state/lockwire-agent"
	if got := dataFolder(Agent, lookup); got != "/srv/state/lockwire-agent" {
		t.Errorf("as a service: got %s", got)
	}
	if got := dataFolder(Broker, lookup); got == "/srv/state/lockwire-agent" {
		t.Error("the broker took the agent's folder")
	}
}

func testService(t *testing.T) Service {
	t.Helper()
	program, err := ThisProgram()
	if err != nil {
		t.Fatal(err)
	}
	return Service{
		Name: "lockwire-agent", Description: "Lockwire agent", Program: program, User: "lockwire-agent",
		Folder: "/var/lib/lockwire-agent", Arguments: []string{"run", "--advertise", "10.0.0.1:6171", "--note", `50% of $HOME "x"`},
	}
}

func TestUnitIsHardened(t *testing.T) {
	s := testService(t)
	unit := s.unit()
	for _, line := range []string{
		"User=lockwire-agent", "NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectory=lockwire-agent", "LimitCORE=0",
		"MemoryDenyWriteExecute=yes", "LimitMEMLOCK=64M", "LimitNOFILE=524288", "CapabilityBoundingSet=",
	} {
		if !strings.Contains("\n"+unit, "\n"+line+"\n") {
			t.Errorf("the unit lacks %s", line)
		}
	}
	if !strings.Contains(unit, ` --note "50%% of $$HOME \"x\""`) {
		t.Errorf("the command line is not quoted:\n%s", unit)
	}
	s.Folder, s.LowPorts = "/srv/my data", true
	unit = s.unit()
	if !strings.Contains(unit, `ReadWritePaths="/srv/my data"`) || strings.Contains(unit, "StateDirectory") || !strings.Contains(unit, "AmbientCapabilities=CAP_NET_BIND_SERVICE") {
		t.Errorf("another folder and low ports:\n%s", unit)
	}
}

// systemd's own reader must find nothing to complain about.
func TestUnitIsWhatSystemdReads(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	s := testService(t)
	s.User = "root" // verify looks users up
	path := filepath.Join(t.TempDir(), "lockwire-agent.service")
	if err := os.WriteFile(path, []byte(s.unit()), 0o644); err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), verify, "verify", "--man=no", path).CombinedOutput()
	if strings.Contains(string(output), filepath.Base(path)) {
		t.Errorf("systemd-analyze: %v\n%s", err, output)
	}
}

func TestServiceIsCheckedBeforeAnythingIsDone(t *testing.T) {
	for name, change := range map[string]func(*Service){
		"a line end in an argument": func(s *Service) { s.Arguments = []string{"run\nExecStartPre=/bin/sh"} },
		"a relative folder":         func(s *Service) { s.Folder = "data" },
		"a missing program":         func(s *Service) { s.Program = "/nowhere/lockwire-agent" },
		"a folder as program":       func(s *Service) { s.Program = "/usr" },
		"a name with a path":        func(s *Service) { s.Name = "../x" },
	} {
		s := testService(t)
		change(&s)
		if err := s.check(); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	s := testService(t)
	if err := s.check(); err != nil {
		t.Errorf("a good one: %v", err)
	}
}
