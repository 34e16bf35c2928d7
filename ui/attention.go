package ui

import (
	"cmp"
	"fmt"
	"slices"

	"lockwire/engine"
)

// needKind is what kind of thing needs somebody. It has a colour and an icon of its own where it is shown.
type needKind int

// The kinds of need.
const (
	needNothing  needKind = iota // all is well
	needRefused                  // a session was refused
	needFailing                  // something that ought to work does not
	needWarned                   // something is about to fail, or is not as the rules have it
	needUnsealed                 // something is plain
)

// grave tells whether it keeps backups from being made now.
func (k needKind) grave() bool { return k == needRefused || k == needFailing }

// need is one thing that needs somebody, and where to see to it.
type need struct {
	kind        needKind
	text        string
	page, thing string
	name        string // what it keeps while it lasts, whatever happens meanwhile
}

// newNeed makes one that has its place's name.
func newNeed(kind needKind, text, page, thing string) need {
	return need{kind: kind, text: text, page: page, thing: thing, name: page + " " + thing}
}

// maximumAttention keeps the list to what somebody reads.
const maximumAttention = 50

// attentionOf gives what needs somebody, the gravest first, or says that nothing does.
func attentionOf(state *State) []need {
	items := needsOf(state)
	if len(items) == 0 {
		return []need{newNeed(needNothing, firstWords(state), "", "")}
	}
	return items[:min(len(items), maximumAttention)]
}

// needsOf gives what needs somebody, the gravest first.
func needsOf(state *State) []need {
	items := refusalsIn(state)
	for i := range state.Sessions {
		s := &state.Sessions[i]
		touchesPublic := len(s.Decision.Triggers) > 0
		switch {
		case s.Stale && s.Now != nil:
			items = append(items, newNeed(needWarned, fmt.Sprintf("The session %s to %s is %s; by the rules of now it would be %s.", s.SourceName, s.TargetName, s.Decision.Mode, s.Now.Mode), "sessions", string(s.ID)))
		case s.Decision.Mode == engine.Plain && touchesPublic:
			items = append(items, newNeed(needUnsealed, fmt.Sprintf("The session %s to %s is plain, and touches a public address.", s.SourceName, s.TargetName), "sessions", string(s.ID)))
		}
	}
	for i := range state.Components {
		c := &state.Components[i]
		switch {
		case !c.Revoked.IsZero():
		case !c.Online:
			items = append(items, newNeed(needFailing, offlineWords(c), "components", string(c.ID)))
		case c.Problem != "":
			items = append(items, newNeed(needWarned, fmt.Sprintf("%s: %s", c.Name, c.Problem), "components", string(c.ID)))
		case c.CertificateExpires.Sub(state.When) < certificateSoon:
			items = append(items, newNeed(needWarned, fmt.Sprintf("The certificate of %s ends on %s and was not renewed.", c.Name, timeWords(c.CertificateExpires)), "components", string(c.ID)))
		}
	}
	for i := range state.Components {
		c := &state.Components[i]
		if c.Online && c.Headroom.Known() && stayedLow(state.Loads[c.ID]) {
			items = append(items, newNeed(needWarned, fmt.Sprintf("%s can hardly carry more: about %s of headroom are left, limited by %s.", c.Name, rateWords(c.Headroom.BytesPerSecond), bottleneckWords(c.Headroom.LimitedBy)), "headroom", string(c.ID)))
		}
	}
	for i := range state.Routes {
		r := &state.Routes[i]
		for _, listener := range r.Listeners {
			if listener.State == engine.ListenerFailed {
				items = append(items, newNeed(needFailing, fmt.Sprintf("The route %s does not listen on %s: %s", r.Name, listener.ComponentName, listener.Problem), "routes", string(r.ID)))
			}
		}
		if r.Enabled && len(r.OpenLegs) > 0 {
			items = append(items, newNeed(needUnsealed, fmt.Sprintf("The route %s has an open leg: %s", r.Name, r.OpenLegs[0]), "routes", string(r.ID)))
		}
	}
	if state.Rules.Settings.DisablePublicIPTrafficEncryption == 1 {
		items = append(items, newNeed(needUnsealed, "Automatic encryption of traffic that touches a public address is turned off.", "settings", ""))
	}
	slices.SortStableFunc(items, func(a, b need) int { return cmp.Compare(gravity(a), gravity(b)) })
	return items
}

func gravity(n need) int {
	if n.kind.grave() {
		return 0
	}
	return 1
}

// firstWords says that all is well, or what to do first in an installation that has nothing yet.
func firstWords(state *State) string {
	switch {
	case len(state.Components) < 2:
		return "Nothing needs you. Next: add the machines that are backed up, and those that keep the backups, on the page Components."
	case len(state.Routes) == 0:
		return "Nothing needs you. Next: make a route from a machine to where its backups go, on the page Routes."
	}
	return "Nothing needs you."
}

// offlineWords say that a component is offline, and why where that is known.
func offlineWords(c *engine.ComponentStatus) string {
	if c.Problem == "" {
		return c.Name + " is offline."
	}
	return fmt.Sprintf("%s is offline: %s", c.Name, c.Problem)
}
