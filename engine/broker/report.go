package broker

import (
	"net/netip"
	"reflect"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// takeReport takes over a component's report of itself.
func (b *Broker) takeReport(a *attachment, message *wire.Report) error {
	report, err := message.Engine()
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.member.attachment == a {
		b.reported(a.member, report, a.from)
		b.pushLine(a.member)
	}
	return nil
}

// reported takes over what a component says of itself, and asks for new decisions where that can change them. b.mu is held.
func (b *Broker) reported(m *member, report engine.Report, from netip.Addr) {
	if m.Tenant != "" {
		report, from = tenantReport(report), netip.Addr{}
	}
	changes := m.SeenFrom != from || !reflect.DeepEqual(m.Report, report)
	m.Report, m.SeenFrom, m.LastSeen = report, from, time.Now()
	b.record.Component(m.ID, engine.Sighting{Report: report, SeenFrom: from, LastSeen: m.LastSeen})
	if changes {
		b.names = nil
		b.wantReconsideration()
	}
	b.changed()
}
