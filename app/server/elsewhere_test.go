package server

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
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

// oldInstallation makes a data folder whose authority is old enough to have issued certificates that end soon.
func oldInstallation(t *testing.T) (path string, authority *identity.Authority) {
	t.Helper()
	path = newFolder(t)
	folder := open(t, path)
	authority, err := identity.NewAuthority(folder.Installation, time.Now().Add(-30*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := saveAuthority(authority, path, nil); err != nil {
		t.Fatal(err)
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	return path, authority
}

// aged copies an enrolment, with a certificate of the same key that was issued before, and gives where the copy is kept.
func aged(t *testing.T, enrolments string, authority *identity.Authority, issued time.Time) string {
	t.Helper()
	directories, err := identity.Directories(enrolments)
	if err != nil || len(directories) != 1 {
		t.Fatal(directories, err)
	}
	present, err := directories[0].Certificate()
	if err != nil {
		t.Fatal(err)
	}
	key := present.PrivateKey.(*ecdsa.PrivateKey)
	request, err := identity.NewRequest(key)
	if err != nil {
		t.Fatal(err)
	}
	older, err := authority.Issue(identity.Administrator, directories[0].Attachment().ID, request, issued)
	if err != nil {
		t.Fatal(err)
	}
	base := t.TempDir()
	if _, err := identity.Join(base, directories[0].Attachment(), directories[0].Roots(), key, older); err != nil {
		t.Fatal(err)
	}
	return base
}

// enrolled is a broker, and where the enrolment of one administrator in it is kept, whose certificate is due for renewal.
func enrolled(t *testing.T) (running *serving, enrolments string) {
	t.Helper()
	path, authority := oldInstallation(t)
	running = serve(t, path)
	token, err := running.Administration.NewToken(t.Context(), engine.TokenRequest{Kind: engine.JoinAdministrator, Name: "Ann", Administrator: engine.MayView})
	if err != nil {
		t.Fatal(err)
	}
	enrolments = t.TempDir()
	if _, err := Enrol(t.Context(), token.Secret, enrolments); err != nil {
		t.Fatal(err)
	}
	return running, aged(t, enrolments, authority, time.Now().Add(24*time.Hour-identity.CertificateLifetime))
}

func TestAnAdministratorRenewsWhereTheBrokerIsNow(t *testing.T) {
	before, enrolments := enrolled(t)
	before.stop(t)
	moved := serve(t, before.path)
	_, closing, err := Elsewhere(t.Context(), enrolments, moved.Address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	directories, err := identity.Directories(enrolments)
	if err != nil {
		t.Fatal(err)
	}
	renewed, err := directories[0].Certificate()
	if err != nil || time.Until(renewed.Leaf.NotAfter) < identity.CertificateLifetime-time.Hour {
		t.Errorf("the certificate holds until %s, %v", renewed.Leaf.NotAfter, err)
	}
}

func TestAnAdministratorWhoseCertificateHoldsIsLetInWhereItCannotBeRenewed(t *testing.T) {
	running, enrolments := enrolled(t)
	if err := running.Administration.Store.Close(); err != nil { // as where its disk is full: nothing can be written
		t.Fatal(err)
	}
	client, closing, err := Elsewhere(t.Context(), enrolments, running.Address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	if _, err := client.Sessions(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatNeverAnswersIsNoBroker(t *testing.T) {
	late := fmt.Errorf("the broker did not answer in time: %w", context.DeadlineExceeded)
	givenUp, giveUp := context.WithCancel(t.Context())
	giveUp()
	for name, c := range map[string]struct {
		ctx      context.Context
		err      error
		noBroker bool
	}{
		"it does not answer":  {t.Context(), late, true},
		"the caller gives up": {givenUp, late, false},
		"it refuses":          {t.Context(), engine.ErrNotAllowed, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := unreached(c.ctx, c.err)
			if errors.Is(got, engine.ErrNoBroker) != c.noBroker || !errors.Is(got, c.err) || got.Error() != c.err.Error() {
				t.Errorf("%v", got)
			}
		})
	}
}
