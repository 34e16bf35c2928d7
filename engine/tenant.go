package engine

import "time"

// TenantState says how far a tenant is.
type TenantState string

const (
	TenantInvited  TenantState = "invited"  // no link of it was redeemed yet
	TenantPending  TenantState = "pending"  // a key redeemed its link and was not confirmed yet
	TenantActive   TenantState = "active"   // it may begin sessions
	TenantDisabled TenantState = "disabled" // an administrator has turned it off
	TenantEnded    TenantState = "ended"    // its end date is past
)

// Tenant is a customer of this installation, a service provider's: what the store keeps of it.
type Tenant struct {
	ID ID `json:"id"`
	// Revision grows by one with each edit, so that an edit of an outdated copy is noticed.
	Revision int64  `json:"revision,omitempty"`
	Name     string `json:"name"`
	// Services are those that it may use; each leads to a repository behind the gateway.
	Services []ID `json:"services,omitempty"`
	// Limit holds for all its sessions together; nil where there is none.
	Limit *Limit `json:"limit,omitempty"`
	// Quota is how many bytes its components may send to the repositories; 0 where there is none. Used is what these received.
	Quota uint64 `json:"quota,omitempty"`
	Used  uint64 `json:"used"`
	// Until is the last day on which it may use anything, in the installation's time zone; nil where there is none.
	Until    *Date `json:"until,omitempty"`
	Disabled bool  `json:"disabled,omitempty"`
	// Key is that of its broker, zero before a link was redeemed. Linked and Confirmed are when that was done; zero where it was not.
	Key                KeyID     `json:"key,omitzero"`
	Linked             time.Time `json:"linked,omitzero"`
	Confirmed          time.Time `json:"confirmed,omitzero"`
	CertificateExpires time.Time `json:"certificateExpires,omitzero"`
}

// IsOver tells whether the last day has passed, by the calendar of a time zone.
func (t *Tenant) IsOver(now time.Time, zone *time.Location) bool {
	return t.Until != nil && !now.Before(t.Until.End(zone))
}

// QuotaUse is what is used of the quota.
func (t *Tenant) QuotaUse() QuotaUse { return QuotaUse{t.Used, t.Quota} }

// TenantStatus is a tenant as it is now.
type TenantStatus struct {
	Tenant
	State TenantState `json:"state"`
	// Attached tells that its broker follows this one, Components how many of its components are known and Sessions how many live.
	Attached   bool `json:"attached"`
	Components int  `json:"components"`
	Sessions   int  `json:"sessions"`
	// Traffic is that of its live sessions.
	Traffic Traffic `json:"traffic"`
}

// TenantLink is a link as it is shown once. Whoever has its text first can become the tenant, until a fingerprint is confirmed.
type TenantLink struct {
	Text    string    `json:"link"`
	Expires time.Time `json:"expires"`
}

// LinkRequest asks for a link.
type LinkRequest struct {
	Tenant ID `json:"tenant"`
	// Replace lets it be redeemed although the tenant has a key, which then counts no more.
	Replace bool `json:"replace,omitempty"`
	// Gateways are where the tenant reaches the gateways, HOST:PORT; empty means those that were said last, or those that the gateways say.
	Gateways []string `json:"gateways,omitempty"`
}

// LinkRecord is what the store keeps of a link: never its secret.
type LinkRecord struct {
	Hash    [32]byte // SHA-256 of the secret
	Tenant  ID
	Expires time.Time
	Used    time.Time // zero while it was not redeemed
	// Replace lets it be redeemed although the tenant has a key, which then counts no more.
	Replace bool
}
