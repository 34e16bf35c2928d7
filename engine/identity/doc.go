// Package identity says who is who in one installation: its certification authority, the certificates of components,
// administrators and broker, the join tokens that let a new machine in, and the TLS settings that recognise each other by them.
//
// # The parts
//
//   - [Authority] is the installation's CA: a P-256 key, its root certificate, and where a change of root is under way a second one.
//     It lives in one file of the broker's data folder (see authorityfile.go for its format).
//   - [Token] carries a secret, the pin of the CA's key and the broker's addresses to a machine that is to join.
//   - [Directory] keeps what a component knows of one installation on its own disk.
//   - [Verifier] decides whether a certificate is acceptable, and for whom. No name from DNS takes part in that.
//   - [BrokerServerConfig], [ClientConfig] and [JoinConfig] are the three TLS settings of port 6170, [GatewayConfig], [TunnelConfig] and
//     [TunnelPinConfig] those of the tunnel to a service provider.
//
// # What a certificate says
//
// Exactly one URI, and nothing else that counts:
//
//	spiffe://<installation>/component/<id>
//	spiffe://<installation>/administrator/<id>
//	spiffe://<installation>/tenant/<id>
//	spiffe://<installation>/broker
//
// A component of role provider-gateway has a second one behind it, spiffe://<installation>/gateway. A role that the broker keeps would not
// do there: the client is of another installation, and would take any machine of the provider's for its gateway.
//
// Names, roles and rights are kept by the broker and never read from a certificate.
//
// # Errors
//
// Why a certificate or a token is refused is told by the sentinels of errors.go. Their texts are written for people: they say
// what happened and what to do. No error and no String method of this package ever holds a key, a passphrase or a token's secret.
//
// # FIPS mode
//
// Everything runs under GODEBUG=fips140=only. Argon2id, which protects a CA key that has a passphrase, is no approved
// algorithm: golang.org/x/crypto does not refuse it in that mode, so that the file stays readable, but an installation that
// must hold approved algorithms only has to keep the CA key without a passphrase on an encrypted disk.
// [UnapprovedDerivation] tells whether that remark is due.
package identity
