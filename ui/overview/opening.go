package overview

import "lockwire/ui/page"

// showNetwork draws the map of the newest state in the room that there is.
func (p *view) showNetwork() {
	if p.state != nil {
		p.shown = networkOf(p.state, p.network.Room())
		p.network.Set(p.shown.nodes, p.shown.lines)
	}
}

// openNode leads to a component, or to those that are folded.
func (p *view) openNode(id string) {
	if folded := p.shown.folded[id]; folded != nil {
		p.console.Go("components", page.FilterThing(folded.key.filter()))
		return
	}
	p.console.Go("components", id)
}

// openLine leads to the session of a line, to all of them, or to the route where there is none.
func (p *view) openLine(from, to string) {
	link := p.shown.links[pair[string]{from, to}]
	switch {
	case link == nil:
	case link.sessions() == 1:
		p.console.Go("sessions", string(link.session))
	case link.sessions() > 1:
		p.console.Go("sessions", page.FilterThing(p.shown.sessionWords(from, to)))
	default:
		p.console.Go("routes", string(link.route))
	}
}

// sessionWords are those that show the sessions between two nodes on their page; ends that are folded do not narrow them down.
func (m *netMap) sessionWords(from, to string) string {
	words := " to "
	if m.folded[from] == nil {
		words = m.names[from] + words
	}
	if m.folded[to] == nil {
		words += m.names[to]
	}
	if words == " to " {
		return ""
	}
	return `"` + words + `"`
}
