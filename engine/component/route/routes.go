package route

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

const (
	// maximumRoutes is how many routes one component may be a source of.
	maximumRoutes = 1024
	// listenRetry is the time between two tries of a listener that failed.
	listenRetry = 10 * time.Second
)

// Routes are those of which the component is a source.
type Routes struct {
	flows    *Flows
	requests *live.Requests
	allowed  *machine.Listens

	mu     sync.Mutex
	closed bool
	routes map[engine.ID]*Route
}

// NewRoutes has none yet. Sessions for their connections come from requests, and allowed says where they may listen.
func NewRoutes(flows *Flows, requests *live.Requests, allowed *machine.Listens) *Routes {
	return &Routes{flows: flows, requests: requests, allowed: allowed, routes: make(map[engine.ID]*Route)}
}

// Replace takes the broker's list. A route that is on it with the same address goes on, whatever its name is now; the others are closed or opened.
// What runs over a route that was taken away goes on until the broker ends its session.
func (t *Routes) Replace(messages []*wire.Route) error {
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
		if message := wanted[id]; message == nil || message.GetListen() != present.Listen {
			present.close()
			delete(t.routes, id)
		} else {
			present.rename(message.GetName())
		}
	}
	for id, message := range wanted {
		if t.routes[id] == nil {
			t.routes[id] = t.newRoute(id, message.GetName(), message.GetListen())
		}
	}
	t.mu.Unlock()
	t.Tell()
	return nil
}

// Retry tries listeners again that failed a while ago.
func (t *Routes) Retry() {
	t.mu.Lock()
	changed := false
	for _, one := range t.routes {
		changed = one.retry() || changed
	}
	t.mu.Unlock()
	if changed {
		t.Tell()
	}
}

// Tell reports the state of each listener.
func (t *Routes) Tell() {
	message := &wire.ListenerStates{}
	for _, one := range t.All() {
		problem := one.Problem()
		message.States = append(message.States, &wire.ListenerState{Route: wire.IDBytes(one.ID), Listening: problem == "", Problem: problem})
	}
	t.flows.Tell(&wire.Up{Message: &wire.Up_ListenerStates{ListenerStates: message}})
}

// All gives them in no order.
func (t *Routes) All() []*Route {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.routes))
}

// Get finds a route; nil where there is none.
func (t *Routes) Get(id engine.ID) *Route {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.routes[id]
}

// StartAnew forgets what the broker of the last stream made the routes believe.
func (t *Routes) StartAnew() {
	for _, one := range t.All() {
		one.current.StartAnew()
	}
}

// Close closes all listeners for good.
func (t *Routes) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, one := range t.routes {
		one.close()
	}
}

var errRouteClosed = errors.New("the route was taken away or changed")
