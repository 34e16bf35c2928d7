package broker

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"lockwire/engine"
)

// askedAtOnce is how many backends are asked about at the same time: fewer than a component answers for.
const askedAtOnce = 8

// BackendsAround gives the backends of enabled routes that listen beyond loopback, as the tables of sockets of their machines say. Nobody
// connects to anything; what is not attached, or does not answer, is left out.
func (b *Broker) BackendsAround(ctx context.Context) []engine.AroundFault {
	type place struct {
		target  engine.ID
		backend string
	}
	places := map[place][]plannedTest{}
	for _, id := range b.enabledRoutes() {
		if t, err := b.planTest(id); err == nil {
			at := place{t.target.ID, t.backend}
			places[at] = append(places[at], t)
		}
	}
	var mu sync.Mutex
	var found []engine.AroundFault
	var asking sync.WaitGroup
	slots := make(chan struct{}, askedAtOnce)
	for _, tests := range places {
		slots <- struct{}{}
		asking.Go(func() {
			defer func() { <-slots }()
			_, around := b.lookAtBackend(ctx, tests[0], false)
			if around.Answer != engine.AnswerYes {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, t := range tests {
				found = append(found, engine.AroundFault{Route: t.route.ID, Name: t.route.Name, TargetName: t.target.Name, Backend: t.backend, At: around.At})
			}
		})
	}
	asking.Wait()
	slices.SortFunc(found, func(x, y engine.AroundFault) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(string(x.Route), string(y.Route)))
	})
	return found
}

// enabledRoutes gives the routes that are on.
func (b *Broker) enabledRoutes() (ids []engine.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, route := range b.present.routes {
		if route.Enabled {
			ids = append(ids, id)
		}
	}
	return ids
}
