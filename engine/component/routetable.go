package component

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

const (
	// maximumRoutes is how many routes one component may be a source of.
	maximumRoutes = 1024
	// listenRetry is the time between two tries of a listener that failed.
	listenRetry = 10 * time.Second
)

// routeTable holds the routes of which the component is a source.
type routeTable struct {
	a *attachment

	mu     sync.Mutex
	closed bool
	routes map[engine.ID]*route
}

func newRouteTable(a *attachment) *routeTable {
	return &routeTable{a: a, routes: make(map[engine.ID]*route)}
}

// replace takes the broker's list. A route that is on it with the same address goes on, whatever its name is now; the others are closed or opened.
// What runs over a route that was taken away goes on until the broker ends its session.
func (t *routeTable) replace(messages []*wire.Route) error {
	if len(messages) > maximumRoutes {
		return fmt.Errorf("%d routes are too many", len(messages))
	}
	wanted := make(map[engine.ID]*wire.Route, len(messages))
	for _, message := range messages {
		id, err := wire.ParseID(message.GetId())
		if err != nil {
			return fmt.Errorf("route: %w", err)
		}
		wanted[id] = message
	}
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	for id, present := range t.routes {
		if message := wanted[id]; message == nil || message.GetListen() != present.listen {
			present.close()
			delete(t.routes, id)
		} else {
			present.rename(message.GetName())
		}
	}
	for id, message := range wanted {
		if t.routes[id] == nil {
			t.routes[id] = newRoute(t.a, id, message.GetName(), message.GetListen())
		}
	}
	t.mu.Unlock()
	t.tell()
	return nil
}

// retry tries listeners again that failed a while ago.
func (t *routeTable) retry() {
	t.mu.Lock()
	changed := false
	for _, one := range t.routes {
		changed = one.retry() || changed
	}
	t.mu.Unlock()
	if changed {
		t.tell()
	}
}

// tell reports the state of each listener.
func (t *routeTable) tell() {
	message := &wire.ListenerStates{}
	for _, one := range t.all() {
		state := one.state()
		message.States = append(message.States, &wire.ListenerState{Route: wire.IDBytes(one.id), Listening: state.problem == "", Problem: state.problem})
	}
	t.a.tell(&wire.Up{Message: &wire.Up_ListenerStates{ListenerStates: message}})
}

func (t *routeTable) all() []*route {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.routes))
}

func (t *routeTable) get(id engine.ID) *route {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.routes[id]
}

// startAnew forgets what the broker of the last stream made the routes believe.
func (t *routeTable) startAnew() {
	for _, one := range t.all() {
		one.startAnew()
	}
}

// close closes all listeners for good.
func (t *routeTable) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, one := range t.routes {
		one.close()
	}
}

var errRouteClosed = errors.New("the route was taken away or changed")
