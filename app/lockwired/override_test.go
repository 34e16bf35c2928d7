package main

import "testing"

func TestOverrideIsReplacedByTrustedLinksWithOneCommand(t *testing.T) {
	for name, path := range map[string]string{"folder": equipped(t), "broker": serveOn(t, equipped(t))} {
		t.Run(name, func(t *testing.T) {
			const pair = "fileserver <-> vault (route nightly): plain"
			runSteps(t, path, []step{
				{"override show", 0, []string{"not set"}},
				{"override replace --yes", 1, []string{"nothing to replace"}},
				{"settings set DisablePublicIPTrafficEncryption 1 --yes", 0, []string{"is now 1"}},
				{"override show", 0, []string{"turns 1 pair plain", pair}},
				{"override show --json", 0, []string{`"set": true`, `"source": "fileserver"`}},
				{"override replace --until 2027-02-30", 2, []string{"not a day"}},
				{"override replace --until 2020-01-31 --yes", 2, []string{"over already"}},
				{"override replace --dry-run", 0, []string{"add    rule In place of the override", pair, "nothing was changed"}},
				{"override replace", 3, []string{pair, "1 pair stays plain by 1 trusted link", "--yes"}},
				{"settings get DisablePublicIPTrafficEncryption", 0, []string{"1"}},
				{"override replace --reason fibre --until 2090-01-31 --yes", 0, []string{"is now 0"}},
				{"settings get DisablePublicIPTrafficEncryption", 0, []string{"0"}},
				{"rules list", 0, []string{"In place of the override", "component:fileserver", "component:vault", "trusted link"}},
				{"rules export", 0, []string{`"reason": "fibre"`, `"until": "2090-01-31"`}},
				{"coverage", 0, []string{"trusted link"}},
				{"override show", 0, []string{"not set"}},
			})
		})
	}
}
