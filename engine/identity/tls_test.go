package identity

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"testing"
	"time"

	"lockwire/engine"
)

// shake makes one TLS connection over loopback memory and gives what each side saw.
func shake(t *testing.T, server, client *tls.Config) (s, c tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	over, near := tls.Server(a, server), tls.Client(b, client)
	done := make(chan error, 1)
	go func() {
		err := over.Handshake()
		if err == nil {
			_, err = over.Write([]byte{1}) // in TLS 1.3 the client is done first: let it hear of a refusal
		} else {
			a.Close()
		}
		done <- err
	}()
	if clientErr = near.Handshake(); clientErr == nil {
		_, clientErr = near.Read(make([]byte, 1))
	} else {
		b.Close()
	}
	serverErr = <-done
	return over.ConnectionState(), near.ConnectionState(), serverErr, clientErr
}

func brokerOf(t *testing.T, authority *Authority, now func() time.Time) *BrokerCertificate {
	t.Helper()
	certificate, err := NewBrokerCertificate(authority, now)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestAComponentAndItsBrokerRecogniseEachOther(t *testing.T) {
	authority, id := newAuthority(t), engine.NewID()
	key, certificate := issued(t, authority, Component, id, today)
	verifier := NewVerifier(authority.Roots, at(today))
	s, c, serverErr, clientErr := shake(t, BrokerServerConfig(brokerOf(t, authority, at(today))),
		ClientConfig(verifier, always(TLSCertificate(certificate, key))))
	if serverErr != nil || clientErr != nil {
		t.Fatal(serverErr, clientErr)
	}
	if peer, err := verifier.Identify(s).Component(); err != nil || peer.ID != id {
		t.Errorf("the broker saw %+v, %v", peer, err)
	}
	if c.Version != tls.VersionTLS13 || c.CurveID != tls.X25519MLKEM768 || s.CurveID != c.CurveID {
		t.Errorf("version %x, group %v", c.Version, c.CurveID)
	}
}

func TestTheBrokerTakesEveryHandshakeAndTellsEveryReason(t *testing.T) {
	authority, stranger := newAuthority(t), newAuthority(t)
	verifier := NewVerifier(authority.Roots, at(today))
	for name, c := range map[string]struct {
		of   *Authority
		made time.Time
		want error
	}{
		"no certificate":         {nil, today, ErrNoCertificate},
		"another installation's": {stranger, today, ErrOtherInstallation},
		"an expired one":         {authority, today.Add(-CertificateLifetime - time.Hour), ErrExpired},
	} {
		t.Run(name, func(t *testing.T) {
			present := &tls.Certificate{} // crypto/tls sends none for it
			if c.of != nil {
				key, certificate := issued(t, c.of, Component, engine.NewID(), c.made)
				present = TLSCertificate(certificate, key)
			}
			s, _, serverErr, clientErr := shake(t, BrokerServerConfig(brokerOf(t, authority, at(today))), ClientConfig(verifier, always(present)))
			if serverErr != nil || clientErr != nil {
				t.Fatal(serverErr, clientErr)
			}
			if _, err := verifier.Identify(s).Component(); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	t.Run("but not a certificate whose key the client has not", func(t *testing.T) {
		_, certificate := issued(t, authority, Component, engine.NewID(), today)
		stolen := TLSCertificate(certificate, newKey(t))
		if _, _, serverErr, _ := shake(t, BrokerServerConfig(brokerOf(t, authority, at(today))), ClientConfig(verifier, always(stolen))); serverErr == nil {
			t.Error("taken")
		}
	})
	t.Run("and not TLS 1.2", func(t *testing.T) {
		old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}
		if _, _, serverErr, clientErr := shake(t, BrokerServerConfig(brokerOf(t, authority, at(today))), old); serverErr == nil || clientErr == nil {
			t.Error("taken")
		}
	})
}

func TestAJoiningMachineTakesOnlyThePinnedBroker(t *testing.T) {
	authority, stranger := newAuthority(t), newAuthority(t)
	strangers := brokerOf(t, stranger, at(today))
	// Somebody in between, with our root (it is no secret) put behind a certificate of their own.
	between, err := strangers.present()
	if err != nil {
		t.Fatal(err)
	}
	spliced := BrokerServerConfig(strangers)
	spliced.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		copied := *between
		copied.Certificate = [][]byte{between.Certificate[0], authority.signer().certificate.Raw}
		return &copied, nil
	}
	twin, err := NewAuthority(authority.Installation(), today)
	if err != nil {
		t.Fatal(err)
	}
	twinKey, twinLeaf := issued(t, twin, Broker, "", today)
	forged := BrokerServerConfig(strangers)
	forged.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := TLSCertificate(twinLeaf, twinKey)
		c.Certificate = append(c.Certificate, authority.signer().certificate.Raw)
		return c, nil
	}
	componentKey, componentLeaf := issued(t, authority, Component, engine.NewID(), today)
	component := BrokerServerConfig(strangers)
	component.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := TLSCertificate(componentLeaf, componentKey)
		c.Certificate = append(c.Certificate, authority.signer().certificate.Raw)
		return c, nil
	}
	onlyRoot := BrokerServerConfig(strangers)
	onlyRoot.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		r := authority.signer()
		return TLSCertificate(r.certificate, r.key), nil
	}
	for name, c := range map[string]struct {
		server *tls.Config
		now    time.Time
		want   error
	}{
		"the right one":                          {BrokerServerConfig(brokerOf(t, authority, at(today))), today, nil},
		"another installation's":                 {BrokerServerConfig(strangers), today, ErrPin},
		"a stranger with our root behind":        {spliced, today, ErrOtherInstallation},
		"a forger of our name, our root behind":  {forged, today, ErrUntrusted},
		"a component of ours":                    {component, today, ErrNotBroker},
		"the root's own key, no broker's":        {onlyRoot, today, ErrPin},
		"the right one, a clock a month ahead":   {BrokerServerConfig(brokerOf(t, authority, at(today))), today.Add(30 * 24 * time.Hour), ErrExpired},
		"the right one, a clock two days behind": {BrokerServerConfig(brokerOf(t, authority, at(today))), today.Add(-48 * time.Hour), ErrNotYetValid},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, _, err := shake(t, c.server, JoinConfig(authority.Pin(), at(c.now))); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestAJoinedMachineTakesOnlyItsBroker(t *testing.T) {
	authority, stranger := newAuthority(t), newAuthority(t)
	componentKey, componentLeaf := issued(t, authority, Component, engine.NewID(), today)
	administratorKey, administratorLeaf := issued(t, authority, Administrator, engine.NewID(), today)
	present := func(certificate *tls.Certificate) *tls.Config {
		config := BrokerServerConfig(brokerOf(t, authority, at(today)))
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate, nil }
		return config
	}
	for name, c := range map[string]struct {
		server *tls.Config
		want   error
	}{
		"another installation's":                  {BrokerServerConfig(brokerOf(t, stranger, at(today))), ErrOtherInstallation},
		"a component":                             {present(TLSCertificate(componentLeaf, componentKey)), ErrNotBroker},
		"an administrator":                        {present(TLSCertificate(administratorLeaf, administratorKey)), ErrNotBroker},
		"a broker whose clock is 23 hours behind": {BrokerServerConfig(brokerOf(t, authority, at(today.Add(-23*time.Hour)))), nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := ClientConfig(NewVerifier(authority.Roots, at(today)), always(TLSCertificate(componentLeaf, componentKey)))
			if _, _, _, err := shake(t, c.server, client); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestTheBrokersCertificateRenewsItself(t *testing.T) {
	authority := newAuthority(t)
	now := today
	broker := brokerOf(t, authority, func() time.Time { return now })
	leaf := func() *x509.Certificate {
		t.Helper()
		certificate, err := broker.present()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(certificate.Certificate[1], authority.signer().certificate.Raw) {
			t.Error("another root stands behind it than the one that signs")
		}
		return certificate.Leaf
	}
	first := leaf()
	now = today.Add(24 * time.Hour)
	if !leaf().Equal(first) {
		t.Error("renewed after a day")
	}
	now = today.Add(CertificateLifetime / 2)
	second := leaf()
	if second.Equal(first) {
		t.Error("not renewed at half-life")
	}
	if bytes.Equal(second.RawSubjectPublicKeyInfo, first.RawSubjectPublicKeyInfo) {
		t.Error("renewed with the same key")
	}
	now = today
	if third := leaf(); now.Before(third.NotBefore) {
		t.Error("a clock set back leaves a certificate that is not valid yet")
	}
	if err := errors.Join(authority.PublishNext(now), authority.Promote()); err != nil {
		t.Fatal(err)
	}
	leaf()
}
