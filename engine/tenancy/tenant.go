package tenancy

import (
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"lockwire/engine"
)

const (
	// MaximumTenants is how many an installation has.
	MaximumTenants = 10000
	// MaximumServices is how many one tenant may use.
	MaximumServices = 64
	// MaximumComponents is how many of one tenant's components may be known at a time.
	MaximumComponents = 1000
	// MaximumComponentsEver is how many there may have been, those that were revoked included: they stay in the record.
	MaximumComponentsEver = 10 * MaximumComponents
	// maximumNameLength leaves room for the number that the names of a tenant's components have behind it.
	maximumNameLength = engine.MaximumNameLength - len(" 1234567")
)

// Check checks what administrators set of a tenant.
func Check(t *engine.Tenant) error {
	field := func(name string, err error) error {
		return &engine.FieldError{Of: fmt.Sprintf("tenant %q", t.Name), Field: name, Err: err}
	}
	if err := engine.CheckComponentName(t.Name); err != nil { // it stands in its components' names
		return field("name", err)
	}
	if count := utf8.RuneCountInString(t.Name); count > maximumNameLength {
		return field("name", fmt.Errorf("a tenant's name has at most %d characters, this one has %d", maximumNameLength, count))
	}
	if len(t.Services) > MaximumServices {
		return field("services", fmt.Errorf("a tenant may use at most %d services, these are %d", MaximumServices, len(t.Services)))
	}
	named := map[engine.ID]bool{}
	for _, service := range t.Services {
		if named[service] {
			return field("services", errors.New("a service stands there twice"))
		}
		named[service] = true
	}
	if t.Limit != nil {
		if err := t.Limit.Check(); err != nil {
			return field("limit", err)
		}
	}
	if t.Quota > math.MaxInt64 {
		return field("quota", errors.New("a quota is less than 9.2 EB"))
	}
	return nil
}

// StateAt says how far a tenant is at a moment, by the calendar of a time zone. An administrator's order comes before the calendar.
func StateAt(t *engine.Tenant, now time.Time, zone *time.Location) engine.TenantState {
	switch {
	case t.Disabled:
		return engine.TenantDisabled
	case t.IsOver(now, zone):
		return engine.TenantEnded
	case t.Key == engine.KeyID{}:
		return engine.TenantInvited
	case t.Confirmed.IsZero():
		return engine.TenantPending
	}
	return engine.TenantActive
}

// Refusal says in words that its broker and its components read why a tenant may not begin a session now, and has its running ones cut;
// empty where it may.
func Refusal(t *engine.Tenant, now time.Time, zone *time.Location) string {
	switch StateAt(t, now, zone) {
	case engine.TenantInvited:
		return "the provider has no key of this installation: redeem a link first"
	case engine.TenantPending:
		return "the provider's administrator has not confirmed this installation's fingerprint yet"
	case engine.TenantDisabled:
		return "the provider's administrator has disabled this tenant"
	case engine.TenantEnded:
		return fmt.Sprintf("the end date that the provider has set, %s, is past", t.Until)
	}
	return ""
}

// RestoresOnly says in words that its broker and its components read why a tenant may only read at present; empty where it may also write.
func RestoresOnly(t *engine.Tenant) string {
	if !t.QuotaUse().UsedUp() {
		return ""
	}
	return fmt.Sprintf("the quota of %s that the provider has set is used up: nothing more can be stored there, restores go on", engine.SizeInWords(t.Quota))
}

// NextChange is when a tenant's state changes by itself; zero where it never does.
func NextChange(t *engine.Tenant, now time.Time, zone *time.Location) time.Time {
	if t.Until == nil || t.IsOver(now, zone) {
		return time.Time{}
	}
	return t.Until.End(zone)
}
