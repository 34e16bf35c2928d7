package host

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// testUnits are folders of units of a test's own, with a packaged unit of the agent where one is wanted.
func testUnits(t *testing.T, packaged bool) unitFolders {
	t.Helper()
	units := unitFolders{administrator: t.TempDir(), packages: t.TempDir()}
	if packaged {
		s := testService(t)
		if err := writeUnit(units.packaged(Agent), s.PackagedUnit()); err != nil {
			t.Fatal(err)
		}
	}
	return units
}

// writtenIn gives all files under a folder, by their paths in it.
func writtenIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		if entry.IsDir() {
			found[name+"/"] = ""
			return nil
		}
		text, err := os.ReadFile(path)
		found[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAPackagedUnitIsAddedToAndNotReplaced(t *testing.T) {
	units := testUnits(t, true)
	s := testService(t)
	// An installation of before the package, and what it was given.
	if err := writeUnit(units.unit(Agent), s.unit()); err != nil {
		t.Fatal(err)
	}
	if given, err := units.allowLowPorts(Agent); err != nil || !given && os.Geteuid() == 0 {
		t.Fatalf("%v, %v", given, err)
	}
	s.StopWithin, s.LowPorts = 30*time.Minute, true
	if err := units.write(&s); err != nil {
		t.Fatal(err)
	}
	got := writtenIn(t, units.administrator)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"lockwire-agent.service.d/", "lockwire-agent.service.d/install.conf"}) {
		t.Fatalf("%q", names)
	}
	text := got["lockwire-agent.service.d/install.conf"]
	for _, line := range []string{"[Service]", "ExecStart=", "TimeoutStopSec=1820", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("it lacks %s:\n%s", line, text)
		}
	}
	if !strings.Contains(text, ` "50%% of $$HOME \"x\"" $OPTIONS`+"\n") || strings.Contains(text, "StateDirectory") || strings.Contains(text, "ProtectSystem") {
		t.Errorf("%s", text)
	}
	s.Folder = "/srv/agent"
	if text := s.addition(); !strings.Contains(text, "\nStateDirectory=\nReadWritePaths=/srv/agent\n") {
		t.Errorf("another folder:\n%s", text)
	}
}

func TestAPackagedUnitTakesFurtherFlags(t *testing.T) {
	s := testService(t)
	own, packaged := s.unit(), s.PackagedUnit()
	if !strings.Contains(packaged, "\nEnvironmentFile=-/etc/default/lockwire-agent\n") || !strings.Contains(packaged, " $OPTIONS\n") {
		t.Errorf("%s", packaged)
	}
	// All else is that of the unit that service install writes.
	var lines []string
	for line := range strings.Lines(packaged) {
		if !strings.HasPrefix(line, "EnvironmentFile=") {
			lines = append(lines, strings.Replace(line, furtherOptions, "", 1))
		}
	}
	if _, rest, _ := strings.Cut(own, "\n"); strings.Join(lines[1:], "") != rest {
		t.Errorf("%s\nis not\n%s", strings.Join(lines, ""), own)
	}
}

func TestAServiceThatIsRemovedLeavesNothingButWhatOthersAdded(t *testing.T) {
	for name, packaged := range map[string]bool{"a unit of its own": false, "a packaged unit": true} {
		t.Run(name, func(t *testing.T) {
			units := testUnits(t, packaged)
			s := testService(t)
			if err := units.write(&s); err != nil {
				t.Fatal(err)
			}
			if there, err := units.has(Agent); !there || err != nil {
				t.Errorf("%v, %v", there, err)
			}
			if os.Geteuid() == 0 {
				if given, err := units.allowLowPorts(Agent); !given || err != nil {
					t.Errorf("%v, %v", given, err)
				}
			}
			if err := units.remove(Agent); err != nil {
				t.Fatal(err)
			}
			if got := writtenIn(t, units.administrator); len(got) > 0 {
				t.Errorf("%q stays", got)
			}
			if there, err := units.has(Agent); there != packaged || err != nil {
				t.Errorf("%v, %v", there, err)
			}
			if err := units.write(&s); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(units.additions(Agent), 0o755); err != nil {
				t.Fatal(err)
			}
			override := filepath.Join(units.additions(Agent), "override.conf")
			if err := os.WriteFile(override, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := units.remove(Agent); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(override); err != nil {
				t.Errorf("what an administrator added: %v", err)
			}
		})
	}
}

func TestAnInstalledServiceIsGivenLowPortsOnce(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root changes units")
	}
	if given, err := testUnits(t, false).allowLowPorts(Agent); given || err != nil {
		t.Errorf("without a service: %v, %v", given, err)
	}
	for name, packaged := range map[string]bool{"a unit of its own": false, "a packaged unit": true} {
		t.Run(name, func(t *testing.T) {
			units := testUnits(t, packaged)
			s := testService(t)
			if err := units.write(&s); err != nil {
				t.Fatal(err)
			}
			for _, first := range []bool{true, false} {
				if given, err := units.allowLowPorts(Agent); given != first || err != nil {
					t.Errorf("given %v, %v; want %v", given, err, first)
				}
			}
			text, err := os.ReadFile(units.lowPorts(Agent))
			if err != nil || !strings.Contains(string(text), "[Service]\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n") {
				t.Errorf("%s, %v", text, err)
			}
			s.LowPorts = true
			if err := units.write(&s); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(units.lowPorts(Agent)); err == nil {
				t.Error("what was needed before is there still")
			}
			if given, err := units.allowLowPorts(Agent); given || err != nil {
				t.Errorf("a service that has them: %v, %v", given, err)
			}
		})
	}
}
