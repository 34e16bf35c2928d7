package engine

import "fmt"

// tenantFindings are of the tenants of this installation. One that may do nothing anyway needs nothing of its quota.
func (s *Situation) tenantFindings() []Finding {
	var findings []Finding
	for i := range s.Tenants {
		t := &s.Tenants[i]
		use := t.QuotaUse()
		if t.State != TenantActive || !use.NearlyUsedUp() {
			continue
		}
		finding := Finding{Name: "tenant quota " + string(t.ID), Place: AtTenant, Thing: t.ID, Command: "lockwired tenants show " + InShell(t.Name)}
		if use.UsedUp() {
			finding.Kind = TenantQuotaUsed
			finding.Text = fmt.Sprintf("The tenant %s has used up its quota of %s: it can store nothing more.", t.Name, SizeInWords(t.Quota))
		} else {
			finding.Kind = TenantQuotaEnding
			finding.Text = fmt.Sprintf("The tenant %s has used %s of its quota of %s.", t.Name, SizeInWords(t.Used), SizeInWords(t.Quota))
		}
		findings = append(findings, finding)
	}
	return findings
}
