package broker

import (
	"sync"
	"testing"
	"testing/synctest"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// A session that is plain on a public address, and a refusal, are told when they happen: both may be over before anybody looks.
func TestPlainSessionsOnPublicAddressesAndRefusalsAreToldAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		var mu sync.Mutex
		var told []engine.Finding
		i.config.Tell = func(f engine.Finding) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, f)
		}
		kinds := func() (all []engine.FindingKind) {
			mu.Lock()
			defer mu.Unlock()
			for i := range told {
				all = append(all, told[i].Kind)
			}
			return all
		}
		i.start()
		defer i.stop()
		source, target := i.component("source", "10.0.0.2"), i.component("target", "10.0.0.3")
		route := i.route("nightly", target, source)
		s, d := source.attach("10.0.0.2", "203.0.113.9"), target.attach("10.0.0.3")
		s.request(route.ID)
		one(d, (*wire.Down).GetOffer)
		if got := kinds(); len(got) != 0 {
			t.Errorf("a sealed session is told: %v", got)
		}
		i.write(func(tx engine.Transaction) error {
			return tx.PutSettings(engine.Settings{DisablePublicIPTrafficEncryption: 1})
		})
		s.request(route.ID)
		synctest.Wait()
		if got := kinds(); len(got) != 1 || got[0] != engine.PlainOnPublic || told[0].Severity != engine.Critical {
			t.Errorf("a plain one: %+v", told)
		}
		d.stream.CloseSend()
		synctest.Wait()
		for range 3 { // those that are alike share a receipt, and are told as it is written
			s.request(route.ID)
		}
		synctest.Wait()
		if got := kinds(); len(got) != 2 || got[1] != engine.SessionsRefused {
			t.Errorf("refusals: %v", got)
		}
	})
}
