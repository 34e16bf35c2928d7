package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"lockwire/engine"
)

var next = fmt.Sprint(protocolPrefix, engine.ChannelVersion+1)

func TestASourceOfAnotherVersionIsRefusedBeforeAnythingIsSignedAndBothVersionsAreSaid(t *testing.T) {
	for name, test := range map[string]struct {
		offered []string
		want    string
	}{
		"a newer one":         {[]string{next}, "the source speaks version 2, this end version 1: update Lockwire on this machine"},
		"an older one":        {[]string{"lockwire/0"}, "the source speaks version 0, this end version 1: update Lockwire on the machine of the source"},
		"both":                {[]string{next, protocol}, "this end speaks version 1, and the source offers several, 1 2"},
		"none":                {nil, "this end speaks version 1, and the source names none"},
		"another protocol":    {[]string{"h2"}, "this end speaks version 1, and the source names none"},
		"more than are worth": {[]string{"lockwire/9", "lockwire/8", "lockwire/7", "lockwire/6", "lockwire/5"}, "offers several, 6 7 8 9,"},
		"what is no number":   {[]string{"lockwire/1\x1b[2J"}, "names none"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, nil)
			s := serve(t, Server{Lookup: p.lookup})
			checked, config := p.sourceTLS(t)
			config.NextProtos = test.offered
			config.VerifyConnection = func(tls.ConnectionState) error { t.Error("the target has signed"); return nil }
			conn := s.dial(t)
			_, err := establish(context.Background(), conn, func() *tls.Conn { return tls.Client(&feed{Conn: conn}, config) }, checked, source)
			conn.Close()
			if err == nil {
				t.Error("the source believes that it has a channel")
			}
			if why := <-s.refused; !errors.Is(why, ErrVersion) || !strings.Contains(why.Error(), test.want) {
				t.Errorf("refused: %v; want %q", why, test.want)
			}
			if !p.target.Secret.HasKey() {
				t.Error("the refusal used the session up")
			}
		})
	}
}

// A target answers as its version does: it ends the handshake, or chooses what was not offered.
func TestATargetOfAnotherVersionIsRefusedBySource(t *testing.T) {
	for name, test := range map[string]struct {
		chosen []string
		want   string
	}{
		"another version": {[]string{next}, "this end speaks version 1, and the target another one"},
		"none":            {nil, "this end speaks version 1, and the peer names none"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, nil)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			target, err := p.target.tlsConfig(p.target.Terms.Source)
			if err != nil {
				t.Fatal(err)
			}
			target.NextProtos, target.VerifyConnection = test.chosen, nil
			done := make(chan struct{})
			go func() {
				defer close(done)
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_ = tls.Server(conn, target).Handshake()
			}()
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_, err = Handshake(context.Background(), conn, p.source)
			<-done
			if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Handshake: %v; want %q", err, test.want)
			}
		})
	}
}

func TestTheProtocolIsNamedForTheVersionThatComponentsReport(t *testing.T) {
	if want := fmt.Sprint(protocolPrefix, engine.ChannelVersion); protocol != want {
		t.Errorf("%s, and components report %s", protocol, want)
	}
}
