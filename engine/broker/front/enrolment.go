package front

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// enrolment is the Enrolment service.
type enrolment struct {
	wire.UnimplementedEnrolmentServer
	front *Front
}

// Enrolment is the front's own service.
func (f *Front) Enrolment() wire.EnrolmentServer { return enrolment{front: f} }

// issue makes a certificate. That of a component which serves tunnels says so.
func (f *Front) issue(kind identity.Kind, id engine.ID, role engine.Role, request []byte, now time.Time) (*x509.Certificate, error) {
	if kind == identity.Component && role == engine.ProviderGateway {
		return f.config.Authority.IssueGateway(id, request, now)
	}
	return f.config.Authority.Issue(kind, id, request, now)
}

// Renew gives a component, administrator or tenant a certificate for a fresh key. The old one counts until the new one is used.
func (e enrolment) Renew(ctx context.Context, request *wire.RenewRequest) (*wire.RenewReply, error) {
	f := e.front
	caller, ok := PeerFrom(ctx)
	if !ok {
		return nil, status.Error(codes.Unauthenticated, identity.ErrNoCertificate.Error())
	}
	_, key, err := identity.ParseRequest(request.GetCertificateRequest())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if !f.renewals.allow(caller.ID) {
		return nil, status.Error(codes.ResourceExhausted, "this certificate was renewed many times in a row; wait a minute and try again")
	}
	if key == caller.Key {
		return nil, status.Error(codes.InvalidArgument, "a certificate is renewed with a fresh key")
	}
	certificate, err := f.issue(caller.Kind, caller.ID, caller.Role, request.GetCertificateRequest(), time.Now())
	if err != nil {
		f.log.Error("issue a certificate", "holder", caller.ID, "error", err)
		return nil, status.Error(codes.Unavailable, "the broker cannot issue certificates at this moment; its log says why")
	}
	err = f.config.Store.Write(ctx, func(tx engine.Transaction) error {
		if err := stillHeld(ctx, tx, caller); err != nil {
			return err
		}
		if err := nameKey(ctx, tx, caller, key); err != nil {
			return err
		}
		return putRenewal(tx, caller.ID, renewal{key, certificate.NotAfter})
	})
	switch {
	case errors.Is(err, ErrKeyNamed):
		return nil, status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, errReplaced):
		return nil, status.Error(codes.Unauthenticated, err.Error())
	case err != nil:
		f.log.Error("keep a renewed key", "holder", caller.ID, "error", err)
		return nil, status.Error(codes.Unavailable, "the broker cannot write its record at this moment; its log says why")
	}
	f.log.Info("renewed a certificate", "kind", caller.Kind.String(), "name", caller.Name, "id", caller.ID)
	return &wire.RenewReply{Certificate: certificate.Raw, Roots: f.config.Authority.Roots().DER()}, nil
}
