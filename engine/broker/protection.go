package broker

import (
	"time"

	"lockwire/engine"
)

// link is a way from a source of a route to its target.
type link struct{ source, target engine.ID }

// protect decides what protects each way of a route, where all has been decided anew since it was last asked for. Nobody looks while ten
// thousand components attach.
func (b *Broker) protect() {
	b.mu.Lock()
	considered := b.considered
	known := b.protections != nil && b.protectedAs == considered
	b.mu.Unlock()
	if known {
		return
	}
	protections := b.protectionsAt(b.config.Now())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.protections, b.protectedAs = protections, considered
}

// protectionsAt decides what protects each way of a route. b.mu is not held: deciding takes time.
func (b *Broker) protectionsAt(now time.Time) map[link]engine.Protection {
	type pair struct {
		source, target engine.Party
		sameMachine    bool
	}
	protections, pairs := map[link]engine.Protection{}, map[link]pair{}
	b.mu.Lock()
	present, names := b.present, b.namesNow()
	for _, route := range present.routes {
		service := present.services[route.Service]
		if service == nil {
			continue
		}
		target := b.beyond(service)
		for _, id := range present.sources[route.ID] {
			source := b.members[id]
			if source == nil || target == nil {
				continue
			}
			way := link{id, target.ID}
			if _, known := pairs[way]; known || engine.LinkProtection(&source.Component, &target.Component).State != "" {
				continue
			}
			sameMachine := engine.SameMachine(&source.Component, &target.Component)
			if source.attachment != nil && target.attachment != nil && source.attachment.otherMachines[target.attachment] {
				sameMachine = false
			}
			pairs[way] = pair{source.Party(), target.Party(), sameMachine}
		}
	}
	b.mu.Unlock()
	for way, p := range pairs {
		decision := present.compiled.Decide(engine.Pair{Source: p.source, Target: p.target, Operation: engine.Backup, SameMachine: p.sameMachine}, now, names)
		protections[way] = decision.Protection()
	}
	return protections
}

// protection gives what protects a route from one of its sources, as protect has found it. b.mu is held.
func (b *Broker) protection(route *engine.Route, source *member) engine.Protection {
	service := b.present.services[route.Service]
	if service == nil {
		return engine.LinkProtection(&source.Component, nil)
	}
	target := b.beyond(service)
	if target == nil {
		return engine.LinkProtection(&source.Component, nil)
	}
	if refused := engine.LinkProtection(&source.Component, &target.Component); refused.State != "" {
		return refused
	}
	return b.protections[link{source.ID, target.ID}]
}
