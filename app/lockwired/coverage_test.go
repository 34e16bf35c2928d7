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

func TestAWeekOnTheCommandLine(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		t.Run(name, func(t *testing.T) {
			ask := "explain --week --source fileserver --target vault"
			runSteps(t, path, []step{
				{ask + " --at 2026-06-03T12:00:00Z", host.ExitOK, []string{"sealed (automatic); the week from 2026-06-01, hours in ", "Mon  ........................", "Sun  ........................"}},
				{"components limit fileserver 50MB/s --yes", host.ExitOK, nil},
				{ask, host.ExitOK, []string{"Mon  111111111111111111111111", "1  50 MB/s, of component fileserver"}},
				{"settings set TimeZone Europe/Berlin", host.ExitOK, nil},
				{ask + " --at 2026-03-25T12:00:00Z", host.ExitOK, []string{"Sun  11 111111", "Sun 02:00 is left out"}},
				{ask + " --at 2026-10-25T12:00:00Z", host.ExitOK, []string{"Sun  11111111", "Sun 02:00 comes twice"}},
				{ask + " --json", host.ExitOK, []string{`"hours"`, `"timeZone"`}},
				{"explain --week --source fileserver --target nobody", host.ExitUsage, []string{"nobody"}},
				{ask + " --rules -", host.ExitUsage, []string{"--week"}},
				{ask + " --operation sideways", host.ExitUsage, []string{"--operation"}},
			})
		})
	}
}
