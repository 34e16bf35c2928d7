package tunnel

import (
	"crypto/tls"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"lockwire/engine"
)

// keysOf makes keys of one tenant, each of which may go to the broker and to one session.
func (s *stage) keysOf(count int) (keys []*tls.Certificate, session Destination) {
	tenant := engine.NewID()
	session = Session(engine.NewID())
	for range count {
		certificate := componentOf(s.t, s.authority)
		s.mu.Lock()
		s.tenants[keyOf(certificate)] = tenant
		s.mu.Unlock()
		s.allow(certificate, session, Broker())
		keys = append(keys, certificate)
	}
	return keys, session
}

// open connects with each key some times, all at once, and tells how many were let through. They stay.
func (s *stage) open(keys []*tls.Certificate, each int, to Destination) (through int) {
	var connecting sync.WaitGroup
	var mu sync.Mutex
	for _, key := range keys {
		d := s.dialer(s.clientTLS(key))
		for range each {
			connecting.Go(func() {
				conn, err := d.ConnectAt(s.t.Context(), s.address, to)
				if err != nil {
					return
				}
				s.t.Cleanup(func() { conn.Close() })
				mu.Lock()
				through++
				mu.Unlock()
			})
		}
	}
	connecting.Wait()
	return through
}

// A tenant may have a thousand keys, and each of them thousands of connections.
func TestATenantWithManyKeysLeavesRoomForOthers(t *testing.T) {
	s := newStage(t, func(c *Config) { c.Bounds = Bounds{Unproven: 200, UnprovenPerAddress: 200, Connections: 64} })
	hostile, own := s.keysOf(12)
	release := s.holdFrom(1) // none of them is known to be the tenant's before all are there
	opened := make(chan int, 1)
	go func() { opened <- s.open(hostile, 4, own) }()
	eventually(t, "all are asked about", func() bool { return s.askedFor(own) == 48 })
	release()
	if got := <-opened; got < 8 || got > 32 {
		t.Errorf("at once: %d were let through", got)
	}
	for name, to := range map[string]Destination{"its session": own, "the broker": Broker()} {
		s.open(hostile, 4, to)
		eventually(t, name+": one tenant has no more than half of all places", func() bool { connections, _ := s.gateway.Counts(); return connections <= 32 })
	}
	eventually(t, "it may have what nobody else wants", func() bool {
		s.open(hostile[:1], 1, own)
		connections, _ := s.gateway.Counts()
		return connections == 32
	})
	for _, key := range hostile { // that say nothing
		p, err := s.dialer(s.clientTLS(key)).prove(t.Context(), s.address)
		if err != nil {
			t.Fatal(err)
		}
		defer p.drop()
		breaks(t, "one that says nothing", p)
	}
	if connections, _ := s.gateway.Counts(); connections > 32 {
		t.Errorf("with those that say nothing one tenant has %d of 64 places", connections)
	}
	for n := range 3 {
		honest, session := s.keysOf(2)
		if got := s.open(honest, 4, session); got != 8 {
			t.Errorf("of honest tenant %d only %d of its share of 8 were let through", n, got)
		}
		if got := s.open(honest, 1, session); got != 0 {
			t.Errorf("honest tenant %d has %d more than its share", n, got)
		}
	}
}

// The broker takes a bounded number of handshakes from the address of a gateway.
func TestATenantWithManyKeysLeavesHandshakesWithTheBrokerForOthers(t *testing.T) {
	s := newStage(t, func(c *Config) {
		c.Bounds = Bounds{Unproven: 200, UnprovenPerAddress: 200, BrokerYoung: 64, Young: time.Hour}
	})
	hostile, own := s.keysOf(10)
	if got := s.open(hostile, 6, Broker()); got != 32 {
		t.Errorf("one tenant has %d of 64 handshakes", got)
	}
	if got := s.open(hostile, 1, own); got != 10 {
		t.Errorf("%d of 10 were let through to its session: only those with the broker are bounded", got)
	}
	honest, _ := s.keysOf(2)
	if got := s.open(honest, 4, Broker()); got != 8 {
		t.Errorf("%d of the share of 8 of an honest tenant were let through", got)
	}
	for _, key := range hostile {
		s.gateway.CutKey(keyOf(key))
	}
	eventually(t, "their places are free", func() bool {
		s.gateway.holders.mu.Lock()
		defer s.gateway.holders.mu.Unlock()
		return s.gateway.holders.young == 8 && len(s.gateway.holders.byTenant) == 1
	})

	t.Run("until they are old enough", func(t *testing.T) {
		s := newStage(t, func(c *Config) { c.Bounds = Bounds{BrokerYoung: 2, Young: time.Millisecond} })
		keys, _ := s.keysOf(4)
		through := 0
		eventually(t, "more than the share are let through", func() bool {
			for _, key := range keys {
				through += s.open([]*tls.Certificate{key}, 1, Broker())
			}
			return through > 16
		})
	})
}

func TestACutOfAllEndsAllAndForgetsIt(t *testing.T) {
	s := newStage(t)
	d, certificate := s.tenant()
	session := Session(engine.NewID())
	s.allow(certificate, session, Broker())
	data, dataFar := s.connect(d, session)
	control, controlFar := s.connect(d, Broker())
	s.disallow(certificate)
	s.gateway.CutAll()
	for what, end := range map[string]io.Reader{"data": data, "data at the target": dataFar, "control": control, "control at the broker": controlFar} {
		breaks(t, what, end)
	}
	if _, err := d.Connect(t.Context(), session); !errors.Is(err, ErrRefused) {
		t.Errorf("a session after all was cut: %v", err)
	}
	if sessions, keys := s.gateway.holders.kept(); len(sessions) > 0 || len(keys) > 0 {
		t.Errorf("kept %v, %v", sessions, keys)
	}
}
