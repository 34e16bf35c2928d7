package enginetest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/identity"
)

// pastRenewal is when every certificate is due, and none has ended.
const pastRenewal = 4 * 24 * time.Hour

func TestEveryKeyOfATenancyIsRenewedUnderARunningTransfer(t *testing.T) {
	t.Parallel()
	source, repository := &componenttest.LeapClock{}, &componenttest.LeapClock{}
	gateway := &componenttest.LeapClock{Long: 30 * time.Second} // the gateway's review waits that long
	w := newTenancyWith(t, tenancyOptions{sourceClock: source, gatewayClock: gateway, repositoryClock: repository})
	transfer := beginTransfer(t, w.dial(t))
	transfer.goesOn(t, "before")
	session := w.own.Broker.Sessions()[0].ID

	// renewed waits until the keys in directories are others, and their brokers know them.
	renewed := func(what string, begin func(), directories ...string) {
		t.Helper()
		before := map[string]engine.KeyID{}
		for _, path := range directories {
			directory, err := identity.OpenDirectory(path)
			if err != nil {
				t.Fatal(err)
			}
			before[path] = directory.KeyID()
		}
		begin()
		for path, key := range before {
			w.own.Wait(what+" is renewed", func() bool {
				now, err := identity.OpenDirectory(path) // which may be half written
				return err == nil && now.KeyID() != key && now.Previous() == nil
			})
		}
		transfer.goesOn(t, "after the renewal of "+what)
	}
	atItsOwn := func(i *Installation, c *Component) string {
		return filepath.Join(c.Folder, "attachments", string(i.Authority.Installation()))
	}
	renewed("the machine", func() { source.Leap(pastRenewal) }, w.atProvider(), atItsOwn(w.own, w.source))
	renewed("the repository", func() { repository.Leap(pastRenewal) }, atItsOwn(w.provider, w.repository))
	renewed("the gateway", func() { gateway.Leap(pastRenewal) }, atItsOwn(w.provider, w.gateway))
	w.provider.Wait("the gateway has asked its broker again", func() bool {
		gateway.Leap(0)
		return strings.Contains(w.provider.Log.String(), "asked again what tunnels may go on")
	})
	transfer.goesOn(t, "after the gateway has asked again")
	renewed("the tenant's broker", func() {
		w.own.StopBroker()
		w.own.SetForward.Store(int64(pastRenewal))
		w.own.StartBroker()
	}, filepath.Join(w.own.providers, string(w.linked.ID)))
	w.own.Wait("the tenant's broker is connected", func() bool { return w.status().Connected })
	transfer.goesOn(t, "after all keys were renewed")
	// The broker's clock stays ahead, so that its fresh certificate is due at once; it is not renewed again for that.
	if times := strings.Count(w.own.Log.String(), "the certificate for a provider was renewed"); times != 1 {
		t.Errorf("the tenant's broker has renewed %d times", times)
	}
	if sessions := w.own.Broker.Sessions(); len(sessions) != 1 || sessions[0].ID != session {
		t.Errorf("the transfer's session is not what it was: %v", sessions)
	}
	transfer.finish(t)

	for _, i := range []*Installation{w.own, w.provider} {
		i.Wait("the session is over", func() bool { return len(i.Broker.Sessions()) == 0 })
	}
	w.own.Wait("the next session works", func() bool { return attempt(w.route.Listen, "with fresh keys") == nil })
	w.own.Wait("both brokers know the next session", func() bool {
		theirs := w.provider.WaitReceipts(2)
		return len(theirs) >= 2 && theirs[0].Tenant == w.tenant.ID && theirs[0].State == engine.SessionEnded
	})
}
