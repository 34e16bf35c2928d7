package engine

import "fmt"

// Present is a thing as it is now. One field is set; a route comes with the service to which it leads.
type Present struct {
	Rule      *Rule              `json:"rule,omitempty"`
	Route     *Route             `json:"route,omitempty"`
	Service   *Service           `json:"service,omitempty"`
	Component *Component         `json:"component,omitempty"`
	Settings  *Settings          `json:"settings,omitempty"`
	Preferred *PreferredNetworks `json:"preferred,omitempty"`
	// Revision is that of the setting or the preferred networks that were edited; the others carry theirs.
	Revision int64 `json:"revision,omitempty"`
}

// OutdatedError is an ErrOutdated with the thing as it is now, so that the caller can show what differs.
type OutdatedError struct {
	Of  string // such as rule "Nightly"
	Now Present
}

// Error says what was changed.
func (e *OutdatedError) Error() string { return fmt.Sprintf("%s: %v", e.Of, ErrOutdated) }

// Is tells that it is an ErrOutdated.
func (e *OutdatedError) Is(target error) bool { return target == ErrOutdated }
