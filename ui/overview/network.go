package overview

import (
	"cmp"
	"slices"

	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// maximumNodes keeps the map readable: components with traffic come first.
const maximumNodes = 16

// networkOf gives the map: components that are ends of routes or sessions, and the traffic between each two of them.
func networkOf(state *model.State) (nodes []chart.Node, lines []chart.Line, others int) {
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
	// Among components with as many sessions the targets come first: the target of all sources is seen before the last source.
	rank := func(c *engine.ComponentStatus) int {
		switch {
		case isTarget[c.ID]:
			return 0
		case isEnd[c.ID]:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(components, func(a, b engine.ComponentStatus) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(rank(&a), rank(&b)))
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
			node.Detail, node.Color = "offline", kit.ColorRefused
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
		line := chart.Line{From: string(p.from), To: string(p.to), Color: theme.ColorNameSeparator, Width: 1, Icon: theme.NewColoredResource(theme.MediaPauseIcon(), kit.ColorMuted), Label: "no session"}
		switch {
		case l.plain > 0:
			line.Color, line.Icon = kit.ColorPlain, theme.NewColoredResource(assets.LockOpen, kit.ColorPlain)
		case l.sealed > 0:
			line.Color, line.Icon = kit.ColorSealed, theme.NewColoredResource(assets.LockClosed, kit.ColorSealed)
		}
		if l.sealed+l.plain > 0 {
			line.Label, line.Width = text.Rate(l.rate), lineWidth(l.rate)
		} else {
			line.Color = kit.ColorMuted
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
