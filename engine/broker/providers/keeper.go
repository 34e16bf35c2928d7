package providers

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// Config is what a Keeper works with.
type Config struct {
	// Folder holds a directory for each provider, named for its installation.
	Folder string
	// Dial reaches a provider's broker.
	Dial Dial
	Log  *slog.Logger
	// Now is the clock that certificates go by.
	Now func() time.Time
	// Changed is called, with no lock held, whenever Status gives something else.
	Changed func()
}

// Dial connects to the broker of a provider through one of its gateways.
type Dial func(ctx context.Context, gateway string, as Credentials) (net.Conn, error)

// Credentials are what a gateway is recognised by, and what it is shown.
type Credentials struct {
	Installation engine.ID
	// Roots are the provider's. Before the first certificate Roots is nil, and Pin names the root.
	Roots func() identity.Roots
	Pin   engine.KeyID
	// Certificate is of this broker's key for the provider.
	Certificate func() (*tls.Certificate, error)
}

// Keeper keeps the connections to all providers. It is safe for concurrent use.
type Keeper struct {
	config Config

	mu          sync.Mutex
	connections map[engine.ID]*connection
	// running is set while Run runs; connections live no longer.
	running context.Context
	working sync.WaitGroup
}

// New makes a Keeper, which connects to nobody before Run.
func New(config Config) *Keeper {
	return &Keeper{config: config, connections: map[engine.ID]*connection{}}
}

// Run connects to all providers until ctx is done. It must be called once at the most.
func (k *Keeper) Run(ctx context.Context) {
	k.mu.Lock()
	k.running = ctx
	for _, c := range k.connections {
		k.start(c)
	}
	k.mu.Unlock()
	<-ctx.Done()
	k.mu.Lock()
	k.running = nil
	k.mu.Unlock()
	k.working.Wait()
}

// start runs a connection. k.mu is held.
func (k *Keeper) start(c *connection) {
	if k.running == nil {
		return
	}
	ctx, cancel := context.WithCancel(k.running)
	c.cancel = cancel
	k.working.Go(func() {
		defer cancel()
		c.run(ctx)
	})
}

// Set says which providers there are. Of one that was there before and is not any more, key and certificate are removed.
func (k *Keeper) Set(providers []engine.Provider) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, c := range k.connections {
		if slices.ContainsFunc(providers, func(p engine.Provider) bool { return p.ID == id }) {
			continue
		}
		c.stop()
		delete(k.connections, id)
		if err := os.RemoveAll(k.directory(id)); err != nil {
			k.config.Log.Error("the key for a provider that was removed is still there", "folder", k.directory(id), "error", err)
		}
	}
	for _, p := range providers {
		old := k.connections[p.ID]
		if old != nil && old.sameLink(p) {
			old.rename(p)
			continue
		}
		if old != nil {
			old.stop()
		}
		c := newConnection(k, p)
		k.connections[p.ID] = c
		k.start(c)
	}
}

func (k *Keeper) directory(provider engine.ID) string {
	return filepath.Join(k.config.Folder, string(provider))
}

// connection gives the one to a provider.
func (k *Keeper) connection(provider engine.ID) *connection {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.connections[provider]
}

// Status says how a provider stands; of one that is not there it gives the zero value. Components and sessions are not the Keeper's to count.
func (k *Keeper) Status(provider engine.ID) engine.ProviderStatus {
	c := k.connection(provider)
	if c == nil {
		return engine.ProviderStatus{}
	}
	return c.shown()
}

// Gateways are the addresses of a provider's gateways, as it gave them last.
func (k *Keeper) Gateways(provider engine.ID) []string {
	c := k.connection(provider)
	if c == nil {
		return nil
	}
	return c.gateways()
}

func (k *Keeper) changed() {
	if k.config.Changed != nil {
		k.config.Changed()
	}
}

// named is the provider in a sentence.
func named(p *engine.Provider) string { return fmt.Sprintf("the provider %s", p.Name) }
