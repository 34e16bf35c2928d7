package identity

import (
	"crypto/x509"
	"encoding/binary"
	"time"
)

const (
	// renewalSpread is the part of a certificate's life over which the renewals of many components are spread, so that an
	// installation that was set up in one hour does not renew in one hour for ever.
	renewalSpread = 0.1
	// RenewalRetry is how long a component waits before it asks again when a renewal failed.
	RenewalRetry = 10 * time.Minute
)

// RenewAt tells when a certificate is to be renewed: at half of its life, or up to a tenth of the life earlier. How much
// earlier is drawn from its key id, so that a program that is started again comes to the same answer.
func RenewAt(certificate *x509.Certificate) time.Time {
	begin := certificate.NotBefore.Add(ClockTolerance) // when it was made
	life := certificate.NotAfter.Sub(begin)
	key := KeyIDOf(certificate.RawSubjectPublicKeyInfo)
	part := float64(binary.BigEndian.Uint32(key[:4])) / (1 << 32)
	return begin.Add(life/2 - time.Duration(part*renewalSpread*float64(life)))
}
