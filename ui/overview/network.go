package overview

import (
	"cmp"
	"fmt"
	"slices"

	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// fewLines is up to how many lines those without a session have a label, too.
const fewLines = 6

// labelledLines is how many of the lines that carry sessions have a label: those that carry most. The mouse tells of the others; more
// labels would hide the lines.
const labelledLines = 12

// pair is where traffic comes from and where it goes: components, or the nodes that stand for them.
type pair[T comparable] struct{ from, to T }

// link is what goes on between two ends.
type link struct {
	rate          uint64
	sealed, plain int
	session       engine.ID // one of them
	route         engine.ID // a route between the two; empty where only a session is
}

func (l *link) sessions() int { return l.sealed + l.plain }

func (l *link) add(other *link) {
	l.rate += other.rate
	l.sealed += other.sealed
	l.plain += other.plain
	l.session, l.route = cmp.Or(l.session, other.session), cmp.Or(l.route, other.route)
}

// traffic gives the links between components, in the order in which they were found.
func traffic(state *model.State) (order []pair[engine.ID], links map[pair[engine.ID]]*link) {
	links = map[pair[engine.ID]]*link{}
	note := func(from, to engine.ID) *link {
		p := pair[engine.ID]{from, to}
		if links[p] == nil {
			links[p] = &link{}
			order = append(order, p)
		}
		return links[p]
	}
	for i := range state.Sessions {
		s := &state.Sessions[i]
		l := note(s.Source, s.Target)
		l.rate += s.Traffic.RateToTarget + s.Traffic.RateToSource
		l.session = s.ID
		if s.Decision.Mode == engine.Sealed {
			l.sealed++
		} else {
			l.plain++
		}
	}
	for i := range state.Routes {
		r := &state.Routes[i]
		for _, listener := range r.Listeners {
			if r.Target != "" { // a provider's target is no component
				l := note(listener.Component, r.Target)
				l.route = cmp.Or(l.route, r.ID)
			}
		}
	}
	return order, links
}

// membersOf are the components of the map: all that are not revoked.
func membersOf(state *model.State, order []pair[engine.ID], links map[pair[engine.ID]]*link) (left, right []member) {
	isTarget, isEnd, isBusy, tagged := map[engine.ID]bool{}, map[engine.ID]bool{}, map[engine.ID]bool{}, map[engine.ID]string{}
	for _, p := range order {
		isTarget[p.to], isEnd[p.from], isEnd[p.to] = true, true, true
		if links[p].sessions() > 0 {
			isBusy[p.from], isBusy[p.to] = true, true
		}
	}
	for i := range state.Routes {
		for _, listener := range state.Routes[i].Listeners {
			isEnd[listener.Component] = true // one that leads to a provider has no line
			tagged[listener.Component] = cmp.Or(tagged[listener.Component], state.Routes[i].SourceTag)
		}
	}
	for i := range state.Components {
		c := &state.Components[i]
		if !c.Revoked.IsZero() {
			continue
		}
		m := member{status: c, target: isTarget[c.ID], routed: isEnd[c.ID], busy: isBusy[c.ID]}
		if m.target {
			right = append(right, m)
		} else {
			m.tag = tagged[c.ID]
			left = append(left, m)
		}
	}
	return left, right
}

// netMap is what the map shows, and what its nodes and lines stand for.
type netMap struct {
	nodes  []chart.Node
	lines  []chart.Line
	folded map[string]*drawn      // the nodes that stand for several, by their ids
	links  map[pair[string]]*link // the lines, by their nodes
	names  map[string]string      // of the nodes
}

// networkOf gives the map: every component by itself or folded with others, so that no column has more nodes than there is room for, and
// the traffic between each two of them.
func networkOf(state *model.State, room int) *netMap {
	order, links := traffic(state)
	left, right := membersOf(state, order, links)
	m := &netMap{folded: map[string]*drawn{}, links: map[pair[string]]*link{}, names: map[string]string{}}
	sources, targets := fold(left, room), fold(right, room)
	nodeOf := map[engine.ID]string{}
	for _, column := range [][]drawn{sources, targets} {
		for i := range column {
			for _, each := range column[i].members {
				nodeOf[each.status.ID] = column[i].id()
			}
		}
	}
	var between []pair[string]
	for _, p := range order {
		from, to := nodeOf[p.from], nodeOf[p.to]
		if from == "" || to == "" || from == to {
			continue
		}
		nodes := pair[string]{from, to}
		if m.links[nodes] == nil {
			m.links[nodes] = &link{}
			between = append(between, nodes)
		}
		m.links[nodes].add(links[p])
	}
	inOrder(sources, targets, between)
	for _, column := range [][]drawn{targets, sources} { // the target of all sources is seen before the last source
		for i := range column {
			m.addNode(&column[i])
		}
	}
	m.addLines(between)
	return m
}

// inOrder sorts both columns by name, folded ones last, and the sources by their first targets, so that few lines cross.
func inOrder(sources, targets []drawn, between []pair[string]) {
	byName := func(a, b *drawn) int {
		return cmp.Or(compareBool(len(a.members) > 1, len(b.members) > 1), -compareBool(a.members[0].routed, b.members[0].routed), compareNames(&a.members[0], &b.members[0]))
	}
	slices.SortStableFunc(targets, func(a, b drawn) int { return byName(&a, &b) })
	at, first := map[string]int{}, map[string]int{}
	for i := range targets {
		at[targets[i].id()] = i
	}
	for _, p := range between {
		if _, known := first[p.from]; !known || at[p.to] < first[p.from] {
			first[p.from] = at[p.to]
		}
	}
	slices.SortStableFunc(sources, func(a, b drawn) int {
		return cmp.Or(compareBool(len(a.members) > 1, len(b.members) > 1), -compareBool(a.members[0].routed, b.members[0].routed), cmp.Compare(first[a.id()], first[b.id()]), byName(&a, &b))
	})
}

func (m *netMap) addNode(d *drawn) {
	c := d.members[0].status
	node := chart.Node{ID: d.id(), Name: c.Name, Detail: string(c.Role), Icon: theme.ComputerIcon(), Color: theme.ColorNameForeground, Right: d.members[0].target}
	if c.Role == engine.Repository || c.Role == engine.Tape {
		node.Icon = theme.StorageIcon()
	}
	if len(d.members) > 1 {
		m.folded[node.ID] = d
		node.Stands, node.Name, node.Detail = len(d.members), d.words(), ""
		if d.key.role == "" {
			node.Icon = theme.ComputerIcon()
		}
		offline := 0
		for _, each := range d.members {
			if !each.status.Online {
				offline++
			}
		}
		if offline > 0 {
			node.Detail = text.Number(offline) + " offline"
		}
		if !d.key.routed {
			node.Detail = joined(node.Detail, "no route")
		}
	} else {
		if !c.Online {
			node.Detail, node.Color, node.Icon = "offline", kit.ColorRefused, theme.NewColoredResource(theme.WarningIcon(), kit.ColorRefused)
		}
		if !d.members[0].routed {
			node.Detail = joined(node.Detail, "no route")
		}
	}
	m.names[node.ID] = node.Name
	m.nodes = append(m.nodes, node)
}

func joined(first, second string) string {
	if first == "" {
		return second
	}
	return first + ", " + second
}

// addLines draws what carries a session over what does not, and plain over sealed.
func (m *netMap) addLines(between []pair[string]) {
	weight := func(l *link) int {
		switch {
		case l.plain > 0:
			return 2
		case l.sealed > 0:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(between, func(a, b pair[string]) int {
		return cmp.Or(cmp.Compare(weight(m.links[a]), weight(m.links[b])), cmp.Compare(lineWidth(m.links[a].rate), lineWidth(m.links[b].rate)))
	})
	most := m.thickest(between)
	for _, p := range between {
		line := m.line(p, len(between) <= fewLines)
		if m.links[p].sessions() > 0 && !most[p] {
			line.Label, line.Icon = "", nil
		}
		m.lines = append(m.lines, line)
	}
}

// thickest are the lines with sessions that have a label, of equal ones first those with something plain. They go by the width of the line, which does not change with each second as the
// rate does.
func (m *netMap) thickest(between []pair[string]) map[pair[string]]bool {
	carrying := slices.DeleteFunc(slices.Clone(between), func(p pair[string]) bool { return m.links[p].sessions() == 0 })
	slices.SortStableFunc(carrying, func(a, b pair[string]) int {
		x, y := m.links[a], m.links[b]
		return cmp.Or(cmp.Compare(lineWidth(y.rate), lineWidth(x.rate)), -compareBool(x.plain > 0, y.plain > 0))
	})
	most := map[pair[string]]bool{}
	for _, p := range carrying[:min(len(carrying), labelledLines)] {
		most[p] = true
	}
	return most
}

func (m *netMap) line(p pair[string], labelled bool) chart.Line {
	l := m.links[p]
	line := chart.Line{From: p.from, To: p.to, Width: 1, Words: m.names[p.from] + " to " + m.names[p.to] + ": "}
	if l.sessions() == 0 {
		line.Color, line.Words = kit.ColorMuted, line.Words+"no session"
		if labelled {
			line.Icon, line.Label = theme.NewColoredResource(theme.MediaPauseIcon(), kit.ColorMuted), "no session"
		}
		return line
	}
	line.Color, line.Icon = kit.ColorSealed, theme.NewColoredResource(assets.LockClosed, kit.ColorSealed)
	if l.plain > 0 {
		line.Color, line.Icon = kit.ColorPlain, theme.NewColoredResource(assets.LockOpen, kit.ColorPlain)
	}
	line.Label, line.Width = text.Rate(l.rate), lineWidth(l.rate)
	line.Words += fmt.Sprintf("%s, %s (%s sealed, %s plain)", line.Label, text.Count(l.sessions(), "session", "sessions"), text.Number(l.sealed), text.Number(l.plain))
	return line
}

// lineWidth grows with the logarithm of the rate: 1 Mbit/s and 10 Gbit/s must both be seen.
func lineWidth(bytesPerSecond uint64) float32 {
	width := float32(1.5)
	for step := uint64(125_000); step < bytesPerSecond && width < 8; step *= 10 {
		width += 1.2
	}
	return width
}
