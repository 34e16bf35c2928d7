package broker

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// providerState is a service provider of which this installation is a tenant, as the broker knows it. All of it is guarded by Broker.mu.
type providerState struct {
	engine.Provider
	// end stands for the other end of the sessions that lead there. It is no component of this installation, and never attached.
	end *member
	// joined are the components that have joined there: their ids there, by their ids here.
	joined map[engine.ID]engine.ID
	// joining are those that are about to.
	joining map[engine.ID]*joining
	// gateways are those that the components were told last.
	gateways []string
	// news is closed, and replaced, when the connection, or who has joined, has changed.
	news chan struct{}
}

// notify wakes who waits for news. Broker.mu is held.
func (p *providerState) notify() {
	close(p.news)
	p.news = make(chan struct{})
}

// installProviders takes up a reading of the record. b.mu is held.
func (b *Broker) installProviders(providers []engine.Provider, joined []engine.ProviderComponent) {
	there := make(map[engine.ID]bool, len(providers))
	for _, p := range providers {
		there[p.ID] = true
		state := b.providers[p.ID]
		if state == nil {
			state = &providerState{end: newMember(engine.Component{ID: p.ID, Role: engine.ProviderGateway}), joining: map[engine.ID]*joining{}, news: make(chan struct{})}
			b.providers[p.ID] = state
		}
		if !state.Added.Equal(p.Added) {
			clear(state.joining) // it was linked again: whatever stood in the way may be over
		}
		state.Provider, state.joined = p, map[engine.ID]engine.ID{}
		b.placeEnd(state)
	}
	for _, c := range joined {
		if state := b.providers[c.Provider]; state != nil {
			state.joined[c.Component] = c.Remote
		}
	}
	for id, state := range b.providers {
		if there[id] {
			continue
		}
		for _, s := range state.end.sessions {
			b.step(s, session.Event{Kind: session.CutWanted, Reason: fmt.Sprintf("the provider %s was removed", state.Name)})
		}
		delete(b.providers, id)
		state.notify()
	}
	b.wantHosts(b.present)
	b.wantJoining()
}

// placeEnds does placeEnd for all providers. b.mu is held.
func (b *Broker) placeEnds() {
	for _, state := range b.providers {
		b.placeEnd(state)
	}
}

// hostOf gives the DNS name in HOST:PORT; empty where the host is an address.
func hostOf(gateway string) string {
	host, _, err := net.SplitHostPort(gateway)
	if err != nil {
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// hostsOf gives the DNS names of gateways.
func hostsOf(gateways []string) (hosts []string) {
	for _, gateway := range gateways {
		if host := hostOf(gateway); host != "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// addressesOf are the addresses that gateways are written as, and those that DNS says now of the ones that are names. b.mu is held.
func (b *Broker) addressesOf(gateways []string) (addresses []netip.Addr) {
	answers := b.keeper.Answers()
	for _, gateway := range gateways {
		known := answers[hostOf(gateway)].Now
		if at, err := netip.ParseAddrPort(gateway); err == nil {
			known = []netip.Addr{engine.PlainAddress(at.Addr())}
		}
		for _, address := range known {
			if !slices.Contains(addresses, address) {
				addresses = append(addresses, address)
			}
		}
	}
	return addresses[:min(len(addresses), engine.MaximumAddresses)]
}

// placeEnd gives the end beyond a provider the addresses of its gateways: the rules' limits on what goes there see them. b.mu is held.
func (b *Broker) placeEnd(state *providerState) {
	gateways := b.tenancies.Gateways(state.ID)
	if gateways == nil {
		gateways = state.Provider.Gateways
	}
	if !slices.Equal(gateways, state.gateways) {
		state.gateways = gateways
		if b.present != nil {
			b.wantHosts(b.present)
		}
		for _, m := range b.members {
			b.tellGateways(m, state)
		}
	}
	var interfaces []engine.Address
	for _, address := range b.addressesOf(gateways) {
		interfaces = append(interfaces, engine.Address{Address: address, Origin: engine.Advertised})
	}
	end := &state.end.Component
	if end.Name != state.Name || !slices.Equal(end.Report.Interfaces, interfaces) {
		end.Name, end.Report.Interfaces = state.Name, interfaces
		b.wantReconsideration()
	}
}

// tellGateways tells a component that has joined a provider where its gateways are. b.mu is held.
func (b *Broker) tellGateways(m *member, state *providerState) {
	if m.attachment != nil && m.attachment.providers[state.ID] {
		b.send(m, &wire.Down{Message: &wire.Down_ProviderCertificate{ProviderCertificate: &wire.ProviderCertificate{Provider: wire.IDBytes(state.ID), Gateways: state.gateways}}})
	}
}

// providersChanged takes up that a provider's connection, or what it says, has changed.
func (b *Broker) providersChanged() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, state := range b.providers {
		b.placeEnd(state)
		for id, joining := range state.joining {
			if !joining.underWay {
				delete(state.joining, id) // what stood in the way may be over
			}
		}
		state.notify()
	}
	b.changed()
	b.wantJoining()
}

// Providers gives the service providers of which this installation is a tenant, as they are now, sorted by name.
func (b *Broker) Providers() []engine.ProviderStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	statuses := make([]engine.ProviderStatus, 0, len(b.providers))
	for _, state := range b.providers {
		status := b.tenancies.Status(state.ID)
		gateways := status.Gateways
		status.Provider, status.Components = state.Provider, len(state.joined)
		if len(gateways) > 0 {
			status.Gateways = gateways
		}
		for _, at := range state.end.Report.Interfaces {
			status.Addresses = append(status.Addresses, at.Address)
		}
		for _, s := range state.end.sessions {
			if s.open() {
				status.Sessions++
			}
		}
		statuses = append(statuses, status)
	}
	slices.SortFunc(statuses, func(x, y engine.ProviderStatus) int { return byName(x.Name, y.Name) })
	return statuses
}

// RedeemLink becomes a tenant of the provider that made a link, which is used up then. What it gives has no name yet; Refresh takes it up
// once it is in the record.
func (b *Broker) RedeemLink(ctx context.Context, link identity.Link) (engine.Provider, error) {
	if link.Installation() == b.installation {
		return engine.Provider{}, fmt.Errorf("the link was made by this installation: give it to the tenant, whose broker redeems it")
	}
	return b.tenancies.Redeem(ctx, link)
}

// beyond gives the other end of what leads to a service: a component, or the end beyond a provider; nil where it is not there. b.mu is held.
func (b *Broker) beyond(service *engine.Service) *member {
	if service.Provider == "" {
		return b.members[service.Target]
	}
	if state := b.providers[service.Provider]; state != nil {
		return state.end
	}
	return nil
}

// notReady says why no session of a component can begin at a provider; empty where nothing is known to be in the way. b.mu is held.
func (b *Broker) notReady(state *providerState, m *member, remote engine.ID) string {
	reason, _ := b.readiness(state, m, remote)
	return reason
}

// readiness is notReady, and tells whether a moment is likely to change it: the component joins, or the broker connects. b.mu is held.
func (b *Broker) readiness(state *providerState, m *member, remote engine.ID) (reason string, passing bool) {
	if reason, passing = b.unready(state, remote); reason != "" {
		return reason, passing
	}
	joining := state.joining[m.ID]
	switch {
	case state.joined[m.ID] != "" && m.attachment != nil && m.attachment.providers[state.ID]:
		return "", false
	case joining != nil && joining.problem != "":
		return fmt.Sprintf("%s cannot join the provider %s: %s", m.Name, state.Name, joining.problem), false
	}
	return fmt.Sprintf("%s has not joined the provider %s yet, which takes a moment; the next connection may get through", m.Name, state.Name), true
}

// unready is readiness for what is the same for all components. b.mu is held.
func (b *Broker) unready(state *providerState, remote engine.ID) (reason string, passing bool) {
	status := b.tenancies.Status(state.ID)
	switch {
	case !status.Connected && status.Problem != "":
		return fmt.Sprintf("the provider %s is not connected: %s", state.Name, status.Problem), false
	case !status.Connected:
		return fmt.Sprintf("the provider %s is not connected yet", state.Name), true
	case status.State == engine.TenantPending:
		return fmt.Sprintf("the provider %s has not confirmed this installation yet: read out to its administrator the fingerprint of this broker's key (lockwired providers show %q)", state.Name, state.Name), false
	case status.State == engine.TenantDisabled:
		return fmt.Sprintf("the provider %s has turned this installation off; ask it why", state.Name), false
	case status.State == engine.TenantEnded:
		return fmt.Sprintf("the time for which the provider %s serves this installation is over", state.Name), false
	case !slices.ContainsFunc(status.Services, func(s engine.ProviderService) bool { return s.ID == remote }):
		return fmt.Sprintf("the provider %s does not grant the service of the route to this installation any more", state.Name), false
	}
	return "", false
}

// leaveProvider has an attached component forget a provider. b.mu is held.
func (b *Broker) leaveProvider(m *member, provider engine.ID) {
	delete(m.attachment.providers, provider)
	b.send(m, &wire.Down{Message: &wire.Down_LeaveProvider{LeaveProvider: &wire.LeaveProvider{Provider: wire.IDBytes(provider)}}})
}
