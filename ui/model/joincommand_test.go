package model

import (
	"net/netip"
	"testing"

	"lockwire/engine"
)

func TestThePortOfAComponentIsTheOneThatItReports(t *testing.T) {
	var c engine.ComponentStatus
	const unknown = "TCP port 6171, or the one that its agent was given with --listen,"
	for _, silent := range []*engine.ComponentStatus{nil, &c} {
		if got := DataPortOf(silent); got != unknown {
			t.Errorf("before it has reported: %q", got)
		}
	}
	c.Report.Endpoints = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:7171")}
	if got := DataPortOf(&c); got != "TCP port 7171" {
		t.Errorf("%q", got)
	}
}
