package routes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lockwire/engine"
)

// routeKeeping writes a route together with the service that is made for it. A service without its route never stays behind.
type routeKeeping struct {
	admin   engine.Administration
	route   engine.Route
	service engine.Service
	own     bool // service is the route's own, not one that was chosen
	// previous is the service to which an edited route led until now, where there was one.
	previous       *engine.Service
	previousShared bool
	// previousImplicit marks a service that was made with the route, and is renamed and removed with it.
	previousImplicit bool
}

func (k *routeKeeping) keep(ctx context.Context, confirmed bool) (engine.Route, error) {
	if !k.own || k.same() {
		if k.own {
			k.route.Service = k.previous.ID
		}
		kept, err := k.admin.PutRoute(ctx, k.route, confirmed)
		if err != nil {
			return kept, err
		}
		if k.own {
			return kept, k.name(ctx, k.previous.ID)
		}
		return kept, k.tidy(ctx, "")
	}
	// The route goes from the old service to a new one in one move: a service that is edited in its place would lead the route
	// elsewhere before anything was confirmed.
	made, err := k.makeService(ctx)
	if err != nil {
		return engine.Route{}, err
	}
	k.route.Service = made.ID
	kept, err := k.admin.PutRoute(ctx, k.route, confirmed)
	if err != nil {
		if undo := k.admin.RemoveService(ctx, made.ID); undo != nil {
			return kept, fmt.Errorf("%w (and the service %s stays behind: %w)", err, made.Name, undo)
		}
		return kept, err
	}
	return kept, k.tidy(ctx, made.ID)
}

// same reports whether the route keeps its own service unchanged.
func (k *routeKeeping) same() bool {
	return k.previous != nil && !k.previousShared && k.previous.Backend == k.service.Backend && k.previous.Target == k.service.Target
}

// implicitService reports whether a route's service was made with the route: it has the name that makeService gives.
func implicitService(r *engine.RouteStatus) bool {
	return r.ServiceName == r.Name || strings.HasPrefix(r.ServiceName, r.Name+" (")
}

// makeService makes the service under the route's name, or under one like it where that is taken.
func (k *routeKeeping) makeService(ctx context.Context) (engine.Service, error) {
	const attempts = 20
	wanted := k.service
	wanted.ID = ""
	for attempt := 2; ; attempt++ {
		made, err := k.admin.PutService(ctx, wanted)
		if attempt > attempts || !errors.Is(err, engine.ErrNameTaken) {
			return made, err
		}
		ending := fmt.Sprintf(" (%d)", attempt)
		name := []rune(k.service.Name)
		name = name[:min(len(name), engine.MaximumNameLength-len(ending))]
		wanted.Name = string(name) + ending
	}
}

// tidy removes the service that was made with the route and that it has left, and gives its name to the new one.
func (k *routeKeeping) tidy(ctx context.Context, made engine.ID) error {
	if k.previous == nil || !k.previousImplicit || k.previousShared || k.previous.ID == k.route.Service {
		return nil
	}
	if err := k.admin.RemoveService(ctx, k.previous.ID); err != nil {
		if errors.Is(err, engine.ErrInUse) || errors.Is(err, engine.ErrNotFound) {
			return nil // somebody else has led a route to it, or removed it, meanwhile
		}
		return fmt.Errorf("the route is saved, but its old service %s is still there: %w", k.previous.Name, err)
	}
	if made == "" {
		return nil
	}
	return k.name(ctx, made)
}

// name calls a service that was made with the route as the route is called now.
func (k *routeKeeping) name(ctx context.Context, service engine.ID) error {
	if k.previous == nil || !k.previousImplicit || service == k.previous.ID && k.previous.Name == k.route.Name {
		return nil
	}
	named := k.service
	named.ID, named.Name = service, k.route.Name
	if _, err := k.admin.PutService(ctx, named); err != nil && !errors.Is(err, engine.ErrNameTaken) {
		return fmt.Errorf("the route is saved, but its service could not be named after it: %w", err)
	}
	return nil
}
