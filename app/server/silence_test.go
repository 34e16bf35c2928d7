package server

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/loopback"
)

// silentNetwork forwards TCP until it is silenced: then it takes everything, and nothing arrives and nothing is reset, as behind a
// firewall that drops.
type silentNetwork struct {
	listener net.Listener
	to       string
	silent   atomic.Bool
	mu       sync.Mutex
	open     []net.Conn
}

func newSilentNetwork(t *testing.T, to string) *silentNetwork {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &silentNetwork{listener: listener, to: to}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			n.keep(connection)
			if n.silent.Load() {
				continue
			}
			onward, err := net.Dial("tcp", n.to)
			if err != nil {
				connection.Close()
				continue
			}
			n.keep(onward)
			running.Go(func() { n.copy(onward, connection) })
			running.Go(func() { n.copy(connection, onward) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		n.mu.Lock()
		for _, connection := range n.open {
			connection.Close()
		}
		n.mu.Unlock()
		running.Wait()
	})
	return n
}

func (n *silentNetwork) keep(connection net.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open = append(n.open, connection)
}

func (n *silentNetwork) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		read, err := from.Read(buffer)
		if n.silent.Load() {
			if err != nil {
				return
			}
			continue
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				to.Close()
			}
			return
		}
		if _, err := to.Write(buffer[:read]); err != nil {
			return
		}
	}
}

// enrolledIn makes this user an administrator of a broker, and gives where the enrolment is kept.
func enrolledIn(t *testing.T, running *serving, address string) string {
	t.Helper()
	enrolments := t.TempDir()
	token, err := running.Administration.NewToken(t.Context(), engine.TokenRequest{
		Kind: engine.JoinAdministrator, Name: "Ann", Administrator: engine.MayChange, Addresses: []string{address},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Enrol(t.Context(), token.Secret, enrolments); err != nil {
		t.Fatal(err)
	}
	return enrolments
}

func TestAWatchOverANetworkThatGoesSilentEndsWithinSeconds(t *testing.T) {
	running := serve(t, newFolder(t))
	network := newSilentNetwork(t, running.Address.String())
	address := network.listener.Addr().String()
	client, closing, err := Elsewhere(t.Context(), enrolledIn(t, running, address), address)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	calls := 0
	err = client.Watch(t.Context(), time.Second, func(engine.Snapshot) error {
		if calls++; calls == 3 {
			network.silent.Store(true)
		}
		return nil
	})
	if !errors.Is(err, engine.ErrSilent) {
		t.Error(err)
	}
	network.silent.Store(false) // new connections go through again; the old one was never reset, and stays dead
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	seen := errors.New("seen")
	for {
		if err = client.Watch(ctx, time.Second, func(engine.Snapshot) error { return seen }); errors.Is(err, seen) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the network is back, and the broker is not reached: %v", err)
		}
	}
}

func TestTheFirstCallAfterABrokersRestartSucceeds(t *testing.T) {
	path := newFolder(t)
	running := serve(t, path)
	address := running.Address.String()
	enrolments := enrolledIn(t, running, address)
	client, closing, err := Elsewhere(t.Context(), enrolments, address)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	running.stop(t)
	var words string
	for range 8 { // the pause before the next attempt grows with each
		_, err := client.Installation(t.Context())
		if !errors.Is(err, engine.ErrNoBroker) {
			t.Fatalf("a broker that is gone: %v", err)
		}
		words = err.Error()
	}
	for _, raw := range []string{"rpc error", "desc =", "dial tcp", "transport:", "connect:"} {
		if strings.Contains(words, raw) {
			t.Errorf("the words are raw: %s", words)
		}
	}
	if !strings.Contains(words, "no broker listens on "+address) {
		t.Errorf("the words: %s", words)
	}
	serve(t, path, func(o *ServeOptions) { o.Listen = address })
	if _, err := client.Installation(t.Context()); err != nil {
		t.Errorf("the first call after the restart: %v", err)
	}
}

func TestAnAddressThatCannotBeReachedIsSaidInWords(t *testing.T) {
	free := loopback.Address(t)
	for address, want := range map[string]string{
		free:                      "no broker listens on " + free,
		"no-such-host.invalid:99": "no-such-host.invalid",
	} {
		_, err := dialBroker(t.Context(), address)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "dial tcp") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if words := unreachable("10.0.0.1:6170", &net.OpError{Op: "dial", Err: context.DeadlineExceeded}); !strings.Contains(words, "TCP port 6170") {
		t.Errorf("a firewall that drops: %s", words)
	}
}
