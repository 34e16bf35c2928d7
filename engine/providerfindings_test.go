package engine

import (
	"strings"
	"testing"
)

func TestAProviderThatNeedsAttentionIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		status ProviderStatus
		kind   FindingKind
		says   string
	}{
		"all is well":        {ProviderStatus{Connected: true, State: TenantActive, Quota: 1000, Used: 800}, "", ""},
		"without a quota":    {ProviderStatus{Connected: true, State: TenantActive, Used: 1 << 60}, "", ""},
		"just starting":      {ProviderStatus{}, "", ""},
		"out of reach":       {ProviderStatus{Problem: "nobody answers"}, ProviderAway, "nobody answers"},
		"not confirmed":      {ProviderStatus{Connected: true, State: TenantPending}, ProviderPending, "has not confirmed"},
		"turned off":         {ProviderStatus{Connected: true, State: TenantDisabled}, ProviderRefusing, "turned this installation off"},
		"over":               {ProviderStatus{Connected: true, State: TenantEnded}, ProviderRefusing, "is over"},
		"quota used up":      {ProviderStatus{Connected: true, State: TenantActive, Quota: 1000, Used: 1000}, ProviderRefusing, "used up"},
		"quota nearly so":    {ProviderStatus{Connected: true, State: TenantActive, Quota: 1000, Used: 901}, QuotaEnding, "901"},
		"the largest quotas": {ProviderStatus{Connected: true, State: TenantActive, Quota: 1 << 62, Used: 1 << 61}, "", ""},
		"a small quota":      {ProviderStatus{Connected: true, State: TenantActive, Quota: 80, Used: 1}, "", ""},
	} {
		c.status.ID, c.status.Name = NewID(), "Vault Ltd"
		s := Situation{Snapshot: Snapshot{Providers: []ProviderStatus{c.status}}}
		findings := s.providerFindings()
		switch {
		case c.kind == "" && len(findings) > 0:
			t.Errorf("%s: %+v", name, findings)
		case c.kind != "" && (len(findings) != 1 || findings[0].Kind != c.kind || !strings.Contains(findings[0].Text, c.says) || !strings.Contains(findings[0].Text, "Vault Ltd") || findings[0].Command == ""):
			t.Errorf("%s: %+v", name, findings)
		}
	}
}
