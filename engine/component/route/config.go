package route

import (
	"time"

	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
)

// Config is what flows need of their component.
type Config struct {
	*live.Host
	// Backends is the allow-backend list as it is now.
	Backends func() machine.BackendList
	// Silence is how long the peer of a connection may acknowledge nothing of what was sent to it, and HalfClosed how long a flow
	// may be quiet of which one side has ended its direction.
	Silence, HalfClosed time.Duration
	// LongPath is the least round trip over which a flow gets further streams; stripe.DefaultLongPath where it is 0.
	LongPath time.Duration
	// Buffer is how many bytes of one direction of a flow are held beyond what is in flight.
	Buffer int
	// Test takes a flow of a session that has no backend: a test of the route. It must close it.
	Test func(*Flow, *channel.Incoming)
}
