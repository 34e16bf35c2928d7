// Package tunnel leads connections of a tenant through the gateway of its service provider, to the one TCP port that the provider opens.
// SPEC.md has the protocol for other languages.
//
// # What lies on the wire
//
// Each connection is one TLS 1.3 connection from its first byte to its last, authenticated both ways, with a hybrid key exchange and
// nothing else (identity.GatewayConfig, identity.TunnelConfig). Inside, the client first says where it wants to go, in 18 bytes:
//
//	version 1 | kind (1 the provider's broker, 2 a session) | session id 16 (zeros for the broker)
//
// The gateway answers one byte: 0, and from then on it copies both ways; or 1, and closes. It gives no reason: a session that is unknown,
// over, or another tenant's looks the same. What it copies is the control protocol's TLS, or a data channel: it sees ciphertext only.
// A direction that ends in order ends with close_notify; whatever else ends a connection resets the other side.
//
// # The parts
//
//   - [Dialer] is the tenant's side. It gives a [Conn] that is let through.
//   - [Gateway] is the provider's side. It asks its broker what a key may do, and keeps what was allowed until it is told to [Gateway.Cut].
package tunnel
