package broker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/names"
	"lockwire/engine/policy"
)

// resolver is what answers for host: names under the settings.
func (b *Broker) resolver(settings *engine.Settings) names.Resolver {
	servers := settings.DNSServers()
	switch {
	case b.config.Resolver != nil:
		return b.config.Resolver(servers)
	case len(servers) > 0:
		return names.At(servers...)
	}
	return names.OfSystem()
}

// makeKeeper makes what keeps the meaning of host: names, from what an earlier run kept.
func (b *Broker) makeKeeper(ctx context.Context, settings *engine.Settings) error {
	kept, err := b.config.Store.Hosts(ctx)
	if err != nil {
		return fmt.Errorf("read what names in rules stand for: %w", err)
	}
	b.keeper = names.New(names.Config{
		Resolver: b.resolver(settings), Kept: kept, Save: b.saveHosts, Logger: b.log,
		Changed: func() {
			b.mu.Lock()
			b.placeEnds()
			b.mu.Unlock()
			b.changed()
			b.wantReconsideration()
		},
	})
	return nil
}

func (b *Broker) saveHosts(ctx context.Context, put []engine.HostRecord, forget []string) error {
	return b.config.Store.Write(ctx, func(tx engine.Transaction) error {
		for _, host := range put {
			if err := tx.PutHost(host); err != nil {
				return err
			}
		}
		for _, name := range forget {
			if err := tx.RemoveHost(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// installNames has the keeper ask for the hosts of a reading of the record, at the server that it names. b.mu is held.
func (b *Broker) installNames(before, now *configuration) {
	if before != nil && before.settings.DNSServer != now.settings.DNSServer {
		b.keeper.Use(b.resolver(&now.settings))
	}
	b.wantHosts(now)
}

// wantHosts has the keeper ask for the hosts that rules name, and for those that are gateways of providers: rules by address hold for what
// they stand for. b.mu is held.
func (b *Broker) wantHosts(now *configuration) {
	wanted := now.hosts
	for _, state := range b.providers {
		wanted = slices.Concat(wanted, hostsOf(state.gateways))
	}
	b.keeper.Want(wanted)
}

// namesNow is what names in rules stand for. b.mu is held.
func (b *Broker) namesNow() engine.Names {
	if b.names == nil {
		var components []engine.Component
		if b.present.named {
			components = make([]engine.Component, 0, len(b.members))
			for _, m := range b.members {
				if m.Tenant == "" {
					components = append(components, m.Component)
				}
			}
		}
		names := policy.NamesOf(components, nil)
		b.names = &names
	}
	now := *b.names
	now.Hosts = b.keeper.Answers()
	return now
}

// Hosts gives what DNS has said of the hosts in rules, and of those that were tried. It is not to be changed.
func (b *Broker) Hosts() map[string]engine.HostAnswer { return b.keeper.Answers() }

// TroubledHosts gives those hosts in rules with whose answers something is wrong.
func (b *Broker) TroubledHosts() []engine.TroubledHost {
	b.mu.Lock()
	hosts := b.present.hosts
	b.mu.Unlock()
	return engine.TroubledHosts(hosts, b.keeper.Answers(), time.Now())
}

// TryHosts asks DNS for hosts that no rule names yet, and waits for the answers until ctx is done.
func (b *Broker) TryHosts(ctx context.Context, hosts []string) { b.keeper.Try(ctx, hosts) }
