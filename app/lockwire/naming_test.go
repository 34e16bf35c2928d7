package main

import (
	"errors"
	"testing"

	"lockwire/ui/page"
)

func TestAConsoleOfABrokerElsewhereNamesIt(t *testing.T) {
	known := []page.OtherBroker{{Installation: "one", Address: "broker.example.org:6170"}, {Installation: "two", Address: "192.0.2.7:6170"}}
	for which, want := range map[string]string{
		"vault.example:6170": "broker at vault.example:6170", "two": "broker at 192.0.2.7:6170", "one": "broker at broker.example.org:6170", "three": "broker elsewhere",
	} {
		if got := elsewhereWords(which, known); got != want {
			t.Errorf("%s is %q", which, got)
		}
	}
}

// TestTheComponentBesideTheBrokerHasTheComputersName: a console elsewhere shows it, too, where "This computer" would be another one.
func TestTheComponentBesideTheBrokerHasTheComputersName(t *testing.T) {
	for host, want := range map[string]string{"vault": "vault", "vault.example.org": "vault", "": "broker-machine", "10": "10", "any": "broker-machine", "public.example": "broker-machine"} {
		if got := thisComputer(host, nil); got != want {
			t.Errorf("%q is %q, wanted %q", host, got, want)
		}
	}
	if got := thisComputer("vault", errors.New("no name")); got != "broker-machine" {
		t.Errorf("without a name: %q", got)
	}
}
