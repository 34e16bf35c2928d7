package model

import (
	"cmp"
	"fmt"
	"slices"

	"lockwire/engine"
	"lockwire/ui/text"
)

// NeedKind is what kind of thing needs somebody. It has a colour and an icon of its own where it is shown.
type NeedKind int

// The kinds of need.
const (
	NeedNothing  NeedKind = iota // all is well
	NeedRefused                  // a session was refused
	NeedFailing                  // something that ought to work does not
	NeedWarned                   // something is about to fail, or is not as the rules have it
	NeedUnsealed                 // something is plain
)

// grave tells whether it keeps backups from being made now.
func (k NeedKind) grave() bool { return k == NeedRefused || k == NeedFailing }

// Need is one thing that needs somebody, and where to see to it.
type Need struct {
	Kind        NeedKind
	Text        string
	Page, Thing string
	name        string // what it keeps while it lasts, whatever happens meanwhile
}

// newNeed makes one that has its place's name.
func newNeed(kind NeedKind, text, page, thing string) Need {
	return Need{Kind: kind, Text: text, Page: page, Thing: thing, name: page + " " + thing}
}

// maximumAttention keeps the list to what somebody reads.
const maximumAttention = 50

// Attention gives what needs somebody, the gravest first, or says that nothing does.
func Attention(state *State) []Need {
	items := needsOf(state)
	if len(items) == 0 {
		return []Need{newNeed(NeedNothing, firstWords(state), "", "")}
	}
	return items[:min(len(items), maximumAttention)]
}

// needsOf gives what needs somebody, the gravest first.
func needsOf(state *State) []Need {
	items := refusalsIn(state)
	for i := range state.Sessions {
		s := &state.Sessions[i]
		touchesPublic := len(s.Decision.Triggers) > 0
		switch {
		case s.Stale && s.Now != nil:
			items = append(items, newNeed(NeedWarned, fmt.Sprintf("The session %s to %s is %s; by the rules of now it would be %s.", s.SourceName, s.TargetName, s.Decision.Mode, s.Now.Mode), "sessions", string(s.ID)))
		case s.Decision.Mode == engine.Plain && touchesPublic:
			items = append(items, newNeed(NeedUnsealed, fmt.Sprintf("The session %s to %s is plain, and touches a public address.", s.SourceName, s.TargetName), "sessions", string(s.ID)))
		}
	}
	for i := range state.Components {
		c := &state.Components[i]
		switch {
		case !c.Revoked.IsZero():
		case !c.Online:
			items = append(items, newNeed(NeedFailing, offlineWords(c), "components", string(c.ID)))
		case c.Problem != "":
			items = append(items, newNeed(NeedWarned, fmt.Sprintf("%s: %s", c.Name, c.Problem), "components", string(c.ID)))
		case c.CertificateExpires.Sub(state.When) < CertificateSoon:
			items = append(items, newNeed(NeedWarned, fmt.Sprintf("The certificate of %s ends on %s and was not renewed.", c.Name, text.Time(c.CertificateExpires)), "components", string(c.ID)))
		}
	}
	for i := range state.Components {
		c := &state.Components[i]
		if c.Online && c.Headroom.Known() && StayedLow(state.Loads[c.ID]) {
			items = append(items, newNeed(NeedWarned, fmt.Sprintf("%s can hardly carry more: about %s of headroom are left, limited by %s.", c.Name, text.Rate(c.Headroom.BytesPerSecond), text.Bottleneck(c.Headroom.LimitedBy)), "headroom", string(c.ID)))
		}
	}
	for i := range state.Routes {
		r := &state.Routes[i]
		for _, listener := range r.Listeners {
			if listener.State == engine.ListenerFailed {
				items = append(items, newNeed(NeedFailing, fmt.Sprintf("The route %s does not listen on %s: %s", r.Name, listener.ComponentName, listener.Problem), "routes", string(r.ID)))
			}
		}
		if r.Enabled && len(r.OpenLegs) > 0 {
			items = append(items, newNeed(NeedUnsealed, fmt.Sprintf("The route %s has an open leg: %s", r.Name, r.OpenLegs[0]), "routes", string(r.ID)))
		}
	}
	if state.Rules.Settings.DisablePublicIPTrafficEncryption == 1 {
		items = append(items, newNeed(NeedUnsealed, "Automatic encryption of traffic that touches a public address is turned off.", "settings", ""))
	}
	slices.SortStableFunc(items, func(a, b Need) int { return cmp.Compare(gravity(a), gravity(b)) })
	return items
}

func gravity(n Need) int {
	if n.Kind.grave() {
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
