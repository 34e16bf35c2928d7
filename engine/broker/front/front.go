// Package front guards port 6170: it takes connections, bounds what callers without a certificate can take up, says who may
// call which method, and lets machines and administrators in and renews their certificates. What stands behind it, the
// broker's control stream and Administration, is registered by whoever makes a [Front].
package front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// stopWithin is how long calls may run after the front is stopped. Control streams end at once.
const stopWithin = 5 * time.Second

// Config is what a Front works with.
type Config struct {
	Store     engine.Store
	Authority *identity.Authority
	Logger    *slog.Logger
	Members   Members
	// Addresses are the broker's HOST:PORT, best first, which every joining machine gets.
	Addresses []string
	// Restored is when the backup was made from which the record was restored; zero for a record of its own.
	Restored time.Time
	// Register adds services to each of the front's servers, and Access says who may call their methods, by full name.
	Register []func(*grpc.Server)
	Access   map[string]Access
	Calls    *Calls
}

// Members knows who has joined. Its methods may take the broker's lock.
type Members interface {
	// Holder gives the component, administrator or tenant with an id.
	Holder(kind identity.Kind, id engine.ID) (Holder, bool)
	// Promote calls write, which makes the peer's key the present one in the store, while nobody reads the record anew, and
	// takes the key up where it succeeds.
	Promote(p Peer, write func() error) error
	// Enrol calls write, which adds somebody to the store, while nobody reads the record anew, and takes them up where it succeeds.
	Enrol(write func() (Enrolled, error)) error
}

// Enrolled is who was added to the store: a component or an administrator; the other one is nil.
type Enrolled struct {
	Component     *engine.Component
	Administrator *engine.Administrator
}

// Holder is who has a certificate, as the record knows them.
type Holder struct {
	Name               string
	Role               engine.Role              // a component's
	Administrator      engine.AdministratorRole // an administrator's
	Tenant             engine.ID                // whose component it is; empty for one of this installation
	Key                engine.KeyID
	CertificateExpires time.Time
	Revoked            time.Time
}

// Calls counts what the front let in and refused. A program may export it.
type Calls struct {
	Joins, JoinsRefused atomic.Uint64
	CallsRefused        atomic.Uint64
}

// Front guards the port. It is safe for concurrent use.
type Front struct {
	config      Config
	log         *slog.Logger
	certificate *identity.BrokerCertificate
	verifier    *identity.Verifier
	access      map[string]Access
	joins       *addressLimiter
	links       *addressLimiter // attempts to redeem one
	renewals    *holderLimiter
	refusalLog  *rate.Limiter
	running     sync.WaitGroup // calls that may outlive their caller

	mu         sync.Mutex // guards the rest; a leaf
	streams    map[uint64]administratorStream
	nextStream uint64
	gateways   map[netip.Prefix]bool
}

// New makes a front. Nothing is served before Serve.
func New(config Config) (*Front, error) {
	certificate, err := identity.NewBrokerCertificate(config.Authority, time.Now)
	if err != nil {
		return nil, err
	}
	f := &Front{
		config: config, log: config.Logger, certificate: certificate, verifier: identity.NewVerifier(config.Authority.Roots, time.Now),
		access: maps.Clone(ownAccess), joins: newAddressLimiter(), links: newAddressLimiter(), renewals: newHolderLimiter(), refusalLog: rate.NewLimiter(1, 20),
		streams: map[uint64]administratorStream{}, gateways: map[netip.Prefix]bool{},
	}
	for method, access := range config.Access {
		if _, own := ownAccess[method]; own {
			return nil, fmt.Errorf("who may call %s is not to be changed", method)
		}
		f.access[method] = access
	}
	return f, nil
}

// Access gives the whole table of who may call what, by the full names of the methods.
func (f *Front) Access() map[string]Access { return maps.Clone(f.access) }

// Serve takes the connections of a listener until ctx is done or accepting fails, then calls stopping, lets calls finish, and
// returns. It closes the listener.
func (f *Front) Serve(ctx context.Context, listener net.Listener, stopping func()) error {
	all, err := f.newServers(listener.Addr())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	var running sync.WaitGroup
	for _, handover := range all.handovers() {
		running.Go(func() {
			if err := handover.server.Serve(handover); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
				f.log.Error("serve", "error", err)
			}
		})
	}
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	err = all.accept(ctx, listener)
	stop()
	listener.Close()
	stopping()
	for _, handover := range all.handovers() {
		running.Go(func() {
			force := time.AfterFunc(stopWithin, handover.server.Stop)
			defer force.Stop()
			handover.server.GracefulStop()
		})
	}
	running.Wait()
	f.running.Wait()
	return err
}
