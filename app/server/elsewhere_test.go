package server

import (
	"testing"

	"lockwire/engine"
)

func TestOfSeveralEnrolmentsTheOneOfTheBrokerAtTheAddressIsUsed(t *testing.T) {
	enrolments := t.TempDir()
	var brokers []*serving
	for range 3 {
		running := serve(t, newFolder(t), func(o *ServeOptions) { o.Advertise = []string{"broker.invalid:6170"} })
		token, err := running.Administration.NewToken(t.Context(), engine.TokenRequest{
			Kind: engine.JoinAdministrator, Name: "Ann", Administrator: engine.MayChange, Addresses: []string{running.Address.String()},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Enrol(t.Context(), token.Secret, enrolments); err != nil {
			t.Fatal(err)
		}
		brokers = append(brokers, running)
	}
	for _, running := range brokers {
		client, closing, err := anyAt(t.Context(), enrolments, running.Address.String())
		if err != nil {
			t.Fatal(err)
		}
		defer closing()
		if seen, err := client.Installation(t.Context()); err != nil || seen.ID != running.Administration.Config.Installation {
			t.Errorf("%+v, %v", seen, err)
		}
	}
	stranger := serve(t, newFolder(t))
	if _, _, err := anyAt(t.Context(), enrolments, stranger.Address.String()); err == nil {
		t.Error("a broker that does not know this user let it in")
	}
	if _, _, err := anyAt(t.Context(), t.TempDir(), brokers[0].Address.String()); err == nil {
		t.Error("a user without an enrolment was let in")
	}
}

func TestWhereABrokerIsReachedOnItsOwnMachine(t *testing.T) {
	for listen, want := range map[string]string{
		"": "127.0.0.1:6170", ":7000": "127.0.0.1:7000", "0.0.0.0:7000": "127.0.0.1:7000", "[::]:7000": "127.0.0.1:7000",
		"10.0.0.1:7000": "10.0.0.1:7000", "[fd00::1]:7000": "[fd00::1]:7000", "broker.example:7000": "broker.example:7000",
	} {
		if got := OwnAddress(listen); got != want {
			t.Errorf("%q: %s, wanted %s", listen, got, want)
		}
	}
}
