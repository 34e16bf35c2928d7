package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
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
	// AccessRenewing needs the certificate of a component or administrator that is not revoked; it may have expired up to 30 days ago.
	AccessRenewing Access = 2
	// AccessComponent needs the certificate of a component that is not revoked.
	AccessComponent Access = 3
	// AccessView needs that of an administrator, AccessChange that of one who may change things.
	AccessView   Access = 4
	AccessChange Access = 5
)

// ownAccess is the table of the broker's own services. Config.Access adds those of others; a method in neither is refused.
var ownAccess = map[string]Access{
	wire.Enrolment_Join_FullMethodName:    AccessOpen,
	wire.Enrolment_Renew_FullMethodName:   AccessRenewing,
	wire.Attachment_Attach_FullMethodName: AccessComponent,
}

// Peer is who calls a method, proven by a certificate, with the name and role that the record has.
type Peer struct {
	Kind identity.Kind // 0 for a caller of an open method who showed no acceptable certificate
	ID   engine.ID
	Name string
	// Role is a component's, Administrator an administrator's.
	Role          engine.Role
	Administrator engine.AdministratorRole
	Key           engine.KeyID
	// CertificateExpires is the last moment of the certificate that was shown.
	CertificateExpires time.Time
	// Address is where the connection comes from, Group the key exchange group that protects it.
	Address netip.AddrPort
	Group   string
	// renewed tells that the key is the renewed one, which replaces the present one once it is used.
	renewed bool
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

// admit finds out who calls and whether that one may call the method. Its errors are statuses for the caller.
func (b *Broker) admit(ctx context.Context, method string) (Peer, error) {
	connection, ok := peer.FromContext(ctx)
	if !ok {
		return Peer{}, status.Error(codes.Unauthenticated, "the connection is not known")
	}
	info, ok := connection.AuthInfo.(credentials.TLSInfo)
	if !ok {
		return Peer{}, status.Error(codes.Unauthenticated, "the connection is not protected by TLS")
	}
	caller := b.verifier.Identify(info.State)
	at := Peer{Address: addressOf(connection.Addr), Group: info.State.CurveID.String()}
	switch access := b.access[method]; access {
	case AccessOpen:
		return at, nil
	case AccessRenewing:
		proven, err := caller.Renewing()
		if err != nil {
			return Peer{}, refusal(err)
		}
		return b.recognise(ctx, proven, at)
	case AccessComponent:
		proven, err := caller.Component()
		if err != nil {
			return Peer{}, refusal(err)
		}
		return b.recognise(ctx, proven, at)
	case AccessView, AccessChange:
		proven, err := caller.Administrator()
		if err != nil {
			return Peer{}, refusal(err)
		}
		known, err := b.recognise(ctx, proven, at)
		if err != nil {
			return Peer{}, err
		}
		if access == AccessChange && known.Administrator != engine.MayChange {
			return Peer{}, status.Errorf(codes.PermissionDenied, "%s: administrator %s may only view", engine.ErrNotAllowed, known.Name)
		}
		if known.renewed {
			if err := b.promote(ctx, known); err != nil {
				return Peer{}, err
			}
		}
		return known, nil
	}
	return Peer{}, status.Error(codes.PermissionDenied, "the method is not offered here")
}

// refusal gives the status for a certificate that is not acceptable. A good one of the wrong kind is a question of rights.
func refusal(err error) error {
	for _, kind := range []error{identity.ErrNotComponent, identity.ErrNotAdministrator, identity.ErrNotBroker} {
		if errors.Is(err, kind) {
			return status.Error(codes.PermissionDenied, err.Error())
		}
	}
	return status.Error(codes.Unauthenticated, err.Error())
}

// recognise compares a proven certificate with the record: the holder must be there, not be revoked, and the key must be its
// present one or the one that it renewed to. Name and role come from the record.
func (b *Broker) recognise(ctx context.Context, proven identity.Peer, at Peer) (Peer, error) {
	at.Kind, at.ID, at.Key, at.CertificateExpires = proven.Kind, proven.ID, proven.KeyID, proven.NotAfter
	key, revoked, found := b.holder(&at)
	if !found {
		return Peer{}, status.Errorf(codes.Unauthenticated, "this installation's record does not have the %s any more: join again with a new token", proven.Kind)
	}
	if !revoked.IsZero() {
		return Peer{}, status.Errorf(codes.PermissionDenied, "%s %s was revoked on %s: join again with a new token", proven.Kind, at.Name, revoked.UTC().Format(time.RFC3339))
	}
	if key == proven.KeyID {
		return at, nil
	}
	renewed, err := readRenewal(ctx, b.config.Store, proven.ID)
	if err != nil {
		b.log.Error("read renewed key", "holder", proven.ID, "error", err)
		return Peer{}, status.Error(codes.Unavailable, "the broker cannot read its record at this moment; its log says why")
	}
	if renewed.Key != proven.KeyID && b.renewedSinceBackup(proven, at) {
		err := b.config.Store.Write(ctx, func(tx engine.Transaction) error {
			return putRenewal(tx, proven.ID, renewal{proven.KeyID, proven.NotAfter})
		})
		if err != nil {
			b.log.Error("keep the key that a component renewed to after the backup", "holder", proven.ID, "error", err)
			return Peer{}, status.Error(codes.Unavailable, "the broker cannot write its record at this moment; its log says why")
		}
		b.log.Info("a certificate is newer than the backup that this record was restored from", "kind", proven.Kind.String(), "name", at.Name)
		renewed.Key = proven.KeyID
	}
	if renewed.Key != proven.KeyID {
		return Peer{}, status.Errorf(codes.Unauthenticated, "the certificate of %s %s was replaced by a renewed one (is its disk a copy, or restored from an old backup?): join again with a new token", proven.Kind, at.Name)
	}
	at.renewed = true
	return at, nil
}

// renewedSinceBackup tells whether a certificate was issued after the backup from which the record was restored, and is newer
// than the one that the record has: then the renewal is what the backup could not know of. The authority has signed it, and
// its holder was not revoked by then.
func (b *Broker) renewedSinceBackup(proven identity.Peer, at Peer) bool {
	issued := proven.NotAfter.Add(-identity.CertificateLifetime)
	if b.restored.IsZero() || issued.Before(b.restored.Add(-time.Minute)) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch proven.Kind {
	case identity.Component:
		m := b.members[at.ID]
		return m != nil && proven.NotAfter.After(m.CertificateExpires)
	case identity.Administrator:
		return proven.NotAfter.After(b.administrators[at.ID].CertificateExpires)
	}
	return false
}

// holder completes a peer from the record.
func (b *Broker) holder(p *Peer) (key engine.KeyID, revoked time.Time, found bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch p.Kind {
	case identity.Component:
		if m := b.members[p.ID]; m != nil {
			p.Name, p.Role = m.Name, m.Role
			return m.Key, m.Revoked, true
		}
	case identity.Administrator:
		if a, ok := b.administrators[p.ID]; ok {
			p.Name, p.Administrator = a.Name, a.Role
			return a.Key, a.Revoked, true
		}
	}
	return engine.KeyID{}, time.Time{}, false
}

// admitUnary admits the caller of a method that answers once.
func (b *Broker) admitUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	caller, err := b.admit(ctx, info.FullMethod)
	if err != nil {
		b.noteRefusal(ctx, info.FullMethod, err)
		return nil, err
	}
	ctx = context.WithValue(ctx, peerKey{}, caller)
	if caller.Kind != identity.Administrator {
		return handler(ctx, request)
	}
	ctx, forget := b.watchAdministrator(ctx, caller)
	defer forget()
	reply, err := handler(ctx, request)
	if denied := b.denied(ctx, caller); denied != nil && err != nil {
		return reply, denied
	}
	return reply, err
}

// admitStream admits the caller of a method that streams. An administrator's stream ends when its administrator is revoked or the
// certificate ends, also while it waits for a caller that does not read.
func (b *Broker) admitStream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	caller, err := b.admit(stream.Context(), info.FullMethod)
	if err != nil {
		b.noteRefusal(stream.Context(), info.FullMethod, err)
		return err
	}
	ctx := context.WithValue(stream.Context(), peerKey{}, caller)
	if caller.Kind != identity.Administrator {
		return handler(server, &admittedStream{stream, ctx})
	}
	ctx, forget := b.watchAdministrator(ctx, caller)
	defer forget()
	handled := make(chan error, 1)
	b.running.Go(func() { handled <- handler(server, &admittedStream{stream, ctx}) })
	select {
	case err = <-handled:
	case <-ctx.Done():
		if denied := b.denied(ctx, caller); denied != nil {
			return denied // what it sends from now on fails; Serve waits for it
		}
		err = <-handled
	}
	if denied := b.denied(ctx, caller); denied != nil && err != nil {
		return denied
	}
	return err
}

var (
	errRevoked = errors.New("revoked")
	errExpired = errors.New("expired")
)

// denied gives the status for an administrator who lost access while a call went on; nil for one who has it still.
func (b *Broker) denied(ctx context.Context, caller Peer) error {
	switch context.Cause(ctx) {
	case errRevoked:
		return status.Errorf(codes.PermissionDenied, "administrator %s was revoked", caller.Name)
	case errExpired:
		return status.Errorf(codes.Unauthenticated, "the certificate of administrator %s has ended: connect again, which renews it", caller.Name)
	}
	return nil
}

// watchAdministrator lets a revocation, and the end of the certificate, end the calls that go on then.
func (b *Broker) watchAdministrator(ctx context.Context, caller Peer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	number := b.nextStream
	b.nextStream++
	b.streams[number] = administratorStream{caller.ID, caller.CertificateExpires, cancel}
	// A revocation between admission and this line found no call to end.
	if a, ok := b.administrators[caller.ID]; !ok || !a.Revoked.IsZero() {
		cancel(errRevoked)
	}
	return ctx, func() {
		b.mu.Lock()
		delete(b.streams, number)
		b.mu.Unlock()
		cancel(nil)
	}
}

// administratorStream is a call of an administrator that goes on.
type administratorStream struct {
	administrator engine.ID
	expires       time.Time // the certificate that it was made with
	cancel        context.CancelCauseFunc
}

// endExpired ends the calls of administrators whose certificate has ended. b.mu is held.
func (b *Broker) endExpired(now time.Time) {
	for _, stream := range b.streams {
		if now.After(stream.expires) {
			stream.cancel(errExpired)
		}
	}
}

// admittedStream carries the peer in its context.
type admittedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *admittedStream) Context() context.Context { return s.ctx }

// noteRefusal logs who was refused what. A flood of them is one line a second.
func (b *Broker) noteRefusal(ctx context.Context, method string, err error) {
	b.metrics.CallsRefused.Add(1)
	if !b.refusalLog.Allow() {
		return
	}
	from := ""
	if connection, ok := peer.FromContext(ctx); ok {
		from = connection.Addr.String()
	}
	b.log.Warn("refused a call", "method", method, "from", from, "reason", status.Convert(err).Message())
}

// addressOf gives the address of a connection; invalid where it is none of IP.
func addressOf(address net.Addr) netip.AddrPort {
	if tcp, ok := address.(*net.TCPAddr); ok {
		ap := tcp.AddrPort()
		return netip.AddrPortFrom(engine.PlainAddress(ap.Addr()), ap.Port())
	}
	parsed, err := netip.ParseAddrPort(address.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(engine.PlainAddress(parsed.Addr()), parsed.Port())
}
