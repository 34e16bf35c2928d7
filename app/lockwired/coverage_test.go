package main

import (
	"testing"

	"lockwire/app/host"
)

func TestCoverageOnTheCommandLine(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		t.Run(name, func(t *testing.T) {
			runSteps(t, path, []step{
				{"coverage", host.ExitOK, []string{"fileserver  -A", "vault       A-", "1 sealed, 0 plain", "A  sealed: automatic", "only because it has 203.0.113.7, which no live session uses"}},
				{"coverage --json", host.ExitOK, []string{`"rows"`, `"sealed only because of an interface"`}},
				{"settings set DisablePublicIPTrafficEncryption 1 --yes", host.ExitOK, nil},
				{"coverage --at 2026-05-01T22:30:00+02:00", host.ExitOK, []string{"fileserver  -n", "talk plain although vault has the public address 203.0.113.7"}},
				{"coverage --at tomorrow", host.ExitUsage, []string{"--at"}},
			})
		})
	}
}
