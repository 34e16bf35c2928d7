package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Provider is a service provider of which this installation is a tenant: what the store keeps of it.
type Provider struct {
	// ID is that of the provider's installation.
	ID ID `json:"id"`
	// Revision grows by one with each edit, so that an edit of an outdated copy is noticed.
	Revision int64 `json:"revision,omitempty"`
	// Name is what this installation calls it.
	Name string `json:"name"`
	// Tenant is this installation's id there.
	Tenant ID `json:"tenant"`
	// Gateways are HOST:PORT, in the order to try them.
	Gateways []string `json:"gateways"`
	// CAPin is the SHA-256 of the key of the provider's CA.
	CAPin KeyID     `json:"caPin"`
	Added time.Time `json:"added"`
}

// Check refuses a provider whose fields are not usable.
func (p *Provider) Check() error {
	of := fmt.Sprintf("provider %q", abbreviate(p.Name, MaximumNameLength))
	if err := CheckName(p.Name); err != nil {
		return fieldError("provider", "name", err)
	}
	for _, id := range []ID{p.ID, p.Tenant} {
		if _, err := ParseID(string(id)); err != nil {
			return fieldError(of, "id", err)
		}
	}
	if len(p.Gateways) == 0 {
		return fieldError(of, "gateways", errors.New("an address is needed"))
	}
	return nil
}

// ProviderComponent is a component of this installation that has joined a provider.
type ProviderComponent struct {
	Provider  ID
	Component ID
	// Remote is the component's id there.
	Remote ID
	Joined time.Time
}

// ProviderLink asks to become a tenant of a provider, with the link that the provider made.
type ProviderLink struct {
	// Name is what this installation calls the provider.
	Name string `json:"name"`
	// Link is its text. It is a secret until it is redeemed.
	Link string `json:"link"`
}

// ProviderStatus is a provider as it is now.
type ProviderStatus struct {
	Provider
	// Key is the fingerprint of this broker's key, which the provider's administrator confirms.
	Key                KeyID     `json:"key"`
	CertificateExpires time.Time `json:"certificateExpires,omitzero"`
	// Connected tells that the tunnel to the provider's broker is up, over Gateway since Since. Problem says in words why not.
	Connected bool      `json:"connected"`
	Gateway   string    `json:"gateway,omitempty"`
	Since     time.Time `json:"since,omitzero"`
	Problem   string    `json:"problem,omitempty"`
	// Addresses are those of the gateways that rules by address see: the ones that are written so, and what DNS says now of names.
	Addresses []netip.Addr `json:"addresses,omitempty"`
	// What follows is what the provider said last; State is empty before it said anything.
	State    TenantState       `json:"state,omitempty"`
	Services []ProviderService `json:"services,omitempty"`
	Limit    uint64            `json:"limit,omitempty"` // bytes per second; 0 where there is none
	Quota    uint64            `json:"quota,omitempty"`
	Used     uint64            `json:"used"`
	Until    time.Time         `json:"until,omitzero"`
	// Components counts those that have joined there, Sessions the live ones.
	Components int `json:"components"`
	Sessions   int `json:"sessions"`
}

// AddressWords say at which addresses rules see the provider.
func (p *ProviderStatus) AddressWords() string {
	if len(p.Addresses) == 0 {
		return "none yet: DNS has not said what the gateways' names stand for, and until then no rule by address holds for what goes there"
	}
	texts := make([]string, len(p.Addresses))
	for i, address := range p.Addresses {
		texts[i] = address.String()
	}
	return strings.Join(texts, ", ")
}

// QuotaUse is what is used of the quota there.
func (p *ProviderStatus) QuotaUse() QuotaUse { return QuotaUse{p.Used, p.Quota} }

// ProviderService is a service that a provider lets this installation use.
type ProviderService struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
}
