package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/identity"
)

const (
	// renewalLook is how often the enrolment is checked: it may be due for renewal, or renewed by another program of this user. It is short, because
	// a machine that slept must not find its certificate expired.
	renewalLook = time.Minute
	// exchangeGrace is how long calls that go on may take over a connection that another one has replaced.
	exchangeGrace = 15 * time.Second
)

// elsewhere is the administration of a broker elsewhere. It stays attached for as long as it is wanted: its certificate is renewed
// meanwhile, and the connection exchanged for one under the new certificate.
type elsewhere struct {
	*administration.Client
	path       string // of the enrolment
	addresses  []string
	connection exchanged
	grace      time.Duration
	wake       chan struct{} // holds a token while a look is wanted
	stop       context.CancelFunc
	running    sync.WaitGroup
}

// newElsewhere takes over a connection that was made with the certificate of a key.
func newElsewhere(path string, addresses []string, connection *grpc.ClientConn, key engine.KeyID) *elsewhere {
	e := &elsewhere{path: path, addresses: addresses, grace: exchangeGrace, wake: make(chan struct{}, 1)}
	e.connection.current, e.connection.key = connection, key
	e.Client = administration.NewClient(&e.connection, host.Version())
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.running.Go(func() { keepLooking(ctx, e.wake, e.look) })
	return e
}

// close ends the connection.
func (e *elsewhere) close() error {
	e.stop()
	e.running.Wait()
	return e.connection.close()
}

// keepLooking calls look until ctx is done, with a longer pause after a failure.
func keepLooking(ctx context.Context, wake <-chan struct{}, look func(context.Context) error) {
	pause := renewalLook
	for {
		select {
		case <-time.After(pause):
		case <-wake:
		case <-ctx.Done():
			return
		}
		pause = renewalLook
		if look(ctx) != nil { // whoever looks at the screen hears of it when the certificate ends: it holds for days yet
			pause = identity.RenewalRetry
		}
	}
}

// look renews the enrolment where that is due, and exchanges the connection where it was made with another key than the present one.
func (e *elsewhere) look(ctx context.Context) error {
	directory, err := identity.OpenDirectory(e.path) // another program of this user may have renewed it
	if err != nil {
		return err
	}
	verifier := identity.NewVerifier(directory.Roots, time.Now)
	config := identity.ClientConfig(verifier, directory.Certificate)
	if err := renewEnrolment(ctx, directory, e.addresses, config); err != nil {
		return err
	}
	if _, key := e.connection.now(); key == directory.KeyID() {
		return nil
	}
	fresh, err := connectFirst(ctx, directory, e.addresses)
	if err != nil {
		return err
	}
	old := e.connection.exchange(fresh, directory.KeyID())
	e.running.Go(func() { // a watch goes on over the new one as soon as this one is closed
		_ = engine.Pause(ctx, e.grace)
		old.Close()
	})
	return nil
}

// Watch goes on where its connection was exchanged for another one.
func (e *elsewhere) Watch(ctx context.Context, interval time.Duration, each func(engine.Snapshot) error) error {
	for {
		before, _ := e.connection.now()
		var failed error
		err := e.Client.Watch(ctx, interval, func(snapshot engine.Snapshot) error {
			failed = each(snapshot)
			return failed
		})
		if errors.Is(err, engine.ErrNotAllowed) { // perhaps because the enrolment was renewed by another program
			select {
			case e.wake <- struct{}{}:
			default:
			}
		}
		if now, _ := e.connection.now(); failed != nil || ctx.Err() != nil || now == before {
			return err
		}
	}
}

// connectFirst connects to the first of a broker's addresses that answers.
func connectFirst(ctx context.Context, directory *identity.Directory, addresses []string) (*grpc.ClientConn, error) {
	config := identity.ClientConfig(identity.NewVerifier(directory.Roots, time.Now), directory.Certificate)
	var failures error
	for _, address := range addresses {
		connection, err := connectTo(address, config)
		if err != nil {
			return nil, err
		}
		calling, cancel := context.WithTimeout(ctx, callWithin)
		_, err = administration.NewClient(connection, host.Version()).Installation(calling)
		cancel()
		if err == nil {
			if err := directory.Attached(directory.KeyID()); err != nil {
				return nil, errors.Join(err, connection.Close())
			}
			return connection, nil
		}
		failures = errors.Join(failures, fmt.Errorf("%s: %w", address, unreached(ctx, err)), connection.Close())
	}
	return nil, fmt.Errorf("the broker could not be reached: %w", failures)
}

// exchanged is a connection that can be exchanged for another one while it is used.
type exchanged struct {
	mu      sync.RWMutex
	current *grpc.ClientConn
	key     engine.KeyID // whose certificate it was made with
}

func (e *exchanged) now() (*grpc.ClientConn, engine.KeyID) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.current, e.key
}

// exchange replaces the connection and returns the previous one.
func (e *exchanged) exchange(connection *grpc.ClientConn, key engine.KeyID) (old *grpc.ClientConn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old, e.current, e.key = e.current, connection, key
	return old
}

func (e *exchanged) close() error {
	connection, _ := e.now()
	return connection.Close()
}

// Invoke and NewStream use the present connection.
func (e *exchanged) Invoke(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error {
	connection, _ := e.now()
	return connection.Invoke(ctx, method, request, reply, options...)
}

// NewStream is like Invoke.
func (e *exchanged) NewStream(ctx context.Context, about *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	connection, _ := e.now()
	return connection.NewStream(ctx, about, method, options...)
}
