package front

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
)

var (
	errRevoked = errors.New("revoked")
	errExpired = errors.New("expired")
)

// administratorStream is a call of an administrator that goes on.
type administratorStream struct {
	administrator engine.ID
	expires       time.Time // the certificate that it was made with
	cancel        context.CancelCauseFunc
}

// watchAdministrator lets a revocation, and the end of the certificate, end the calls that go on then.
func (f *Front) watchAdministrator(ctx context.Context, caller Peer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	f.mu.Lock()
	number := f.nextStream
	f.nextStream++
	f.streams[number] = administratorStream{caller.ID, caller.CertificateExpires, cancel}
	f.mu.Unlock()
	// A revocation between admission and this line found no call to end.
	if holder, found := f.config.Members.Holder(caller.Kind, caller.ID); !found || !holder.Revoked.IsZero() {
		cancel(errRevoked)
	}
	return ctx, func() {
		f.mu.Lock()
		delete(f.streams, number)
		f.mu.Unlock()
		cancel(nil)
	}
}

// denied gives the status for an administrator who lost access while a call went on; nil for one who has it still.
func denied(ctx context.Context, caller Peer) error {
	switch context.Cause(ctx) {
	case errRevoked:
		return status.Errorf(codes.PermissionDenied, "administrator %s was revoked", caller.Name)
	case errExpired:
		return status.Errorf(codes.Unauthenticated, "the certificate of administrator %s has ended: connect again, which renews it", caller.Name)
	}
	return nil
}

// EndRevoked ends the calls of administrators who were revoked. It may be called under the broker's lock.
func (f *Front) EndRevoked(revoked func(administrator engine.ID) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, stream := range f.streams {
		if revoked(stream.administrator) {
			stream.cancel(errRevoked)
		}
	}
}

// EndExpired ends the calls of administrators whose certificate has ended. It may be called under the broker's lock.
func (f *Front) EndExpired(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, stream := range f.streams {
		if now.After(stream.expires) {
			stream.cancel(errExpired)
		}
	}
}
