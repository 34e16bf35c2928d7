package tunnel

import (
	"crypto/tls"
	"net"
	"sync/atomic"

	"lockwire/engine/network"
)

// Conn is a connection that a gateway let through: what is written arrives at the provider's broker or at the target of a session.
//
// A Read gives io.EOF only where the other end has ended its direction in order.
type Conn struct {
	*tls.Conn
	tcp     net.Conn
	gateway string
	resets  atomic.Bool
}

// Gateway is the address of the gateway, as it was dialled.
func (c *Conn) Gateway() string { return c.gateway }

// NetConn gives the connection below TLS: that of TCP, where no proxy speaks TLS.
func (c *Conn) NetConn() net.Conn { return c.tcp }

// SetLinger is what network.SetReset and network.SetOrderly use: with zero seconds, Close resets the other end.
func (c *Conn) SetLinger(seconds int) error {
	c.resets.Store(seconds == 0)
	if seconds == 0 {
		network.SetReset(c.tcp)
	} else {
		network.SetOrderly(c.tcp)
	}
	return nil
}

// Close closes the connection. Where it was not set to reset, what was written is delivered and the other end sees an end in order.
func (c *Conn) Close() error {
	if c.resets.Load() {
		return c.tcp.Close()
	}
	return c.Conn.Close()
}
