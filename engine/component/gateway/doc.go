// Package gateway is a component of role provider-gateway: its data port takes the tunnels of tenants (package tunnel) and nothing else. It
// asks the broker of its attachment what a tenant's key may do, and ends what the broker cuts.
//
// A gateway is no end of a session: it holds no key of one, and what it copies is ciphertext.
package gateway
