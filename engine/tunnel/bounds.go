package tunnel

import (
	"time"

	"lockwire/engine/wire"
)

// Bounds limit what a gateway gives to whom. Those that are 0 are those of DefaultBounds.
type Bounds struct {
	// Handshake is how long a TLS handshake may take, Hello how long a client may then take to say where it wants to go. One whose key
	// the broker knows may wait for Ready: it keeps connections ready.
	Handshake, Hello, Ready time.Duration
	// Unproven is how many connections may be without a complete handshake at once, or without a hello where the broker does not know the
	// key, and UnprovenPerAddress how many of one address. A new one takes the place of the oldest: an honest client proves itself and
	// speaks within a few round trips.
	Unproven, UnprovenPerAddress int
	// Connections is how many there may be whose key is proven; once half of them are taken, no tenant gets more than its share (see
	// mayHave). PerKey is how many one key may have, and ReadyPerKey how many of these may wait
	// without having said where they want to go.
	Connections, PerKey, ReadyPerKey int
	// BrokerPerKey is how many connections with the broker one key may have.
	BrokerPerKey int
	// BrokerYoung is how many connections the broker takes from this machine's address before their handshake there is done; they are
	// shared among tenants as Connections are. The gateway does not see that handshake: it counts those that are younger than Young.
	BrokerYoung int
	Young       time.Duration
	// Asks is how many questions to the broker of one key may be open at once.
	Asks int
	// Strangers is how many connections with the broker there may be of keys that it does not know, StrangersPerAddress how many of one
	// address: tenants that redeem their link, and components that attach with a renewed key. After Stranger the broker is asked again.
	Strangers, StrangersPerAddress int
	Stranger                       time.Duration
}

// DefaultBounds are those of the protocol.
func DefaultBounds() Bounds {
	return Bounds{
		Handshake: 10 * time.Second, Hello: 5 * time.Second, Ready: 40 * time.Second,
		Unproven: 256, UnprovenPerAddress: 32,
		Connections: 8192, PerKey: 4096, ReadyPerKey: 16, BrokerPerKey: 8,
		BrokerYoung: wire.HandshakesOfGateway, Young: dialWithin + wire.HandshakeWithin,
		Asks:      64,
		Strangers: 16, StrangersPerAddress: 4, Stranger: 30 * time.Second,
	}
}

func (b Bounds) withDefaults() Bounds {
	d := DefaultBounds()
	for _, field := range []struct{ value, standard *int }{
		{&b.Unproven, &d.Unproven}, {&b.UnprovenPerAddress, &d.UnprovenPerAddress},
		{&b.Connections, &d.Connections}, {&b.PerKey, &d.PerKey}, {&b.ReadyPerKey, &d.ReadyPerKey}, {&b.BrokerPerKey, &d.BrokerPerKey}, {&b.BrokerYoung, &d.BrokerYoung},
		{&b.Asks, &d.Asks}, {&b.Strangers, &d.Strangers}, {&b.StrangersPerAddress, &d.StrangersPerAddress},
	} {
		if *field.value <= 0 {
			*field.value = *field.standard
		}
	}
	for _, field := range []struct{ value, standard *time.Duration }{{&b.Handshake, &d.Handshake}, {&b.Hello, &d.Hello}, {&b.Ready, &d.Ready}, {&b.Stranger, &d.Stranger}, {&b.Young, &d.Young}} {
		if *field.value <= 0 {
			*field.value = *field.standard
		}
	}
	return b
}
