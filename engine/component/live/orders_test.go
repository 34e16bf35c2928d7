package live

import (
	"crypto/tls"
	"log/slog"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/secret"
	"lockwire/engine/session"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// A component may have as many sessions as its broker gives it, and a hello still names them all.
func TestHelloNamesAsManySessionsAsTheBrokerGives(t *testing.T) {
	sessions := NewSessions()
	work := NewWork()
	defer work.Finish(ErrStopped)
	config := &Config{Host: &Host{Log: slog.New(slog.DiscardHandler), Clock: machine.SystemClock{}, Work: work}}
	for n := range wire.MaximumLiveSessions + 1 {
		o := &Offer{
			Session: engine.NewID(), Side: session.Source, Mode: engine.Sealed, Times: session.Times{AgeCap: engine.AgeCap},
			Lease: throttle.Lease{Number: math.MaxUint32, Limit: 1 << 40},
		}
		if added := sessions.add(newSession(config, o, tls.Certificate{}, (*secret.Key)(nil), func(s *Session) { sessions.remove(s.ID) })); added != (n < wire.MaximumLiveSessions) {
			t.Fatalf("session %d: added is %v", n+1, added)
		}
	}
	hello := &wire.Hello{Sessions: sessions.Hello()}
	if len(hello.Sessions) != wire.MaximumLiveSessions {
		t.Errorf("the hello names %d sessions", len(hello.Sessions))
	}
	for _, one := range hello.Sessions {
		if lease, err := LeaseOf(one.GetStats().GetLease()); err != nil || lease.Limit != 1<<40 {
			t.Fatalf("it says %v of a lease, %v", lease, err)
		}
	}
	const rest = 64 << 10 // report and one-time keys
	if size := proto.Size(&wire.Up{Message: &wire.Up_Hello{Hello: hello}}); size > wire.MaximumMessage-rest {
		t.Errorf("the hello takes %d of %d bytes", size, wire.MaximumMessage)
	}
}
