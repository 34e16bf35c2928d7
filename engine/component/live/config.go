package live

import (
	"context"
	"crypto/tls"

	"lockwire/engine"
	"lockwire/engine/component/machine"
)

// Config is what the sessions of an attachment need of their component.
type Config struct {
	*Host
	// Installation is that of the broker, and Component the component's id in it.
	Installation, Component engine.ID
	// Backends is the allow-backend list as it is now.
	Backends func() machine.BackendList
	// Certificate gives the certificate whose key an offer names.
	Certificate func(engine.KeyID) (tls.Certificate, error)
	// Lives tells whether any attachment of the component has a session with that id.
	Lives func(engine.ID) bool
	// Begins is called when a session begins.
	Begins func()
	// Erase waits until no copy is left of keys that were dropped.
	Erase func(context.Context) error
}
