package front

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// Access says who may call a method. The zero value is nobody.
type Access uint8

const (
	// AccessOpen needs no certificate. Only joining has it.
	AccessOpen Access = 1
	// AccessRenewing needs the certificate of a component, administrator or tenant that is not revoked; it may have expired up to 30 days ago.
	AccessRenewing Access = 2
	// AccessComponent needs the certificate of a component that is not revoked.
	AccessComponent Access = 3
	// AccessView needs that of an administrator, AccessChange that of one who may change things.
	AccessView   Access = 4
	AccessChange Access = 5
	// AccessOwnKey needs a certificate, whoever signed it: what counts is that the caller holds its key, which Peer.Key names.
	AccessOwnKey Access = 6
	// AccessTenant needs the certificate of a tenant.
	AccessTenant Access = 7
)

// ownAccess is the table of the front's own service. Config.Access adds those of others; a method in neither is refused.
var ownAccess = map[string]Access{
	wire.Enrolment_Join_FullMethodName:  AccessOpen,
	wire.Enrolment_Renew_FullMethodName: AccessRenewing,
}

// Peer is who calls a method, proven by a certificate, with the name and role that the record has.
type Peer struct {
	Kind identity.Kind // 0 for a caller of an open method who showed no acceptable certificate
	ID   engine.ID
	Name string
	// Role is a component's, Administrator an administrator's. Tenant is whose component it is; empty for one of this installation.
	Role          engine.Role
	Administrator engine.AdministratorRole
	Tenant        engine.ID
	Key           engine.KeyID
	// CertificateExpires is the last moment of the certificate that was shown.
	CertificateExpires time.Time
	// Address is where the connection comes from, Group the key exchange group that protects it.
	Address netip.AddrPort
	Group   string
	// Renewed tells that the key is the renewed one, which replaces the present one once it is used: see Front.Promote.
	Renewed bool
}

// Actor is how the audit names the peer.
func (p Peer) Actor() engine.Actor {
	if p.Kind == 0 {
		return "nobody"
	}
	return engine.Actor(fmt.Sprintf("%s %s", p.Kind, p.Name))
}

type peerKey struct{}

// PeerFrom gives the peer of a call that the broker's server admitted; false for any other context.
func PeerFrom(ctx context.Context) (Peer, bool) {
	p, ok := ctx.Value(peerKey{}).(Peer)
	return p, ok
}

// admit identifies the caller and checks that it may call the method. Its errors are statuses for the caller.
func (f *Front) admit(ctx context.Context, method string) (Peer, error) {
	connection, ok := peer.FromContext(ctx)
	if !ok {
		return Peer{}, status.Error(codes.Unauthenticated, "the connection is not known")
	}
	info, ok := connection.AuthInfo.(callerInfo)
	if !ok {
		return Peer{}, status.Error(codes.Unauthenticated, "the connection is not protected by TLS")
	}
	caller := info.caller
	at := Peer{Address: addressOf(connection.Addr), Group: info.group.String()}
	switch access := f.access[method]; access {
	case AccessOpen:
		return at, nil
	case AccessRenewing:
		proven, err := caller.Renewing()
		if err != nil {
			return Peer{}, refusal(err)
		}
		return f.recognise(ctx, proven, at)
	case AccessComponent:
		proven, err := caller.Component()
		if err != nil {
			return Peer{}, refusal(err)
		}
		return f.recognise(ctx, proven, at)
	case AccessOwnKey:
		key, err := caller.OwnKey()
		if err != nil {
			return Peer{}, refusal(err)
		}
		at.Key = key
		return at, nil
	case AccessTenant:
		proven, err := caller.Tenant()
		if err != nil {
			return Peer{}, refusal(err)
		}
		known, err := f.recognise(ctx, proven, at)
		if err != nil {
			return Peer{}, err
		}
		return known, f.promoted(ctx, known)
	case AccessView, AccessChange:
		proven, err := caller.Administrator()
		if err != nil {
			return Peer{}, refusal(err)
		}
		known, err := f.recognise(ctx, proven, at)
		if err != nil {
			return Peer{}, err
		}
		if access == AccessChange && known.Administrator != engine.MayChange {
			return Peer{}, status.Errorf(codes.PermissionDenied, "%s: administrator %s may only view", engine.ErrNotAllowed, known.Name)
		}
		return known, f.promoted(ctx, known)
	}
	return Peer{}, status.Error(codes.PermissionDenied, "the method is not offered here")
}

// promoted makes the caller's key the present one where it is a renewed one.
func (f *Front) promoted(ctx context.Context, caller Peer) error {
	if !caller.Renewed {
		return nil
	}
	return f.Promote(ctx, caller)
}

// refusal gives the status for a certificate that is not acceptable. A good one of the wrong kind is a question of rights.
func refusal(err error) error {
	for _, kind := range []error{identity.ErrNotComponent, identity.ErrNotAdministrator, identity.ErrNotBroker, identity.ErrNotTenant} {
		if errors.Is(err, kind) {
			return status.Error(codes.PermissionDenied, err.Error())
		}
	}
	return status.Error(codes.Unauthenticated, err.Error())
}

// recognise compares a proven certificate with the record: the holder must be there, not be revoked, and the key must be its
// present one or the one that it renewed to. Name and role come from the record.
func (f *Front) recognise(ctx context.Context, proven identity.Peer, at Peer) (Peer, error) {
	at.Kind, at.ID, at.Key, at.CertificateExpires = proven.Kind, proven.ID, proven.KeyID, proven.NotAfter
	holder, found := f.config.Members.Holder(at.Kind, at.ID)
	at.Name, at.Role, at.Administrator, at.Tenant = holder.Name, holder.Role, holder.Administrator, holder.Tenant
	again := "join again with a new token"
	if proven.Kind == identity.Tenant {
		again = "ask the provider for a new link"
	}
	if !found {
		return Peer{}, status.Errorf(codes.Unauthenticated, "this installation's record does not have the %s any more: %s", proven.Kind, again)
	}
	if !holder.Revoked.IsZero() {
		return Peer{}, status.Errorf(codes.PermissionDenied, "%s %s was revoked on %s: %s", proven.Kind, at.Name, holder.Revoked.UTC().Format(time.RFC3339), again)
	}
	if holder.Key == proven.KeyID {
		return at, nil
	}
	renewed, err := readRenewal(ctx, f.config.Store, proven.ID)
	if err != nil {
		f.log.Error("read renewed key", "holder", proven.ID, "error", err)
		return Peer{}, status.Error(codes.Unavailable, "the broker cannot read its record at this moment; its log says why")
	}
	if renewed.Key != proven.KeyID && f.renewedSinceBackup(proven, holder) {
		err := f.config.Store.Write(ctx, func(tx engine.Transaction) error {
			return putRenewal(tx, proven.ID, renewal{proven.KeyID, proven.NotAfter})
		})
		if err != nil {
			f.log.Error("keep the key that a component renewed to after the backup", "holder", proven.ID, "error", err)
			return Peer{}, status.Error(codes.Unavailable, "the broker cannot write its record at this moment; its log says why")
		}
		f.log.Info("a certificate is newer than the backup that this record was restored from", "kind", proven.Kind.String(), "name", at.Name)
		renewed.Key = proven.KeyID
	}
	if renewed.Key != proven.KeyID {
		return Peer{}, status.Errorf(codes.Unauthenticated, "the certificate of %s %s was replaced by a renewed one (is its disk a copy, or restored from an old backup?): %s", proven.Kind, at.Name, again)
	}
	at.Renewed = true
	return at, nil
}

// renewedSinceBackup tells whether a certificate was issued after the backup from which the record was restored, and is newer
// than the one that the record has: then the renewal is what the backup could not know of. The authority has signed it, and
// its holder was not revoked by then.
func (f *Front) renewedSinceBackup(proven identity.Peer, holder Holder) bool {
	issued := proven.NotAfter.Add(-identity.CertificateLifetime)
	restored := f.config.Restored
	return !restored.IsZero() && !issued.Before(restored.Add(-time.Minute)) && proven.NotAfter.After(holder.CertificateExpires)
}

// admitUnary admits the caller of a method that answers once.
func (f *Front) admitUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	caller, err := f.admit(ctx, info.FullMethod)
	if err != nil {
		f.noteRefusal(ctx, info.FullMethod, err)
		return nil, err
	}
	ctx = context.WithValue(ctx, peerKey{}, caller)
	if caller.Kind != identity.Administrator {
		return handler(ctx, request)
	}
	ctx, forget := f.watchAdministrator(ctx, caller)
	defer forget()
	reply, err := handler(ctx, request)
	if denied := denied(ctx, caller); denied != nil && err != nil {
		return reply, denied
	}
	return reply, err
}

// admitStream admits the caller of a method that streams. An administrator's stream ends when its administrator is revoked or the
// certificate ends, also while it waits for a caller that does not read.
func (f *Front) admitStream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	caller, err := f.admit(stream.Context(), info.FullMethod)
	if err != nil {
		f.noteRefusal(stream.Context(), info.FullMethod, err)
		return err
	}
	ctx := context.WithValue(stream.Context(), peerKey{}, caller)
	if caller.Kind != identity.Administrator {
		return handler(server, &admittedStream{stream, ctx})
	}
	ctx, forget := f.watchAdministrator(ctx, caller)
	defer forget()
	handled := make(chan error, 1)
	f.running.Go(func() { handled <- handler(server, &admittedStream{stream, ctx}) })
	select {
	case err = <-handled:
	case <-ctx.Done():
		if denied := denied(ctx, caller); denied != nil {
			return denied // what it sends from now on fails; Serve waits for it
		}
		err = <-handled
	}
	if denied := denied(ctx, caller); denied != nil && err != nil {
		return denied
	}
	return err
}

// admittedStream carries the peer in its context.
type admittedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *admittedStream) Context() context.Context { return s.ctx }

// noteRefusal logs a refused call, at most one line a second.
func (f *Front) noteRefusal(ctx context.Context, method string, err error) {
	f.config.Calls.CallsRefused.Add(1)
	if !f.refusalLog.Allow() {
		return
	}
	from := ""
	if connection, ok := peer.FromContext(ctx); ok {
		from = connection.Addr.String()
	}
	f.log.Warn("refused a call", "method", method, "from", from, "reason", status.Convert(err).Message())
}
