package main

import (
	"testing"

	"lockwire/app/host"
)

func TestStatusSaysWhatNeedsAttention(t *testing.T) {
	runSteps(t, serveOn(t, equipped(t)), []step{
		{"status", host.ExitOK, []string{"fileserver is offline", "lockwire-agent status"}},
		{"status --json", host.ExitOK, []string{`"kind": "`, `"command": "lockwire-agent status"`}},
		{"settings set DisablePublicIPTrafficEncryption 1 --yes", host.ExitOK, nil},
		{"status", host.ExitOK, []string{"Automatic encryption of traffic that touches a public address is turned off", "lockwired settings set DisablePublicIPTrafficEncryption 0"}},
		{"status now", host.ExitUsage, nil},
	})
	runSteps(t, equipped(t), []step{{"status", host.ExitNoBroker, []string{"lockwired serve"}}})
}
