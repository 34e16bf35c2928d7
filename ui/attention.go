package ui

import (
	"cmp"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/chart"
)

// attention is one thing that needs somebody, and where to see to it.
type attention struct {
	text        string
	icon        fyne.Resource
	color       fyne.ThemeColorName
	page, thing string
	name        string // what it keeps while it lasts, whatever happens meanwhile
}

// newNeed makes one that has its place's name.
func newNeed(text string, icon fyne.Resource, color fyne.ThemeColorName, page, thing string) attention {
	return attention{text: text, icon: icon, color: color, page: page, thing: thing, name: page + " " + thing}
}

// maximumAttention keeps the list to what somebody reads.
const maximumAttention = 50

// attentionOf gives what needs somebody, the gravest first, or says that nothing does.
func attentionOf(state *State) []attention {
	items := needsOf(state)
	if len(items) == 0 {
		return []attention{newNeed(firstWords(state), theme.ConfirmIcon(), ColorSealed, "", "")}
	}
	return items[:min(len(items), maximumAttention)]
}

// needsOf gives what needs somebody, the gravest first.
func needsOf(state *State) []attention {
	items := refusalsIn(state)
	for i := range state.Sessions {
		s := &state.Sessions[i]
		touchesPublic := len(s.Decision.Triggers) > 0
		switch {
		case s.Stale && s.Now != nil:
			items = append(items, newNeed(fmt.Sprintf("The session %s to %s is %s; by the rules of now it would be %s.", s.SourceName, s.TargetName, s.Decision.Mode, s.Now.Mode),
				theme.WarningIcon(), ColorPlain, "sessions", string(s.ID)))
		case s.Decision.Mode == engine.Plain && touchesPublic:
			items = append(items, newNeed(fmt.Sprintf("The session %s to %s is plain, and touches a public address.", s.SourceName, s.TargetName),
				assets.LockOpen, ColorPlain, "sessions", string(s.ID)))
		}
	}
	for i := range state.Components {
		c := &state.Components[i]
		switch {
		case !c.Revoked.IsZero():
		case !c.Online:
			items = append(items, newNeed(offlineWords(c), theme.ErrorIcon(), ColorRefused, "components", string(c.ID)))
		case c.Problem != "":
			items = append(items, newNeed(fmt.Sprintf("%s: %s", c.Name, c.Problem), theme.WarningIcon(), ColorPlain, "components", string(c.ID)))
		case c.CertificateExpires.Sub(state.When) < certificateSoon:
			items = append(items, newNeed(fmt.Sprintf("The certificate of %s ends on %s and was not renewed.", c.Name, timeWords(c.CertificateExpires)),
				theme.WarningIcon(), ColorPlain, "components", string(c.ID)))
		}
	}
	for i := range state.Components {
		c := &state.Components[i]
		if c.Online && c.Headroom.Known() && stayedLow(state.Loads[c.ID]) {
			items = append(items, newNeed(fmt.Sprintf("%s can hardly carry more: about %s of headroom are left, limited by %s.", c.Name, rateWords(c.Headroom.BytesPerSecond), bottleneckWords(c.Headroom.LimitedBy)),
				theme.WarningIcon(), ColorPlain, "headroom", string(c.ID)))
		}
	}
	for i := range state.Routes {
		r := &state.Routes[i]
		for _, listener := range r.Listeners {
			if listener.State == engine.ListenerFailed {
				items = append(items, newNeed(fmt.Sprintf("The route %s does not listen on %s: %s", r.Name, listener.ComponentName, listener.Problem), theme.ErrorIcon(), ColorRefused, "routes", string(r.ID)))
			}
		}
		if r.Enabled && len(r.OpenLegs) > 0 {
			items = append(items, newNeed(fmt.Sprintf("The route %s has an open leg: %s", r.Name, r.OpenLegs[0]), assets.LockOpen, ColorPlain, "routes", string(r.ID)))
		}
	}
	if state.Rules.Settings.DisablePublicIPTrafficEncryption == 1 {
		items = append(items, newNeed("Automatic encryption of traffic that touches a public address is turned off.", assets.LockOpen, ColorPlain, "settings", ""))
	}
	slices.SortStableFunc(items, func(a, b attention) int { return cmp.Compare(gravity(a), gravity(b)) })
	return items
}

func gravity(a attention) int {
	if a.color == ColorRefused {
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

// maximumNodes keeps the map readable: components with traffic come first.
const maximumNodes = 16

// networkOf gives the map: components that are ends of routes or sessions, and the traffic between each two of them.
func networkOf(state *State) (nodes []chart.Node, lines []chart.Line, others int) {
	type pair struct{ from, to engine.ID }
	type link struct {
		rate          uint64
		sealed, plain int
	}
	links := map[pair]*link{}
	isTarget, isEnd := map[engine.ID]bool{}, map[engine.ID]bool{}
	order := []pair{}
	note := func(p pair) *link {
		if links[p] == nil {
			links[p] = &link{}
			order = append(order, p)
		}
		isTarget[p.to], isEnd[p.from], isEnd[p.to] = true, true, true
		return links[p]
	}
	for i := range state.Sessions {
		s := &state.Sessions[i]
		l := note(pair{s.Source, s.Target})
		l.rate += s.Traffic.RateToTarget + s.Traffic.RateToSource
		if s.Decision.Mode == engine.Sealed {
			l.sealed++
		} else {
			l.plain++
		}
	}
	for i := range state.Routes {
		for _, listener := range state.Routes[i].Listeners {
			note(pair{listener.Component, state.Routes[i].Target})
		}
	}
	components := slices.Clone(state.Components)
	// Of those with as many sessions the targets come first: where all sources lead is seen before the last of the sources.
	place := func(c *engine.ComponentStatus) int {
		switch {
		case isTarget[c.ID]:
			return 0
		case isEnd[c.ID]:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(components, func(a, b engine.ComponentStatus) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(place(&a), place(&b)))
	})
	shown := map[engine.ID]bool{}
	for i := range components {
		c := &components[i]
		if !c.Revoked.IsZero() {
			continue
		}
		if len(nodes) == maximumNodes {
			others++
			continue
		}
		node := chart.Node{ID: string(c.ID), Name: c.Name, Detail: string(c.Role), Icon: theme.ComputerIcon(), Color: theme.ColorNameForeground, Right: isTarget[c.ID]}
		if c.Role == engine.Repository || c.Role == engine.Tape {
			node.Icon = theme.StorageIcon()
		}
		if !c.Online {
			node.Detail, node.Color = "offline", ColorRefused
		}
		if !isEnd[c.ID] {
			node.Detail += ", no route"
		}
		nodes = append(nodes, node)
		shown[c.ID] = true
	}
	for _, p := range order {
		if !shown[p.from] || !shown[p.to] {
			continue
		}
		l := links[p]
		line := chart.Line{From: string(p.from), To: string(p.to), Color: theme.ColorNameSeparator, Width: 1, Icon: theme.NewColoredResource(theme.MediaPauseIcon(), ColorMuted), Label: "no session"}
		switch {
		case l.plain > 0:
			line.Color, line.Icon = ColorPlain, theme.NewColoredResource(assets.LockOpen, ColorPlain)
		case l.sealed > 0:
			line.Color, line.Icon = ColorSealed, theme.NewColoredResource(assets.LockClosed, ColorSealed)
		}
		if l.sealed+l.plain > 0 {
			line.Label, line.Width = rateWords(l.rate), lineWidth(l.rate)
		} else {
			line.Color = ColorMuted
		}
		lines = append(lines, line)
	}
	return nodes, lines, others
}

// lineWidth grows with the logarithm of the rate: 1 Mbit/s and 10 Gbit/s must both be seen.
func lineWidth(bytesPerSecond uint64) float32 {
	width := float32(1.5)
	for step := uint64(125_000); step < bytesPerSecond && width < 8; step *= 10 {
		width += 1.2
	}
	return width
}
