package channel

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
)

// Garbage takes no place of a handshake, and none is needed for a join: here the only place is taken all the time.
func TestJoinGarbage(t *testing.T) {
	p := newPair(t, nil)
	refused := make(chan error, 100_000)
	s := serve(t, Server{
		Lookup: func(id engine.ID) (*Session, error) {
			if id != p.target.Terms.Session {
				return nil, ErrNoSession
			}
			return &p.target, nil
		},
		Refused: func(_ net.Addr, why error) { refused <- why },
		Bounds:  admission.Bounds{Handshakes: 1, HandshakesPerSession: 1},
	})
	src, _ := s.join(t, p, 1)
	src.Reset()
	_, config := p.sourceTLS(t)
	holding := s.dial(t) // has its place for as long as it keeps silent after the target's answer
	held, cancel := context.WithCancel(context.Background())
	defer cancel()
	silentAfterHello := &muteAfter{Conn: holding, writes: 1}
	var hold sync.WaitGroup
	hold.Go(func() { _ = tls.Client(silentAfterHello, config).HandshakeContext(held) })
	<-silentAfterHello.mute()

	template := p.flight(t, openOf(2))
	const strangers, each = 8, 200
	var knocking sync.WaitGroup
	for worker := range strangers {
		knocking.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for i := range each {
				f := bytes.Clone(template)
				switch i % 3 {
				case 0: // nothing fits
					for at := range f[atSession:] {
						f[atSession+at] = byte(random.Uint32())
					}
				case 1: // session and chain were seen on the wire
					for at := range f[atNumber:] {
						f[atNumber+at] = byte(random.Uint32())
					}
				default: // all but the MAC was
					f[len(f)-1] ^= 1 << (i % 8)
				}
				conn, err := net.Dial("tcp", s.address)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = conn.Write(f)
				if n, err := io.ReadFull(conn, make([]byte, 1)); n != 0 || err == nil {
					t.Errorf("garbage was answered")
				}
				_ = conn.Close()
			}
		})
	}
	for number := uint64(3); number < 40; number++ {
		src, dst := s.join(t, p, number)
		src.Reset()
		dst.Reset()
	}
	knocking.Wait()
	cancel()
	hold.Wait()
	for range strangers * each {
		if why := <-refused; !errors.Is(why, errNoJoin) && !errors.Is(why, ErrNoSession) && !errors.Is(why, ErrBusy) {
			t.Fatalf("reported: %v", why)
		}
	}
}

// muteAfter lets so many writes through.
type muteAfter struct {
	net.Conn
	mu     sync.Mutex
	writes int
	muted  chan struct{}
}

// mute is closed once a write was held back.
func (m *muteAfter) mute() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.muted == nil {
		m.muted = make(chan struct{})
	}
	return m.muted
}

func (m *muteAfter) Write(p []byte) (int, error) {
	muted := m.mute()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writes--; m.writes < 0 {
		select {
		case <-muted:
		default:
			close(m.muted)
		}
		return len(p), nil
	}
	return m.Conn.Write(p)
}

// After the first join a ClientHello of the session is closed before anything is signed, also one of somebody who has K.
func TestKGoneClientHello(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFlow(t, nil)
		k, err := f.p.source.Secret.k.Clone()
		if err != nil {
			t.Fatal(err)
		}
		f.joins = true
		f.mustJoin(t, 1)
		if !f.p.target.Secret.HasKey() {
			t.Fatal("K is gone before anything joined")
		}
		f.mustJoin(t, 2)
		if f.p.target.Secret.HasKey() || f.p.source.Secret.HasKey() || !f.p.target.Secret.k.Destroyed() || !f.p.source.Secret.k.Destroyed() {
			t.Error("K is left")
		}
		thief := f.p.source
		thief.Secret = NewSecret(k)
		defer thief.Secret.Destroy()
		first, second := newMemoryPair(nil, func(written []byte) [][]byte {
			t.Errorf("the target answered with %d bytes", len(written))
			return nil
		})
		var refused error
		server := Server{Lookup: f.p.lookup, Refused: func(_ net.Addr, why error) { refused = why }}
		var serving sync.WaitGroup
		serving.Go(func() { server.serve(context.Background(), second, admission.New(admission.DefaultBounds())) })
		if _, err := Handshake(context.Background(), first, thief); err == nil {
			t.Error("the handshake succeeded")
		}
		serving.Wait()
		if !errors.Is(refused, ErrNoSession) {
			t.Errorf("reported %v", refused)
		}
	})
}

func TestFlightsThatAreNoneAreRefusedBeforeAnythingIsLookedUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := founded(t, nil)
		good := base.p.flight(t, openOf(2))
		with := func(n int) []byte {
			f := bytes.Clone(good)
			f[1], f[2], f[3] = byte(n>>16), byte(n>>8), byte(n)
			return f
		}
		lookup := func(engine.ID) (*Session, error) {
			t.Error("a session was looked up")
			return nil, ErrNoSession
		}
		for name, f := range map[string][]byte{
			"open is too short":    with(openSize - 1),
			"open is too long":     with(maximumOpen + 1),
			"open of 16 MiB":       with(1<<24 - 1),
			"it is cut short":      good[:len(good)-1],
			"its length is cut":    good[:2],
			"something follows":    append(bytes.Clone(good), 0),
			"less than it says":    with(openSize + 1),
			"nothing but its type": good[:1],
		} {
			start := time.Now()
			if err := send(t, lookup, f); !errors.Is(err, errNoJoin) {
				t.Errorf("%s: reported %v", name, err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s: after %v", name, took)
			}
		}
	})
}

func TestSameMachineTakesJoinsFromLoopbackOnly(t *testing.T) {
	for remote, want := range map[string]bool{"127.0.0.1:5": true, "[::1]:5": true, "[::ffff:127.0.0.1]:5": true, "192.0.2.1:5": false, "[2001:db8::1]:5": false} {
		address, err := net.ResolveTCPAddr("tcp", remote)
		if err != nil {
			t.Fatal(err)
		}
		conn, _ := newMemoryPair(nil, nil)
		if got := fromLoopback(addressed{conn, address}); got != want {
			t.Errorf("%s: %v", remote, got)
		}
	}
	bubble(t, func(t *testing.T) {
		base := founded(t, func(p *pair) { p.target.Loopback = true })
		f := base.p.flight(t, openOf(2))
		if err := send(t, base.p.lookup, f); !errors.Is(err, errNoJoin) { // in memory there is no address
			t.Errorf("reported %v", err)
		}
	})
}

// addressed is a connection from an address.
type addressed struct {
	net.Conn
	remote net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.remote }
