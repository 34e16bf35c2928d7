package providers

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

const (
	// A connection that ended is made anew after firstPause, doubling to longestPause, spread by up to a quarter.
	firstPause   = 250 * time.Millisecond
	longestPause = 10 * time.Second
	// renewalCheck bounds how long the renewal sleeps, so that a machine that was suspended notices that it is due.
	renewalCheck = time.Hour
)

// connection is the one to a provider's broker.
type connection struct {
	keeper *Keeper
	cancel context.CancelFunc // guarded by Keeper.mu; nil before it runs

	mu        sync.Mutex
	provider  engine.Provider
	directory *identity.Directory // nil where it cannot be opened, which problem says then
	tenancy   wire.TenancyClient  // nil while it is not connected
	renewedAt time.Time           // when the certificate was renewed last; see isDue
	status    engine.ProviderStatus
}

func newConnection(k *Keeper, p engine.Provider) *connection {
	c := &connection{keeper: k, provider: p}
	directory, err := identity.OpenDirectory(k.directory(p.ID))
	switch {
	case errors.Is(err, identity.ErrNotJoined):
		c.status.Problem = "the key for it is not in the data folder, as after a restore: ask the provider for a new link, with --replace, and add it again under the same name"
	case err != nil:
		c.status.Problem = fmt.Sprintf("the key for it cannot be read: %v", err)
	case directory.Attachment().Kind != identity.Tenant || directory.Attachment().ID != p.Tenant:
		c.status.Problem = "the key for it in the data folder is another tenant's: ask the provider for a new link, with --replace, and add it again under the same name"
	default:
		c.directory = directory
	}
	return c
}

// sameLink tells whether a provider is the one that the connection is to, with the key that it has.
func (c *connection) sameLink(p engine.Provider) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.provider.Tenant == p.Tenant && c.provider.Added.Equal(p.Added)
}

func (c *connection) rename(p engine.Provider) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.provider = p
}

// known is the provider as it is called now.
func (c *connection) known() engine.Provider {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.provider
}

// stop ends the connection. Keeper.mu is held.
func (c *connection) stop() {
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *connection) shown() engine.ProviderStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := c.status
	status.Provider, status.Services = c.provider, slices.Clone(c.status.Services)
	if c.directory != nil {
		status.Gateways, status.Key = c.directory.Attachment().Brokers, c.directory.KeyID()
		if certificate, err := c.directory.Certificate(); err == nil {
			status.CertificateExpires = certificate.Leaf.NotAfter
		}
	}
	return status
}

func (c *connection) gateways() []string {
	if c.directory == nil {
		return slices.Clone(c.known().Gateways)
	}
	return c.directory.Attachment().Brokers
}

// run connects, again and again, until ctx is done.
func (c *connection) run(ctx context.Context) {
	if c.directory == nil {
		return
	}
	pause := firstPause
	for {
		connected, err := c.follow(ctx)
		if ctx.Err() != nil {
			c.lost("")
			return
		}
		if connected {
			pause = firstPause
		}
		if !errors.Is(err, errRenewed) {
			c.lost(words(err))
			c.keeper.config.Log.Warn("no connection to a provider's broker", "provider", c.known().Name, "reason", words(err))
			if engine.Pause(ctx, pause+rand.N(pause/4)) != nil {
				return
			}
			pause = min(2*pause, longestPause)
		}
	}
}

// lost notes that there is no connection, and why.
func (c *connection) lost(problem string) {
	c.mu.Lock()
	c.tenancy = nil
	changed := c.status.Connected || c.status.Problem != problem
	c.status.Connected, c.status.Problem, c.status.Since, c.status.Gateway = false, problem, time.Time{}, ""
	c.mu.Unlock()
	if changed {
		c.keeper.changed()
	}
}

// errRenewed ends a connection that the next one, with a fresh key, takes the place of.
var errRenewed = errors.New("the certificate was renewed")

// follow connects and takes what the provider says, until the connection ends. It tells whether there was one.
func (c *connection) follow(ctx context.Context) (connected bool, err error) {
	now := c.keeper.config.Now
	link, err := c.dial(ctx)
	if err != nil {
		return false, err
	}
	defer link.Close()
	certificate, err := c.directory.Certificate()
	if err != nil {
		return false, err
	}
	if c.isDue(certificate.Leaf) {
		switch err := c.renew(ctx, link); {
		case err == nil:
			return true, errRenewed
		case now().After(certificate.Leaf.NotAfter):
			return false, fmt.Errorf("the certificate for it has expired and is not renewed: %w", err)
		default:
			c.keeper.config.Log.Warn("the certificate for a provider is not renewed", "provider", c.known().Name, "ends", certificate.Leaf.NotAfter, "error", err)
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := link.tenancy.Follow(ctx, &wire.FollowRequest{})
	if err != nil {
		return false, err
	}
	var renewing sync.WaitGroup
	defer renewing.Wait()
	defer cancel(nil)
	renewing.Go(func() { c.renewInTime(ctx, link, cancel) })
	for {
		message, err := stream.Recv()
		if err != nil {
			if cause := context.Cause(ctx); errors.Is(cause, errRenewed) {
				err = errRenewed
			}
			return connected, err
		}
		if err := c.take(link, message, !connected); err != nil {
			return connected, err
		}
		connected = true
	}
}

// renewInTime renews the certificate when half of its life is over, and ends the connection for one with the fresh key.
func (c *connection) renewInTime(ctx context.Context, link *link, end context.CancelCauseFunc) {
	certificate, err := c.directory.Certificate()
	if err != nil {
		return // follow has read it
	}
	pause := identity.RenewAt(certificate.Leaf).Sub(c.keeper.config.Now())
	if pause <= 0 {
		pause = identity.RenewalRetry // it was tried a moment ago
	}
	for engine.Pause(ctx, min(pause, renewalCheck)) == nil {
		if pause = identity.RenewAt(certificate.Leaf).Sub(c.keeper.config.Now()); pause > 0 {
			continue
		}
		if pause = identity.RenewalRetry; !c.isDue(certificate.Leaf) {
			continue
		}
		if err := c.renew(ctx, link); err == nil {
			end(errRenewed)
			return
		} else if ctx.Err() == nil {
			c.keeper.config.Log.Warn("the certificate for a provider is not renewed; the next try is in a while", "provider", c.known().Name, "ends", certificate.Leaf.NotAfter, "error", err)
		}
	}
}

// isDue tells whether the certificate is to be renewed now. Where this machine's clock is days ahead of the provider's, a new one is due at
// once, and would be renewed without end.
func (c *connection) isDue(certificate *x509.Certificate) bool {
	now := c.keeper.config.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return !now.Before(identity.RenewAt(certificate)) && now.Sub(c.renewedAt) >= identity.RenewalRetry
}

// renew gets a certificate for a fresh key. The key before it is kept until the fresh one has connected.
func (c *connection) renew(ctx context.Context, link *link) error {
	key, request, err := identity.NewRequestedKey()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	reply, err := wire.NewEnrolmentClient(link).Renew(ctx, &wire.RenewRequest{CertificateRequest: request})
	if err != nil {
		return err
	}
	if len(reply.GetRoots()) > 0 {
		roots, err := identity.ParseRootsDER(reply.GetRoots())
		if err != nil {
			return err
		}
		if err := c.directory.SetRoots(roots); err != nil {
			return err
		}
	}
	certificate, err := identity.ParseCertificate(reply.GetCertificate())
	if err != nil {
		return err
	}
	if err := c.directory.Renew(key, certificate); err != nil {
		return err
	}
	c.mu.Lock()
	c.renewedAt = c.keeper.config.Now()
	c.mu.Unlock()
	c.keeper.config.Log.Info("the certificate for a provider was renewed", "provider", c.known().Name, "ends", certificate.NotAfter)
	return nil
}

// take takes what the provider says of this tenant.
func (c *connection) take(link *link, message *wire.TenancyState, first bool) error {
	said, gateways, err := parseState(message)
	if err != nil {
		return err
	}
	if first {
		if err := c.directory.Attached(link.key); err != nil {
			return err
		}
	}
	if len(gateways) > 0 && !slices.Equal(gateways, c.directory.Attachment().Brokers) {
		if err := c.directory.SetBrokers(gateways); err != nil {
			return err
		}
	}
	c.mu.Lock()
	said.Connected, said.Gateway = true, link.gateway
	said.Since = c.status.Since
	if first {
		said.Since = c.keeper.config.Now()
		c.tenancy = link.tenancy
	}
	before := c.status.State
	c.status = said
	c.mu.Unlock()
	if before != said.State || first {
		c.keeper.config.Log.Info("a provider says how this installation stands there", "provider", c.known().Name, "state", string(said.State), "gateway", link.gateway)
	}
	c.keeper.changed()
	return nil
}

// Bounds of what a provider says.
const (
	maximumServices = 1000
	maximumCount    = 1 << 62
)

var states = map[wire.TenantState]engine.TenantState{
	wire.TenantState_TENANT_STATE_PENDING:  engine.TenantPending,
	wire.TenantState_TENANT_STATE_ACTIVE:   engine.TenantActive,
	wire.TenantState_TENANT_STATE_DISABLED: engine.TenantDisabled,
	wire.TenantState_TENANT_STATE_ENDED:    engine.TenantEnded,
}

// parseState checks what a provider says.
func parseState(message *wire.TenancyState) (said engine.ProviderStatus, gateways []string, err error) {
	state, known := states[message.GetState()]
	if !known {
		return said, nil, fmt.Errorf("%w: the tenant's state is %d", wire.ErrMalformed, message.GetState())
	}
	if len(message.GetServices()) > maximumServices {
		return said, nil, fmt.Errorf("%w: %d services", wire.ErrMalformed, len(message.GetServices()))
	}
	said = engine.ProviderStatus{State: state, Limit: min(message.GetLimit(), maximumCount), Quota: min(message.GetQuota(), maximumCount), Used: min(message.GetUsed(), maximumCount), Until: wire.Time(message.GetUntil())}
	for _, service := range message.GetServices() {
		id, err := wire.ParseID(service.GetId())
		if err != nil {
			return said, nil, err
		}
		if err := engine.CheckName(service.GetName()); err != nil {
			return said, nil, fmt.Errorf("%w: a service's name: %w", wire.ErrMalformed, err)
		}
		said.Services = append(said.Services, engine.ProviderService{ID: id, Name: service.GetName()})
	}
	slices.SortFunc(said.Services, func(a, b engine.ProviderService) int { return cmp.Compare(engine.Fold(a.Name), engine.Fold(b.Name)) })
	if gateways = message.GetGateways(); len(gateways) > 0 {
		if err := identity.CheckBrokers(gateways); err != nil {
			return said, nil, fmt.Errorf("%w: the gateways: %w", wire.ErrMalformed, err)
		}
	}
	return said, gateways, nil
}
