package engine

import "fmt"

// providerFindings are of service providers of which this installation is a tenant.
func (s *Situation) providerFindings() []Finding {
	var findings []Finding
	for i := range s.Providers {
		p := &s.Providers[i]
		finding := Finding{Name: "provider " + string(p.ID), Place: AtProvider, Thing: p.ID, Command: fmt.Sprintf("lockwired providers show %q", p.Name)}
		switch {
		case !p.Connected && p.Problem != "":
			finding.Kind, finding.Text = ProviderAway, fmt.Sprintf("The provider %s is out of reach, so that no session begins there: %s.", p.Name, p.Problem)
		case !p.Connected:
			continue
		case p.State == TenantDisabled:
			finding.Kind, finding.Text = ProviderRefusing, fmt.Sprintf("The provider %s has turned this installation off; ask it why.", p.Name)
		case p.State == TenantEnded:
			finding.Kind, finding.Text = ProviderRefusing, fmt.Sprintf("The time for which the provider %s serves this installation is over.", p.Name)
		case p.QuotaUse().UsedUp():
			finding.Kind = ProviderRefusing
			finding.Text = fmt.Sprintf("The quota at the provider %s, %s, is used up: nothing more can be stored there, restores go on.", p.Name, SizeInWords(p.Quota))
			finding.Remedy = "Ask it for more."
		case p.State == TenantPending:
			finding.Kind, finding.Text = ProviderPending, fmt.Sprintf("The provider %s has not confirmed this installation yet.", p.Name)
			finding.Remedy = "Read out to its administrator, by telephone, the fingerprint of this broker's key."
		case p.QuotaUse().NearlyUsedUp():
			finding.Kind, finding.Text = QuotaEnding, fmt.Sprintf("%s of the quota at the provider %s, %s, are used.", SizeInWords(p.Used), p.Name, SizeInWords(p.Quota))
			finding.Remedy = "Once it is used up, nothing more can be stored there. Ask it for more."
		default:
			continue
		}
		findings = append(findings, finding)
	}
	return findings
}
