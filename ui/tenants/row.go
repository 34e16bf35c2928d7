package tenants

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// tenantRow is a tenant as the table shows it.
type tenantRow struct {
	id       engine.ID
	name     string
	state    string
	color    fyne.ThemeColorName // of the state
	sessions int
	rate     uint64 // bytes per second, both ways
	quota    engine.QuotaUse
	services string
	until    string
	text     string // what a filter looks in
}

func makeTenantRow(t *engine.TenantStatus, services map[engine.ID]string) tenantRow {
	row := tenantRow{
		id: t.ID, name: t.Name, sessions: t.Sessions, rate: t.Traffic.RateToTarget + t.Traffic.RateToSource, quota: t.QuotaUse(),
		services: serviceNames(t, services), until: untilWords(t),
	}
	row.state, row.color = stateWords(t)
	row.text = strings.Join([]string{row.name, row.state, row.services, row.until}, " ")
	return row
}

// stateWords is the word for a tenant's state, and its colour.
func stateWords(t *engine.TenantStatus) (string, fyne.ThemeColorName) {
	switch {
	case t.State == engine.TenantInvited:
		return "no link redeemed", kit.ColorMuted
	case t.State == engine.TenantPending:
		return "pending", kit.ColorPlain
	case t.State == engine.TenantDisabled:
		return "disabled", kit.ColorMuted
	case t.State == engine.TenantEnded:
		return "past its last day", kit.ColorRefused
	case t.State != engine.TenantActive:
		return string(t.State), kit.ColorMuted
	case t.QuotaUse().UsedUp():
		return "over its quota", kit.ColorRefused
	case !t.Attached:
		return "active, not connected", kit.ColorMuted
	}
	return "active", kit.ColorSealed
}

// serviceNames are the services that a tenant may use, by the names that are known.
func serviceNames(t *engine.TenantStatus, names map[engine.ID]string) string {
	words := make([]string, len(t.Services))
	for i, id := range t.Services {
		if words[i] = names[id]; words[i] == "" {
			words[i] = string(id)
		}
	}
	return strings.Join(words, ", ")
}

func untilWords(t *engine.TenantStatus) string {
	if t.Until == nil {
		return ""
	}
	return text.Date(*t.Until)
}

// tenantFacts are the facts of a tenant, in the order in which the pane shows them.
func tenantFacts(state *model.State, t *engine.TenantStatus, services map[engine.ID]string) []kit.Detail {
	fingerprint := ""
	if t.Key != (engine.KeyID{}) {
		fingerprint = t.Key.Fingerprint()
	}
	limit := "none"
	if t.Limit != nil {
		limit = t.Limit.String()
	}
	may := serviceNames(t, services)
	if may == "" {
		may = "none: it can begin no session"
	}
	connected := "no"
	if t.Attached {
		connected = "yes"
	}
	return []kit.Detail{
		{Name: "Services", Value: may},
		{Name: "Limit", Value: limit},
		{Name: "Used", Value: text.Quota(t.Used, t.Quota)},
		{Name: "Last day", Value: untilWords(t)},
		{Name: "Fingerprint", Value: fingerprint, Copied: true},
		{Name: "Link redeemed", Value: text.Time(t.Linked)},
		{Name: "Confirmed", Value: text.Time(t.Confirmed)},
		{Name: "Certificate until", Value: text.Time(t.CertificateExpires)},
		{Name: "Its broker connected", Value: connected},
		{Name: "Gateways", Value: gatewayLines(state)},
		{Name: "Components", Value: text.Number(int(t.Components))},
		{Name: "Live sessions", Value: text.Number(int(t.Sessions))},
		{Name: "To here now", Value: text.Rate(t.Traffic.RateToTarget)},
		{Name: "From here now", Value: text.Rate(t.Traffic.RateToSource)},
		{Name: "Id", Value: string(t.ID), Copied: true},
	}
}

// isGateway tells whether a component takes the tunnels of tenants.
func isGateway(c *engine.ComponentStatus) bool {
	return c.Role == engine.ProviderGateway && c.Revoked.IsZero()
}

// gatewayLines are the gateways, through which all of a tenant comes, each with its state.
func gatewayLines(state *model.State) string {
	var lines []string
	for i := range state.Components {
		if c := &state.Components[i]; isGateway(c) {
			words, _ := page.ComponentState(c)
			lines = append(lines, c.Name+": "+words)
		}
	}
	if len(lines) == 0 {
		return "none: add a component of the role provider-gateway"
	}
	return strings.Join(lines, "\n")
}

// notice is what an administrator has to do about a tenant; empty for nothing.
func notice(t *engine.TenantStatus, now time.Time) string {
	switch {
	case t.State == engine.TenantInvited:
		return "Make a link and give it to the customer's administrator."
	case t.State == engine.TenantPending:
		return "Somebody has redeemed the link" + since(t.Linked, now) + " and can do nothing yet. Have the customer read its fingerprint out, over a telephone number that you know, and confirm it."
	case t.State == engine.TenantActive && t.QuotaUse().UsedUp():
		return "It has used up its quota: it can restore, and store nothing more. Edit it to raise the quota."
	case t.State == engine.TenantEnded:
		return "Its last day is past. Edit it to let it go on."
	}
	return ""
}

func since(t, now time.Time) string {
	if t.IsZero() || now.IsZero() {
		return ""
	}
	return " " + text.Age(t, now) + " ago"
}

func tenantSums(rows []*tenantRow) []kit.Detail {
	sessions := 0
	var rate, used uint64
	states := text.Tally{}
	for _, row := range rows {
		sessions += row.sessions
		rate += row.rate
		used += row.quota.Used
		states.Add(row.state)
	}
	return []kit.Detail{{Name: "State", Value: states.Words()}, {Name: "Sessions", Value: text.Number(sessions)}, {Name: "Rate now", Value: text.Rate(rate)}, {Name: "Used", Value: text.Size(used)}}
}
