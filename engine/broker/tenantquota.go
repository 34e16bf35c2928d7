package broker

import (
	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/tenancy"
	"lockwire/engine/wire"
)

// A tenant over its quota keeps its sessions and begins new ones, so that it can restore. What it may still send towards a backend, the
// requests of a restore, the targets of its sessions see to.

// judgeQuota looks whether a tenant may still write, and tells all who have to know. b.mu is held.
func (b *Broker) judgeQuota(t *tenant) {
	reason := tenancy.RestoresOnly(&t.Tenant)
	if t.restoresOnly == reason {
		return
	}
	changed := (t.restoresOnly == "") != (reason == "")
	t.restoresOnly = reason
	for _, m := range b.members {
		if m.Tenant == t.ID {
			b.tellComponentQuota(m, t)
		}
	}
	if !changed {
		return
	}
	told := map[*member]bool{}
	for _, s := range b.ordered {
		if s.shown.Tenant != t.ID {
			continue
		}
		target := s.ends[session.Target]
		switch {
		case target.attachment != nil:
			s.restoresOnly = reason != ""
			if !told[target] {
				told[target] = true
				b.tellTargetQuota(target, t)
			}
		case reason != "": // nobody is there to tell restores from backups
			b.cutTunnels(engine.KeyID{}, s.shown.ID)
		}
	}
	b.changed()
}

// tellComponentQuota tells a tenant's component whether it may only read. b.mu is held.
func (b *Broker) tellComponentQuota(m *member, t *tenant) {
	b.send(m, &wire.Down{Message: &wire.Down_RestoresOnly{RestoresOnly: &wire.RestoresOnly{RestoresOnly: t.restoresOnly != "", Reason: t.restoresOnly}}})
}

// tellTargetQuota tells a target of a tenant's sessions whether the tenant may only read. b.mu is held.
func (b *Broker) tellTargetQuota(m *member, t *tenant) {
	b.send(m, &wire.Down{Message: &wire.Down_RestoresOnly{RestoresOnly: &wire.RestoresOnly{Tenant: wire.IDBytes(t.ID), RestoresOnly: t.restoresOnly != ""}}})
}

// tellQuotas tells a component that has attached what may have changed meanwhile. b.mu is held.
func (b *Broker) tellQuotas(m *member) {
	if t := b.tenants[m.Tenant]; t != nil {
		if t.restoresOnly != "" {
			b.tellComponentQuota(m, t)
		}
		return
	}
	told := map[*tenant]bool{}
	for _, s := range m.sessions {
		t := b.tenants[s.shown.Tenant]
		if t == nil || s.ends[session.Target] != m {
			continue
		}
		s.restoresOnly = t.restoresOnly != ""
		if !told[t] {
			told[t] = true
			b.tellTargetQuota(m, t)
		}
	}
}

// heldToQuota tells whether the target of a tenant's session knows whether the tenant may only read. b.mu is held.
func (b *Broker) heldToQuota(s *live) bool {
	t := b.tenants[s.shown.Tenant]
	return t == nil || t.restoresOnly == "" || s.restoresOnly
}
