package tryout

import (
	"context"
	"time"

	"lockwire/app/host"
	"lockwire/engine"
)

// configure makes rules, routes and their services, and gives where each job's route listens, once all do.
func (t *Tryout) configure(ctx context.Context, admin engine.Administration, ids map[string]engine.ID, jobs []job, backends []string) ([]string, error) {
	for _, rule := range rules(time.Now()) {
		if _, err := apply(ctx, admin, engine.Change{AddRule: &rule}); err != nil {
			return nil, err
		}
	}
	listens := make([]string, len(jobs))
	for i := range jobs {
		j := &jobs[i]
		listen, err := t.putRoute(ctx, admin, &engine.RouteEdit{
			Route: engine.Route{Name: j.route, Sources: []engine.ID{ids[j.source]}, Direction: engine.Push, Enabled: true, LingerSeconds: linger},
			Own:   &engine.OwnService{Target: ids[j.target], Backend: backends[i]},
		})
		if err != nil {
			return nil, err
		}
		listens[i] = listen
	}
	return listens, nil
}

// putRoute makes a route and gives where it listens, once it does.
func (t *Tryout) putRoute(ctx context.Context, admin engine.Administration, edit *engine.RouteEdit) (string, error) {
	listen, err := host.FreeAddress()
	if err != nil {
		return "", err
	}
	edit.Route.Listen = listen
	route, err := apply(ctx, admin, engine.Change{PutRoute: edit})
	if err != nil {
		return "", err
	}
	return listen, host.Await(ctx, startWithin, "the route", func() (bool, error) {
		routes, err := admin.Routes(ctx)
		for i := range routes {
			if routes[i].ID == route.Route.ID && len(routes[i].Listeners) == 1 && routes[i].Listeners[0].State == engine.ListenerUp {
				return true, err
			}
		}
		return false, err
	})
}

// apply does a change, whatever it asks: nobody uses the estate yet.
func apply(ctx context.Context, admin engine.Administration, change engine.Change) (engine.Effect, error) {
	return engine.ApplyShown(ctx, admin, change, false, func(engine.Effect) {})
}
