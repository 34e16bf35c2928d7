package broker

import (
	"slices"
	"time"

	"golang.org/x/time/rate"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/tenancy"
	"lockwire/engine/wire"
)

const (
	// A tenant adds that many components a second after a burst: each is a signature to check and a write that all others wait for.
	addRate  = rate.Limit(20)
	addBurst = 100
	// Its calls are limited to callRate a second after a burst: each takes the broker's lock for a moment.
	callRate  = rate.Limit(200)
	callBurst = 2000
	// maximumTenantSessions is how many sessions of one tenant live at a time, so that there is room for others at each repository.
	maximumTenantSessions = wire.MaximumLiveSessions / 4
)

// tenant is a customer as the broker knows it. All of it is guarded by Broker.mu.
type tenant struct {
	// Tenant is the record's; Used is newer here.
	engine.Tenant
	// recorded is what the record has of Used: what the sessions in it had carried when they were written.
	recorded uint64
	// state is the one that its followers were told last, and refused why it may not begin a session; empty where it may.
	state   engine.TenantState
	refused string
	// restoresOnly is why it may only read; empty where it may also write.
	restoresOnly string
	// changed is closed, and replaced, when its followers are to be told something.
	changed    chan struct{}
	followers  int
	challenges map[[32]byte]time.Time // when each was drawn
	grants     map[engine.ID]grant    // by the session's id
	adding     *rate.Limiter
	calling    *rate.Limiter
	live       int // sessions, until their receipts are written
}

func newTenant(record engine.Tenant) *tenant {
	return &tenant{
		Tenant: record, recorded: record.Used, changed: make(chan struct{}), challenges: map[[32]byte]time.Time{}, grants: map[engine.ID]grant{},
		adding: rate.NewLimiter(addRate, addBurst), calling: rate.NewLimiter(callRate, callBurst),
	}
}

// notify wakes whoever follows the tenant. Broker.mu is held.
func (t *tenant) notify() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// installTenants makes a reading of the record the present one. b.mu is held.
func (b *Broker) installTenants(records []engine.Tenant) {
	there := make(map[engine.ID]bool, len(records))
	for _, record := range records {
		there[record.ID] = true
		if t := b.tenants[record.ID]; t != nil {
			b.takeUpTenant(t, record)
			continue
		}
		b.tenants[record.ID] = newTenant(record)
	}
	for id, t := range b.tenants {
		if !there[id] {
			delete(b.tenants, id) // its components are revoked with it
			b.cutTunnels(t.Key, "")
			t.notify()
		}
	}
	b.tenantKeysChanged()
	b.judgeTenants()
}

// takeUpTenant takes up what the record has of a tenant. b.mu is held.
func (b *Broker) takeUpTenant(t *tenant, record engine.Tenant) {
	old := t.Key
	record.Used = t.Used
	t.Tenant = record
	if old != (engine.KeyID{}) && old != record.Key {
		b.cutTunnels(old, "")
	}
	t.notify()
}

// judgeTenants looks at what each tenant may do now. b.mu is held.
func (b *Broker) judgeTenants() {
	refused := false
	for _, t := range b.tenants {
		refused = b.judge(t) || refused
	}
	if refused {
		b.cutRefused()
	}
}

// judgeOne does so for one tenant. Where it was refused before already, its sessions were cut then, and none has begun since. b.mu is held.
func (b *Broker) judgeOne(t *tenant) {
	if before := t.refused; b.judge(t) && before == "" {
		b.cutRefused()
	}
}

// judge tells whether a tenant may not have anything now. b.mu is held.
func (b *Broker) judge(t *tenant) (refused bool) {
	now, zone := b.config.Now(), b.present.zone
	state, reason := tenancy.StateAt(&t.Tenant, now, zone), tenancy.Refusal(&t.Tenant, now, zone)
	if t.state != state || t.refused != reason {
		b.changed()
		t.state, t.refused = state, reason
		t.notify()
	}
	if reason != "" {
		clear(t.grants)
	}
	b.judgeQuota(t)
	return reason != ""
}

// cutRefused cuts the sessions of tenants that may not have any. b.mu is held.
func (b *Broker) cutRefused() {
	var cut []*live
	for _, s := range b.ordered {
		if t := b.tenants[s.shown.Tenant]; t != nil && t.refused != "" && s.open() {
			cut = append(cut, s)
		}
	}
	for _, s := range cut {
		b.step(s, session.Event{Kind: session.CutWanted, Reason: b.tenants[s.shown.Tenant].refused})
		b.cutTunnels(engine.KeyID{}, s.shown.ID) // a component that does not read must not go on
	}
}

// nextChangeOfTenants is when a tenant's state changes by itself; zero where none does. b.mu is held.
func (b *Broker) nextChangeOfTenants(now time.Time) (next time.Time) {
	zone := b.present.zone
	for _, t := range b.tenants {
		change := tenancy.NextChange(&t.Tenant, now, zone)
		if next.IsZero() || !change.IsZero() && change.Before(next) {
			next = change
		}
	}
	return next
}

// spend counts what the target of a tenant's session received. b.mu is held.
func (b *Broker) spend(s *live, bytes uint64) {
	t := b.tenants[s.shown.Tenant]
	if t == nil || bytes == 0 {
		return
	}
	near := t.QuotaUse().NearlyUsedUp()
	t.Used += bytes
	if !near && t.QuotaUse().NearlyUsedUp() {
		b.log.Warn("a tenant has used nearly all of its quota", "tenant", t.Name, "used", engine.SizeInWords(t.Used), "quota", engine.SizeInWords(t.Quota))
		t.notify()
	}
	if t.restoresOnly == "" {
		b.judgeQuota(t)
	}
}

// saveUsed queues what a tenant has used, as far as its sessions in the record say so, together with the session that is saved now:
// a broker that is started again counts nothing twice. b.mu is held.
func (b *Broker) saveUsed(s *live) {
	t := b.tenants[s.shown.Tenant]
	if t == nil {
		return
	}
	t.recorded += s.shown.Traffic.ToTarget - s.usedSaved
	s.usedSaved = s.shown.Traffic.ToTarget
	b.record.Used(t.ID, t.recorded)
}

// keyOwner is whose a key is: a tenant's or, with its component, one of a component's of it.
type keyOwner struct {
	tenant    *tenant
	component *member
}

// tenantOfKey finds whose a key is; false where it is nobody's who may be let through. b.mu is held.
func (b *Broker) tenantOfKey(key engine.KeyID) (t *tenant, component *member, found bool) {
	if b.tenantKeys == nil {
		b.tenantKeys = map[engine.KeyID]keyOwner{}
		for _, t := range b.tenants {
			b.tenantKeys[t.Key] = keyOwner{tenant: t}
		}
		for _, m := range b.members {
			if t := b.tenants[m.Tenant]; t != nil && m.Revoked.IsZero() {
				b.tenantKeys[m.Key] = keyOwner{t, m}
			}
		}
		delete(b.tenantKeys, engine.KeyID{}) // of tenants without one
	}
	owner, found := b.tenantKeys[key]
	return owner.tenant, owner.component, found
}

// tenantKeysChanged has tenantOfKey look anew. b.mu is held.
func (b *Broker) tenantKeysChanged() { b.tenantKeys = nil }

// Tenants gives all tenants as they are now, sorted by name.
func (b *Broker) Tenants() []engine.TenantStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	zone, now := b.present.zone, b.config.Now()
	statuses := make([]engine.TenantStatus, 0, len(b.tenants))
	at := make(map[engine.ID]int, len(b.tenants))
	for _, t := range b.tenants {
		status := engine.TenantStatus{Tenant: t.Tenant, State: tenancy.StateAt(&t.Tenant, now, zone), Attached: t.followers > 0}
		status.Services = slices.Clone(t.Services)
		statuses = append(statuses, status)
	}
	slices.SortFunc(statuses, func(x, y engine.TenantStatus) int { return byName(x.Name, y.Name) })
	for i := range statuses {
		at[statuses[i].ID] = i
	}
	for _, m := range b.members {
		if i, known := at[m.Tenant]; known && m.Tenant != "" && m.Revoked.IsZero() {
			statuses[i].Components++
		}
	}
	for _, s := range b.ordered {
		if i, known := at[s.shown.Tenant]; known && s.shown.Tenant != "" && s.open() {
			traffic := &statuses[i].Traffic
			statuses[i].Sessions++
			traffic.ToTarget += s.shown.Traffic.ToTarget
			traffic.ToSource += s.shown.Traffic.ToSource
			traffic.RateToTarget += s.shown.Traffic.RateToTarget
			traffic.RateToSource += s.shown.Traffic.RateToSource
		}
	}
	return statuses
}
