package live

import (
	"context"
	"crypto/tls"
	"net"

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
	// Tunnel connects to the target of a session through a service provider's tunnel, and gives ErrTunnel where its gateway refuses. It is nil
	// but for an attachment to a provider, which takes such sessions only.
	Tunnel func(context.Context, engine.ID) (net.Conn, error)
	// Names are what this installation calls a session's route and its other end, at a service provider; nil where the broker's names count.
	Names func(engine.ID) (route, peer string)
	// Intakes are of the tenants whose sessions have their target here.
	Intakes *Intakes
	// Notice is what a service provider says of all sessions there; it stays empty elsewhere.
	Notice *Notice
	// Erase waits until no copy is left of keys that were dropped.
	Erase func(context.Context) error
	// NoEnd, where it is set, says why the machine is no end of any session; it gives nil where it may be one.
	NoEnd func() error
}
