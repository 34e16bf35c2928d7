package store

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestHostsComeBackAsTheyWerePut(t *testing.T) {
	s := openNew(t)
	at := time.Date(2026, time.November, 30, 8, 0, 0, 123456789, time.UTC)
	four, six := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")
	nas := engine.HostRecord{Name: "nas.example", Now: []netip.Addr{four}, Since: at, Answered: at.Add(time.Hour), Asked: at.Add(2 * time.Hour), Problem: "no answer",
		Seen: []engine.SeenAddress{{Address: four, Last: at}, {Address: six, Last: at.Add(-time.Hour)}}, TooMany: at}
	never := engine.HostRecord{Name: "gone.example", Now: []netip.Addr{}, Asked: at, Seen: []engine.SeenAddress{}}
	write(t, s, func(tx engine.Transaction) error {
		if err := tx.PutHost(nas); err != nil {
			return err
		}
		return tx.PutHost(never)
	})
	if d := cmp.Diff([]engine.HostRecord{never, nas}, must[[]engine.HostRecord](t)(s.Hosts(t.Context())), exactly); d != "" {
		t.Error(d)
	}
	nas.Now = []netip.Addr{six}
	write(t, s, func(tx engine.Transaction) error {
		if err := tx.RemoveHost("gone.example"); err != nil {
			return err
		}
		if err := tx.RemoveHost("nobody"); err != nil {
			return err
		}
		return tx.PutHost(nas)
	})
	if d := cmp.Diff([]engine.HostRecord{nas}, must[[]engine.HostRecord](t)(s.Hosts(t.Context())), exactly); d != "" {
		t.Error(d)
	}
}
