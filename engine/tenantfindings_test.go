package engine

import (
	"strings"
	"testing"
)

func TestATenantsQuotaNeedsAttentionFromNinetyPercentOn(t *testing.T) {
	for name, test := range map[string]struct {
		tenant TenantStatus
		want   FindingKind
		says   string
	}{
		"below 90 %":        {TenantStatus{Tenant: Tenant{Quota: 1000, Used: 899}, State: TenantActive}, "", ""},
		"at 90 %":           {TenantStatus{Tenant: Tenant{Quota: 1000, Used: 900}, State: TenantActive}, TenantQuotaEnding, "has used 900 B of its quota of 1"},
		"used up":           {TenantStatus{Tenant: Tenant{Quota: 1000, Used: 1000}, State: TenantActive}, TenantQuotaUsed, "can store nothing more"},
		"no quota":          {TenantStatus{Tenant: Tenant{Used: 1000}, State: TenantActive}, "", ""},
		"disabled":          {TenantStatus{Tenant: Tenant{Quota: 1000, Used: 1000}, State: TenantDisabled}, "", ""},
		"past its last day": {TenantStatus{Tenant: Tenant{Quota: 1000, Used: 1000}, State: TenantEnded}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.tenant.ID, test.tenant.Name = "id", "Smith & Co"
			s := Situation{Snapshot: Snapshot{Tenants: []TenantStatus{test.tenant}}}
			findings := s.Findings()
			switch {
			case test.want == "" && len(findings) > 0:
				t.Errorf("found %+v", findings)
			case test.want == "":
			case len(findings) != 1 || findings[0].Kind != test.want || findings[0].Place != AtTenant || findings[0].Thing != "id" || !strings.Contains(findings[0].Text, test.says):
				t.Errorf("found %+v", findings)
			case len(Pressing(findings)) != 1 || !strings.Contains(findings[0].Command, "'Smith & Co'"):
				t.Errorf("it is not pressing, or its command is %s", findings[0].Command)
			}
		})
	}
}
