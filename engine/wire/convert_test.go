package wire

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"lockwire/engine"
)

func TestWhatAComponentSaysOfItselfCanBePrinted(t *testing.T) {
	const said, shown = "eth\x1b[2J\u202e0\u009b\n", "eth [2J 0  "
	address := netip.MustParseAddr("10.0.0.1")
	report := func(text string) engine.Report {
		return engine.Report{
			Version: text, ChannelVersion: 7, OS: text, Architecture: text, AllowedBackends: []string{text}, Machine: "m", Boot: "b",
			Processor:   engine.Processor{Name: text, AES: []string{text}},
			Interfaces:  []engine.Address{{Address: address, Origin: engine.FromInterface, Interface: text}},
			Calibration: &engine.Calibration{Processor: text, Build: text, Cipher: engine.AES256GCM},
		}
	}
	if got, err := FromReport(report(said)).Engine(); err != nil || !reflect.DeepEqual(got, report(shown)) {
		t.Errorf("got %#v, %v\nwant %#v", got, err, report(shown))
	}
}

func TestMachinesThatDifferStayApart(t *testing.T) {
	for name, report := range map[string]engine.Report{"machine": {Machine: "m\x01"}, "boot": {Boot: "b\x01"}} {
		if got, err := FromReport(report).Engine(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: it became %+v, %v", name, got, err)
		}
	}
}
