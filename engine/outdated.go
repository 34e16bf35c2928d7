package engine

import (
	"cmp"
	"fmt"
	"time"
)

// Present is a thing as it is now. One field is set; a route comes with the service to which it leads.
type Present struct {
	Rule      *Rule              `json:"rule,omitempty"`
	Route     *Route             `json:"route,omitempty"`
	Service   *Service           `json:"service,omitempty"`
	Component *Component         `json:"component,omitempty"`
	Tenant    *Tenant            `json:"tenant,omitempty"`
	Settings  *Settings          `json:"settings,omitempty"`
	Preferred *PreferredNetworks `json:"preferred,omitempty"`
	// Revision is that of the setting or the preferred networks that were edited; the others carry theirs.
	Revision int64 `json:"revision,omitempty"`
	// Removed tells that the thing is not there any more; then no field above is set.
	Removed bool `json:"removed,omitempty"`
	// By and At say who saved or removed it, and when; empty where the newest part of the audit does not say it.
	By Actor     `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// OutdatedError is an ErrOutdated with the thing as it is now, so that the caller can show what differs. Where the thing was removed
// it is an ErrNotFound, too.
type OutdatedError struct {
	Of  string // such as rule "Nightly"
	Now Present
}

// Error says what was changed or removed, and by whom.
func (e *OutdatedError) Error() string {
	by := cmp.Or(e.Now.By, "somebody else")
	if e.Now.Removed {
		return fmt.Sprintf("%s: it was removed by %s meanwhile", e.Of, by)
	}
	return fmt.Sprintf("%s: it was changed by %s meanwhile; read it again", e.Of, by)
}

// Is tells that it is an ErrOutdated, or an ErrNotFound.
func (e *OutdatedError) Is(target error) bool {
	return target == ErrOutdated || e.Now.Removed && target == ErrNotFound
}
