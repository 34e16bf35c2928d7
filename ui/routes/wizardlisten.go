package routes

import (
	"net"
	"net/netip"
	"slices"
	"strconv"

	"lockwire/engine"
	"lockwire/ui/model"
)

const (
	// lowestPort is the lowest port on which an agent may listen without further rights.
	lowestPort = 1024
	// triedPorts is how many ports from the usual one on are looked at for a free one.
	triedPorts = 100
)

// fillListen has a new route listen at the usual port of its tool, or at that of the backend for a tool without one, or at the next port
// that is free on its sources.
func (w *routeWizard) fillListen() {
	if w.choseListen {
		return
	}
	usual := w.preset.listen
	if usual == "" {
		_, usual, _ = net.SplitHostPort(w.backend.Text)
	}
	port, err := strconv.ParseUint(usual, 10, 16)
	if err != nil || port < lowestPort {
		return
	}
	taken := w.takenPorts()
	for next := port; next < port+triedPorts && next <= 65535; next++ {
		if !taken[uint16(next)] {
			port = next
			break
		}
	}
	if listen := listenOn(strconv.FormatUint(port, 10)); w.listen.Text != listen {
		w.fill(w.listen, listen)
	}
}

// takenPorts are those on which other routes listen on the chosen sources.
func (w *routeWizard) takenPorts() map[uint16]bool {
	route, taken := engine.Route{}, map[uint16]bool{}
	w.chosenSources(&route)
	for i := range w.state.Routes {
		other := &w.state.Routes[i]
		address, err := netip.ParseAddrPort(other.Listen)
		shares := slices.ContainsFunc(other.Listeners, func(l engine.Listener) bool {
			c := model.ComponentIn(w.state, l.Component)
			return c != nil && startsOn(&route, c)
		})
		if err == nil && shares {
			taken[address.Port()] = true
		}
	}
	return taken
}

// startsOn reports whether a component is a source of a route, by itself or by its tag.
func startsOn(route *engine.Route, c *engine.ComponentStatus) bool {
	return slices.Contains(route.Sources, c.ID) || route.SourceTag != "" && slices.Contains(c.Tags, route.SourceTag)
}
