package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/app/host"
)

// checkSteps runs steps and looks at what they print to standard output, whatever their exit codes.
func checkSteps(t *testing.T, path string, steps []step) {
	t.Helper()
	for _, step := range steps {
		got := run(t, "", append(strings.Fields(step.line), "--data", path)...)
		if got.code != step.code {
			t.Errorf("%s: exit code %d, wanted %d\n%s%s", step.line, got.code, step.code, got.out, got.err)
		}
		for _, want := range step.wants {
			if !strings.Contains(got.out, want) {
				t.Errorf("%s: %q is not in\n%s%s", step.line, want, got.out, got.err)
			}
		}
	}
}

func TestCheckSaysWhatIsWrongAndEndsAsAMonitoringPlugIn(t *testing.T) {
	path := serveOn(t, equipped(t))
	checkSteps(t, path, []step{
		{"check", checkCritical, []string{"LOCKWIRE CRITICAL - 1 critical finding", "| critical=1 warning=", "SEVERITY", "fileserver is offline", "lockwire-agent status"}},
		{"check --explain", checkCritical, []string{"means: Backups over its routes are refused until it is back", "do:    See that the machine is on", "run:   lockwire-agent status"}},
		{"rules add covered --source 10.0.0.1 --target 10.0.1.1 --encrypt", host.ExitOK, nil},
		{"rules add covering --source 10.0.0.0/8 --target 10.0.0.0/8 --encrypt", host.ExitOK, nil},
		{"rules add nobody --source component:nobody --target any --encrypt", host.ExitOK, nil},
		{"check --json", checkCritical, []string{`"state": "CRITICAL"`, `"kind": "rule covered"`, `"severity": "advice"`, `"command": "lockwired rules remove covered"`, `"means": "Removing it changes no decision`, `"kind": "rule name empty"`}},
		{"routes edit nightly --enabled=false", host.ExitOK, nil},
		{"check", checkWarning, []string{"LOCKWIRE WARNING - 0 critical findings", "component:nobody in the rule nobody stands for nothing", "lockwired rules edit nobody"}},
		{"status", host.ExitOK, []string{"component:nobody"}},
		{"check now", checkUnknown, nil},
		{"check --nonsense", checkUnknown, nil},
		{"check --timeout 1ns", checkUnknown, []string{"LOCKWIRE UNKNOWN - "}},
	})
	if got := run(t, "", "status", "--data", path); strings.Contains(got.out, "is covered") {
		t.Errorf("status tells advice: %s", got.out)
	}
	if got := run(t, "", "check", "--data", path); got.err != "" {
		t.Errorf("a check that found something says on standard error: %s", got.err)
	}
	checkSteps(t, equipped(t), []step{{"check", checkUnknown, []string{"LOCKWIRE UNKNOWN - ", "lockwired serve"}}})
}

func TestCheckIsWellWhereThereIsNothingButAdvice(t *testing.T) {
	path := serve(t)
	checkSteps(t, path, []step{
		{"check", checkOK, []string{"LOCKWIRE OK - 0 critical findings, 0 warnings, 0 pieces of advice | critical=0 warning=0 advice=0"}},
		{"check --json", checkOK, []string{`"findings": []`}},
		{"rules add idle --source 10.0.0.1 --target 10.0.1.1 --throttle 5MB/s", host.ExitOK, nil},
		{"rules add lab --source 10.0.0.1 --target 203.0.113.7 --exempt MACsec --yes", host.ExitOK, nil},
		{"check", checkOK, []string{"LOCKWIRE OK - ", "advice    ", "has no end"}},
	})
}

func TestACheckIsUnknownInTimeWhereTheBrokerDoesNotAnswer(t *testing.T) {
	path := shortFolder(t)
	silent, err := net.Listen("unix", filepath.Join(path, "lockwired.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	began := time.Now()
	checkSteps(t, path, []step{{"check --timeout 50ms", checkUnknown, []string{"LOCKWIRE UNKNOWN - "}}})
	if took := time.Since(began); took > 3*time.Second { // a local socket has five seconds to answer
		t.Errorf("it took %v", took)
	}
}
