package model

import (
	"time"

	"lockwire/engine"
)

// ComponentIn finds a component by its id; nil if there is none.
func ComponentIn(state *State, id engine.ID) *engine.ComponentStatus {
	for i := range state.Components {
		if state.Components[i].ID == id {
			return &state.Components[i]
		}
	}
	return nil
}

// ComponentNamed finds a component that is not revoked by its name; nil if there is none.
func ComponentNamed(state *State, name string) *engine.ComponentStatus {
	for i := range state.Components {
		if c := &state.Components[i]; engine.SameName(c.Name, name) && c.Revoked.IsZero() {
			return c
		}
	}
	return nil
}

// State is what the console knows at one moment. It is never changed once it is made.
type State struct {
	engine.Snapshot
	Installation engine.Installation
	Rules        engine.RuleSet
	// Administrators are those who reach the broker from elsewhere.
	Administrators []engine.Administrator
	// Refusals are the receipts of what was refused in the last day, newest first.
	Refusals []engine.Receipt
	// Checked is what the broker found when it was asked to check last; nil before that.
	Checked *engine.Checked
	// Past is the throughput of the last 15 minutes, oldest first.
	Past []engine.Throughput
	// Trails are the rates of the live sessions in the last minute.
	Trails *RateTrails
	// Loads is the load of the last 15 minutes of each component, oldest first.
	Loads map[engine.ID][]LoadSample
	// Limits are those on which live sessions draw, by the name of their rule, backups before restores.
	Limits map[string][]LimitUse
	// Low are the components that can hardly carry more. All that shows headroom goes by it.
	Low map[engine.ID]bool
	// Heard is when the snapshot came, by this machine's clock.
	Heard time.Time
	// Problem says in words why the state is old: the broker cannot be reached. Empty while all is well.
	Problem string
	// OldSince is when the broker was heard last; zero while the state is fresh, and where it was never heard.
	OldSince time.Time
	// Resting tells that the state comes each RestInterval only, because nobody works in the window.
	Resting bool

	found *foundOnce // nil where findings are looked for each time
}

// Lean is the state without its live sessions, for who keeps it and does not show it; nil of nil.
func (s *State) Lean() *State {
	if s == nil {
		return nil
	}
	lean := *s
	lean.Sessions, lean.found = nil, nil
	return &lean
}

// MayChange reports whether the user may change things. If not, what changes things is hidden.
func (s *State) MayChange() bool { return s.Installation.Role == engine.MayChange }

// RouteIn finds a route by its id; nil if there is none.
func RouteIn(state *State, id engine.ID) *engine.RouteStatus {
	for i := range state.Routes {
		if state.Routes[i].ID == id {
			return &state.Routes[i]
		}
	}
	return nil
}
