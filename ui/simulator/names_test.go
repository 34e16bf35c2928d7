package simulator

import (
	"net/netip"
	"testing"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestTheSimulatorSaysWhatNamesStandForAndSinceWhen(t *testing.T) {
	s, p := simulatorOf(t)
	address := netip.MustParseAddr("10.0.0.2")
	record := engine.HostRecord{Name: "nas.example", Now: []netip.Addr{address}, Since: uitest.Moment, Answered: uitest.Moment, Asked: uitest.Moment, Seen: []engine.SeenAddress{{Address: address, Last: uitest.Moment}}}
	if err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutHost(record) }); err != nil {
		t.Fatal(err)
	}
	s.Put(t, "To the NAS", "any", "host:nas.example", nil)
	s.Put(t, "To nowhere", "10.9.9.9", "host:gone.example", nil)
	s.Show(t, p)
	p.Open(page.PairThing("fileserver", "vault"))
	screen.MustContain(t, screen.Text(p.Content()), "host:nas.example: 10.0.0.2, since "+uitest.Moment.Local().Format("2006-01-02"), "host:gone.example: no address")
}
