package providers

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/enginetest/connectproxy"
	"lockwire/engine/identity"
	"lockwire/engine/network"
)

func TestAGatewayIsReachedThroughTheProxyThatWasGiven(t *testing.T) {
	own := func() (*tls.Certificate, error) { return nil, errors.New("nothing is shown to who is no gateway") }
	as := Credentials{Installation: engine.NewID(), Roots: func() identity.Roots { return identity.Roots{} }, Certificate: own}
	for credentials, want := range map[string]string{"user:hunter2": "it refuses to connect", "user:wrong-hunter2": "user name and password"} {
		at := connectproxy.Start(t, &connectproxy.Proxy{Credentials: "user:hunter2", To: "127.0.0.1:1"}) // where nothing listens
		proxy, err := network.ParseProxy("http://"+at.Address, credentials)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Tunnel(time.Now, proxy)(context.Background(), "gate.example.invalid:6180", as)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), at.Address) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("with %d characters it says %v", len(credentials), err)
		}
		if asked := at.Asked(); !slices.Equal(asked, []string{"CONNECT gate.example.invalid:6180"}) {
			t.Errorf("the proxy was asked %q", asked)
		}
	}
}
