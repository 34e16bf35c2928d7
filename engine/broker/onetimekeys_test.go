package broker

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// A key is only expanded when it is used: a component that sends what is none loses its stream then, and takes no key of the other end.
func TestMalformedOneTimeKeyCostsItsOwnerTheStreamAndTheOtherEndNoKey(t *testing.T) {
	for _, of := range []session.Side{session.Source, session.Target} {
		t.Run(of.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *installation) {
				p := i.pair()
				hostile, honest := p.source, p.target
				if of == session.Target {
					hostile, honest = p.target, p.source
				}
				malformed := must(session.ParseOneTimePublic(bytes.Repeat([]byte{0xff}, session.PublicKeySize)))
				hostile.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: &wire.OneTimeKeys{
					Generation: hostile.generation, Keys: []*wire.OneTimeKey{{Id: malformed.ID[:], Public: malformed.Key}},
				}}})
				honest.send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: honest.keys(2)}})
				left := func() int {
					synctest.Wait()
					i.broker.mu.Lock()
					defer i.broker.mu.Unlock()
					return len(i.broker.members[honest.id].attachment.oneTime)
				}
				for range helloKeys { // the good ones go first
					p.source.request(p.route.ID)
				}
				before := left()
				if err := hostile.ended(); err != nil || before != 2 {
					t.Fatalf("%d keys are left, and the stream ended with %v", before, err)
				}
				p.source.request(p.route.ID)
				if err := hostile.ended(); status.Code(err) != codes.InvalidArgument || !strings.Contains(words(err), "one-time key") {
					t.Errorf("the stream ends with %v", err)
				}
				want := before
				if of == session.Target {
					want += helloKeys // of the offers that the source was not sent
				}
				if left() != want {
					t.Errorf("%d keys of the other end are left, not %d", left(), want)
				}
				if of == session.Source {
					return // it is not there any more to be told
				}
				refused := heard(p.source, (*wire.Down).GetSessionRefused)
				told := func(r *wire.SessionRefused) bool {
					return strings.Contains(r.GetReason(), "target sent a one-time key that is none")
				}
				if !slices.ContainsFunc(refused, told) { // the offers before it are refused, too, in no order
					t.Errorf("the source is told %v", refused)
				}
			})
		})
	}
}
