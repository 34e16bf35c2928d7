package component

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
func (a *attachment) keepRenewed(ctx context.Context) {
	for {
		certificate, err := a.directory.Certificate()
		if err != nil {
			a.log.Error("the certificate cannot be read", "reason", err.Error())
			return
		}
		pause := min(identity.RenewAt(certificate.Leaf).Sub(a.clock.Now()), renewalCheck)
		if pause > 0 {
			if !machine.Wait(ctx.Done(), a.clock, pause) {
				return
			}
			continue
		}
		if s, _ := a.current(); s != nil { // else the next attachment does it
			if err := a.renewIfDue(ctx); err != nil {
				a.log.Warn("the certificate is not renewed; the next try is in a while", "ends", certificate.Leaf.NotAfter, "reason", err.Error())
			}
			a.attachAnewWhereRenewed()
		}
		if !machine.Wait(ctx.Done(), a.clock, identity.RenewalRetry) {
			return
		}
	}
}

// errRenewed ends a stream that the next one, with a fresh key, takes the place of.
var errRenewed = errors.New("the certificate was renewed")

// attachAnewWhereRenewed ends a control stream that proved another key than the present one, which the next one proves.
func (a *attachment) attachAnewWhereRenewed() {
	present := a.directory.KeyID()
	a.mu.Lock()
	s := a.stream
	old := s != nil && s.key != present
	a.renewed = a.renewed || old
	a.mu.Unlock()
	if old {
		s.end(errRenewed)
	}
}

// takeRenewed tells, once, that the stream ended for a renewal.
func (a *attachment) takeRenewed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.renewed
	a.renewed = false
	return was
}

// renewBeforeAttaching renews before the control stream is opened: where the machine was off, the certificate may have
// expired. Only one that is no good any more keeps the component from attaching.
func (a *attachment) renewBeforeAttaching(ctx context.Context) error {
	err := a.renewIfDue(ctx)
	if err == nil {
		return nil
	}
	certificate, unread := a.directory.Certificate()
	if unread != nil {
		return unread
	}
	if a.clock.Now().After(certificate.Leaf.NotAfter) {
		return err
	}
	a.log.Debug("the certificate is not renewed yet", "reason", err.Error())
	return nil
}

// renewIfDue renews the certificate where its time has come. The broker keeps one renewed key: of two renewals at once, the
// disk could keep the other one.
func (a *attachment) renewIfDue(ctx context.Context) error {
	a.renewing.Lock()
	defer a.renewing.Unlock()
	certificate, err := a.directory.Certificate()
	if err != nil {
		return err
	}
	now := a.clock.Now()
	if now.Before(identity.RenewAt(certificate.Leaf)) || a.wasJustRenewed(now) {
		return nil
	}
	if now.After(certificate.Leaf.NotAfter.Add(engine.RenewalGrace)) {
		return &refusedError{fmt.Sprintf("the certificate ended at %s, which is too long ago to renew it (or this machine's clock, %s, is wrong); join again with a new token: lockwire-agent join",
			certificate.Leaf.NotAfter.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	err = a.renew(ctx)
	if err != nil && now.After(certificate.Leaf.NotAfter) {
		return fmt.Errorf("the certificate has expired and could not be renewed: %w", err)
	}
	return err
}

// wasJustRenewed tells whether the certificate was renewed just now. Where this machine's clock is days ahead of the broker's, a new
// certificate is due at once, and would be renewed without end.
func (a *attachment) wasJustRenewed(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return now.Sub(a.renewedAt) < identity.RenewalRetry
}

// renew gets a certificate for a fresh key. The key before it is kept until the fresh one has attached.
func (a *attachment) renew(ctx context.Context) error {
	key, err := identity.NewKey()
	if err != nil {
		return err
	}
	request, err := identity.NewRequest(key)
	if err != nil {
		return err
	}
	verifier := identity.NewVerifier(a.directory.Roots, a.clock.Now)
	connection, err := dialBroker(ctx, a.c.config.Network, a.brokers(), identity.ClientConfig(verifier, a.directory.Certificate))
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
		if err := a.keepRoots(reply.GetRoots()); err != nil {
			return err
		}
	}
	certificate, err := identity.ParseCertificate(reply.GetCertificate())
	if err != nil {
		return err
	}
	if err := a.directory.Renew(key, certificate); err != nil {
		return err
	}
	a.mu.Lock()
	a.renewedAt = a.clock.Now()
	a.mu.Unlock()
	a.log.Info("certificate renewed", "ends", certificate.NotAfter)
	return nil
}
