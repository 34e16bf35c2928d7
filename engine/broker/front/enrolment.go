package front

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
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

// Join enrols the holder of a join token: it adds the component or administrator, uses the token up and writes the audit entry, in one transaction.
func (e enrolment) Join(ctx context.Context, request *wire.JoinRequest) (*wire.JoinReply, error) {
	f := e.front
	caller, _ := PeerFrom(ctx)
	from := caller.Address.Addr()
	if !f.joins.admits(sourceOf(from)) {
		return nil, status.Error(codes.ResourceExhausted, "too many attempts to join from this address; wait a minute and try again")
	}
	joined, err := f.join(ctx, request)
	if err != nil {
		f.joins.refused(sourceOf(from))
		f.config.Calls.JoinsRefused.Add(1)
		f.log.Warn("refused to let somebody join", "from", from, "reason", err)
		return nil, joinStatus(err)
	}
	f.config.Calls.Joins.Add(1)
	f.log.Info("somebody joined", "kind", joined.token.Kind, "name", joined.token.Name, "id", joined.id, "from", from)
	role := string(joined.token.Role)
	if joined.token.Kind == engine.JoinAdministrator {
		role = string(joined.token.Administrator)
	}
	return &wire.JoinReply{
		Kind: string(joined.token.Kind), Id: wire.IDBytes(joined.id), Name: joined.token.Name, Role: role,
		Installation: wire.IDBytes(f.config.Authority.Installation()), Certificate: joined.certificate.Raw, Roots: f.config.Authority.Roots().DER(),
		Brokers: f.config.Addresses,
	}, nil
}

type joined struct {
	id          engine.ID
	token       engine.JoinToken
	certificate *x509.Certificate
}

func (f *Front) join(ctx context.Context, request *wire.JoinRequest) (joined, error) {
	hash, err := identity.HashTokenSecret(request.GetSecret())
	clear(request.GetSecret())
	if err != nil {
		return joined{}, err
	}
	now := time.Now()
	// The token is checked first: without a valid one, no signature is verified and no certificate made.
	token, err := checkedToken(ctx, f.config.Store, hash, now)
	if err != nil {
		return joined{}, err
	}
	_, key, err := identity.ParseRequest(request.GetCertificateRequest())
	if err != nil {
		return joined{}, err
	}
	j := joined{id: engine.NewID(), token: token}
	kind := identity.Component
	if token.Kind == engine.JoinAdministrator {
		kind = identity.Administrator
	}
	if j.certificate, err = f.issue(kind, j.id, token.Role, request.GetCertificateRequest(), now); err != nil {
		return joined{}, err
	}
	err = f.config.Members.Enrol(func() (enrolled Enrolled, err error) {
		err = f.config.Store.Write(ctx, func(tx engine.Transaction) error {
			token, err := checkedToken(ctx, tx, hash, now)
			if err != nil {
				return err
			}
			token.Used = now
			if err := tx.PutJoinToken(token); err != nil {
				return err
			}
			enrolled, err = putJoined(tx, j, key, now)
			return err
		})
		return enrolled, err
	})
	return j, err
}

// issue makes a certificate. That of a component which serves tunnels says so.
func (f *Front) issue(kind identity.Kind, id engine.ID, role engine.Role, request []byte, now time.Time) (*x509.Certificate, error) {
	if kind == identity.Component && role == engine.ProviderGateway {
		return f.config.Authority.IssueGateway(id, request, now)
	}
	return f.config.Authority.Issue(kind, id, request, now)
}

func checkedToken(ctx context.Context, from engine.Records, hash [32]byte, now time.Time) (engine.JoinToken, error) {
	token, err := from.JoinToken(ctx, hash)
	if errors.Is(err, engine.ErrNotFound) {
		return token, identity.ErrTokenUnknown
	}
	if err != nil {
		return token, err
	}
	return token, identity.CheckToken(token, hash, now)
}

func putJoined(tx engine.Transaction, j joined, key engine.KeyID, now time.Time) (enrolled Enrolled, err error) {
	var thing any
	if j.token.Kind == engine.JoinAdministrator {
		a := engine.Administrator{ID: j.id, Name: j.token.Name, Role: j.token.Administrator, Key: key, Joined: now, CertificateExpires: j.certificate.NotAfter}
		if err := tx.PutAdministrator(a); err != nil {
			return enrolled, err
		}
		thing, enrolled.Administrator = a, &a
	} else {
		c := engine.Component{ID: j.id, Revision: 1, Name: j.token.Name, Role: j.token.Role, Tags: j.token.Tags, Key: key, Joined: now, CertificateExpires: j.certificate.NotAfter}
		if err := tx.PutComponent(c); err != nil {
			return enrolled, err
		}
		thing, enrolled.Component = c, &c
	}
	who := engine.Actor(fmt.Sprintf("%s %s", j.token.Kind, j.token.Name))
	return enrolled, engine.AppendChange(tx, engine.AuditEntry{When: now, Who: who, What: string(j.token.Kind) + ".join", Thing: j.token.Name}, nil, thing)
}

// joinStatus gives the reason of a refusal without details of the broker.
func joinStatus(err error) error {
	for _, known := range []error{identity.ErrTokenUnknown, identity.ErrTokenUsed, identity.ErrTokenExpired} {
		if errors.Is(err, known) {
			return status.Error(codes.PermissionDenied, known.Error())
		}
	}
	switch {
	case errors.Is(err, engine.ErrNameTaken):
		return status.Error(codes.AlreadyExists, "the name that the token was made for is taken by now: make a token with another name, or revoke the one that has it")
	case errors.Is(err, identity.ErrBadRequest):
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return status.Error(codes.Unavailable, "the broker cannot use its record at this moment; its log says why")
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
