package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// renewalCheck bounds how long the renewal sleeps, so that a machine that was suspended notices within an hour that it is due.
const renewalCheck = time.Hour

// keepRenewed renews the certificate when half of its life is over, and opens the control stream anew with the new key.
func (b *Broker) keepRenewed(ctx context.Context) {
	for {
		certificate, err := b.Directory.Certificate()
		if err != nil {
			b.Log.Error("the certificate cannot be read", "reason", err.Error())
			return
		}
		pause := min(identity.RenewAt(certificate.Leaf).Sub(b.Clock.Now()), renewalCheck)
		if pause > 0 {
			if !machine.Wait(ctx.Done(), b.Clock, pause) {
				return
			}
			continue
		}
		if s, _ := b.Stream(); s != nil { // else the next try to attach does it
			if err := b.renewIfDue(ctx); err != nil {
				b.Log.Warn("the certificate is not renewed; the next try is in a while", "ends", certificate.Leaf.NotAfter, "reason", err.Error())
			}
			b.attachAnewWhereRenewed()
		}
		if !machine.Wait(ctx.Done(), b.Clock, identity.RenewalRetry) {
			return
		}
	}
}

// errRenewed ends a stream that the next one, with a fresh key, takes the place of.
var errRenewed = errors.New("the certificate was renewed")

// attachAnewWhereRenewed ends a control stream that proved another key than the present one, which the next one proves.
func (b *Broker) attachAnewWhereRenewed() {
	present := b.Directory.KeyID()
	b.mu.Lock()
	s := b.stream
	old := s != nil && s.key != present
	b.renewed = b.renewed || old
	b.mu.Unlock()
	if old {
		s.end(errRenewed)
	}
}

// takeRenewed tells, once, that the stream ended for a renewal.
func (b *Broker) takeRenewed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.renewed
	b.renewed = false
	return was
}

// renewBeforeAttaching renews before the control stream is opened: where the machine was off, the certificate may have
// expired. Only one that is no good any more keeps the component from attaching.
func (b *Broker) renewBeforeAttaching(ctx context.Context) error {
	err := b.renewIfDue(ctx)
	if err == nil {
		return nil
	}
	certificate, unread := b.Directory.Certificate()
	if unread != nil {
		return unread
	}
	if b.Clock.Now().After(certificate.Leaf.NotAfter) {
		return err
	}
	b.Log.Debug("the certificate is not renewed yet", "reason", err.Error())
	return nil
}

// renewIfDue renews the certificate where its time has come. The broker keeps one renewed key: of two renewals at once, the
// disk could keep the other one.
func (b *Broker) renewIfDue(ctx context.Context) error {
	b.renewing.Lock()
	defer b.renewing.Unlock()
	certificate, err := b.Directory.Certificate()
	if err != nil {
		return err
	}
	now := b.Clock.Now()
	if now.Before(identity.RenewAt(certificate.Leaf)) || b.wasJustRenewed(now) {
		return nil
	}
	if now.After(certificate.Leaf.NotAfter.Add(engine.RenewalGrace)) {
		return &refusedError{fmt.Sprintf("the certificate ended at %s, which is too long ago to renew it (or this machine's clock, %s, is wrong); join again with a new token: lockwire-agent join",
			certificate.Leaf.NotAfter.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	err = b.renew(ctx)
	if err != nil && now.After(certificate.Leaf.NotAfter) {
		return fmt.Errorf("the certificate has expired and could not be renewed: %w", err)
	}
	return err
}

// wasJustRenewed tells whether the certificate was renewed just now. Where this machine's clock is days ahead of the broker's, a new
// certificate is due at once, and would be renewed without end.
func (b *Broker) wasJustRenewed(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Sub(b.renewedAt) < identity.RenewalRetry
}

// renew gets a certificate for a fresh key. The key before it is kept until the fresh one has attached.
func (b *Broker) renew(ctx context.Context) error {
	key, request, err := identity.NewRequestedKey()
	if err != nil {
		return err
	}
	verifier := identity.NewVerifier(b.Directory.Roots, b.Clock.Now)
	connection, err := dialBroker(ctx, b.Network, b.dialWithin(), b.brokers(), identity.ClientConfig(verifier, b.Directory.Certificate))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	reply, err := wire.NewEnrolmentClient(connection).Renew(ctx, &wire.RenewRequest{CertificateRequest: request})
	if err != nil {
		if code := status.Code(err); code == codes.PermissionDenied || code == codes.Unauthenticated {
			return &refusedError{machine.Sentence(status.Convert(err).Message())}
		}
		return explainStream(err)
	}
	if len(reply.GetRoots()) > 0 {
		if err := b.keepRoots(reply.GetRoots()); err != nil {
			return err
		}
	}
	certificate, err := identity.ParseCertificate(reply.GetCertificate())
	if err != nil {
		return err
	}
	if err := b.Directory.Renew(key, certificate); err != nil {
		return err
	}
	b.mu.Lock()
	b.renewedAt = b.Clock.Now()
	b.mu.Unlock()
	b.Log.Info("certificate renewed", "ends", certificate.NotAfter)
	return nil
}
