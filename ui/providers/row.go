package providers

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// providerRow is a provider as the table shows it.
type providerRow struct {
	id       engine.ID
	name     string
	state    string
	color    fyne.ThemeColorName // of the state
	gateway  string
	services string
	limit    uint64 // bytes per second
	quota    engine.QuotaUse
	sessions int
	expires  string
	expireAt time.Time
	text     string // what a filter looks in
}

func makeProviderRow(p *engine.ProviderStatus) providerRow {
	row := providerRow{
		id: p.ID, name: p.Name, gateway: p.Gateway, services: serviceNames(p), limit: p.Limit, quota: p.QuotaUse(), sessions: p.Sessions,
		expires: text.Day(p.CertificateExpires), expireAt: p.CertificateExpires,
	}
	row.state, row.color = stateWords(p)
	row.text = strings.Join([]string{row.name, row.state, row.gateway, row.services, p.Problem}, " ")
	return row
}

// stateWords says how this installation stands at a provider, in few words, and their colour.
func stateWords(p *engine.ProviderStatus) (string, fyne.ThemeColorName) {
	switch {
	case !p.Connected && p.Problem != "":
		return "not connected: " + p.Problem, kit.ColorRefused
	case p.State == engine.TenantPending:
		return "pending", kit.ColorPlain
	case p.State == engine.TenantDisabled:
		return "disabled there", kit.ColorRefused
	case p.State == engine.TenantEnded:
		return "past its last day", kit.ColorRefused
	case p.QuotaUse().UsedUp():
		return "over quota", kit.ColorRefused
	case !p.Connected:
		return "not connected", kit.ColorMuted
	case p.Problem != "":
		return "connected: " + p.Problem, kit.ColorPlain
	}
	return "connected", kit.ColorSealed
}

func serviceNames(p *engine.ProviderStatus) string {
	names := make([]string, len(p.Services))
	for i, s := range p.Services {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

func limitWords(limit uint64) string {
	if limit == 0 {
		return ""
	}
	return text.Rate(limit)
}

// providerFacts are the facts of a provider, in the order in which the pane shows them.
func providerFacts(p *engine.ProviderStatus) []kit.Detail {
	connected := "no"
	if p.Connected {
		connected = "through " + p.Gateway + " since " + text.Time(p.Since)
	}
	return []kit.Detail{
		{Name: "You read out", Value: fingerprint(p.Key), Copied: true},
		{Name: "You hear", Value: fingerprint(p.CAPin), Copied: true},
		{Name: "", Value: "Compare both by telephone: the first is of this broker's key, the second of the provider's authority.", Importance: widget.LowImportance},
		{Name: "Connected", Value: connected},
		{Name: "Gateways", Value: strings.Join(p.Gateways, "\n")},
		{Name: "Rules see it at", Value: p.AddressWords()},
		{Name: "Services", Value: serviceNames(p)},
		{Name: "Limit", Value: limitWords(p.Limit)},
		{Name: "Used", Value: text.Quota(p.Used, p.Quota)},
		{Name: "Until", Value: text.Time(p.Until)},
		{Name: "Components there", Value: text.Number(int(p.Components))},
		{Name: "Live sessions", Value: text.Number(int(p.Sessions))},
		{Name: "Certificate until", Value: text.Time(p.CertificateExpires)},
		{Name: "Added", Value: text.Time(p.Added)},
		{Name: "Tenant there", Value: string(p.Tenant), Copied: true},
	}
}

func fingerprint(key engine.KeyID) string {
	if key == (engine.KeyID{}) {
		return ""
	}
	return key.Fingerprint()
}

// notice is what stands in the way, and what to do about it; empty for nothing.
func notice(p *engine.ProviderStatus) string {
	switch {
	case !p.Connected && p.Problem != "":
		return "Nothing goes there now: " + p.Problem + "."
	case p.State == engine.TenantPending:
		return "The provider has not confirmed this installation yet. Read the first fingerprint below out to its administrator, by telephone."
	case p.State == engine.TenantDisabled:
		return "The provider has disabled this installation: nothing goes there. Ask the provider."
	case p.State == engine.TenantEnded:
		return "The last day at the provider is past: nothing goes there. Ask the provider."
	case p.QuotaUse().UsedUp():
		return "The quota is used up: nothing more can be stored there, restores go on. Ask the provider to raise it."
	case p.Problem != "":
		return "The provider: " + p.Problem + "."
	}
	return ""
}

func providerSums(rows []*providerRow) []kit.Detail {
	sessions := 0
	var used uint64
	states := text.Tally{}
	for _, row := range rows {
		sessions += row.sessions
		used += row.quota.Used
		states.Add(row.state)
	}
	return []kit.Detail{{Name: "State", Value: states.Words()}, {Name: "Sessions", Value: text.Number(sessions)}, {Name: "Used", Value: text.Size(used)}}
}
