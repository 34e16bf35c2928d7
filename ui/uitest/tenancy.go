package uitest

import (
	"time"

	"lockwire/engine"
)

// Tenants are customers of a service provider in every state that the page of tenants tells apart.
func Tenants() []engine.TenantStatus {
	confirmed := Moment.Add(-30 * 24 * time.Hour)
	linked := engine.Tenant{Key: engine.KeyID{0xab, 0xcd, 1}, Linked: confirmed, Confirmed: confirmed, CertificateExpires: Moment.Add(60 * 24 * time.Hour)}
	status := func(name string, state engine.TenantState, edit func(*engine.TenantStatus)) engine.TenantStatus {
		t := engine.TenantStatus{Tenant: linked, State: state}
		t.ID, t.Revision, t.Name = engine.NewID(), 1, name
		edit(&t)
		return t
	}
	return []engine.TenantStatus{
		status("Smith & Sons", engine.TenantActive, func(t *engine.TenantStatus) {
			t.Limit, t.Quota, t.Used = &engine.Limit{Value: 200, Unit: engine.MegabitsPerSecond}, 2e12, 1.2e12
			t.Until = &engine.Date{Year: 2027, Month: time.December, Day: 31}
			t.Attached, t.Components, t.Sessions, t.Traffic = true, 4, 3, engine.Traffic{RateToTarget: 21_400_000, RateToSource: 100_000}
		}),
		status("Jones", engine.TenantPending, func(t *engine.TenantStatus) { t.Confirmed = time.Time{} }),
		status("Miller and a long name of a company", engine.TenantActive, func(t *engine.TenantStatus) { t.Quota, t.Used, t.Attached = 5e11, 4.7e11, true }),
		status("Full", engine.TenantActive, func(t *engine.TenantStatus) { t.Quota, t.Used, t.Attached = 1e12, 1e12, true }),
		status("New", engine.TenantInvited, func(t *engine.TenantStatus) {
			t.Key, t.Linked, t.Confirmed, t.CertificateExpires = engine.KeyID{}, time.Time{}, time.Time{}, time.Time{}
		}),
		status("Off", engine.TenantDisabled, func(t *engine.TenantStatus) { t.Disabled = true }),
		status("Past", engine.TenantEnded, func(t *engine.TenantStatus) { t.Until = &engine.Date{Year: 2026, Month: time.May, Day: 31} }),
	}
}

// Providers are service providers in every state that their page tells apart.
func Providers() []engine.ProviderStatus {
	status := func(name string, edit func(*engine.ProviderStatus)) engine.ProviderStatus {
		p := engine.ProviderStatus{
			Provider: engine.Provider{ID: engine.NewID(), Revision: 1, Name: name, Tenant: engine.NewID(), Gateways: []string{"gate.provider.example:6180"}, CAPin: engine.KeyID{0x12, 0x34}, Added: Moment.Add(-30 * 24 * time.Hour)},
			Key:      engine.KeyID{0xab, 0xcd, 1}, CertificateExpires: Moment.Add(60 * 24 * time.Hour), Connected: true, Gateway: "gate.provider.example:6180", Since: Moment.Add(-time.Hour), State: engine.TenantActive,
			Services: []engine.ProviderService{{ID: engine.NewID(), Name: "vault"}},
		}
		edit(&p)
		return p
	}
	return []engine.ProviderStatus{
		status("cloud", func(p *engine.ProviderStatus) {
			p.Limit, p.Quota, p.Used, p.Sessions, p.Components = 25_000_000, 2e12, 1.2e12, 2, 3
		}),
		status("second", func(p *engine.ProviderStatus) { p.State, p.Services = engine.TenantPending, nil }),
		status("away", func(p *engine.ProviderStatus) {
			p.Connected, p.Gateway, p.Since, p.Problem = false, "", time.Time{}, "its gateway gate.provider.example:6180 cannot be reached: connection refused"
		}),
		status("full", func(p *engine.ProviderStatus) { p.Quota, p.Used = 1e12, 1e12 }),
		status("off", func(p *engine.ProviderStatus) { p.State = engine.TenantDisabled }),
		status("past", func(p *engine.ProviderStatus) { p.State = engine.TenantEnded }),
	}
}
