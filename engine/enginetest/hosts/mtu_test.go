//go:build linux

package hosts

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/secret"
)

// A link on the way takes smaller packets than both machines believe, and says nothing of those that it drops: the connection
// comes about, and the first handshake packet of full size never arrives. That must not pass for a session that the target does
// not know.
func TestAPathThatDropsLargePacketsIsToldFromAnUnknownSession(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "")
	ip(t, "-n", n.router.namespace, "link", "set", n.source.name, "mtu", "1000") // a veth drops what its peer cannot take
	ip(t, "-n", n.source.namespace, "link", "set", "private", "gso_max_segs", "1")
	listener := n.target.listen(t, n.target.on(dataPort))
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		io.Copy(io.Discard, conn)
		conn.Close()
	}()
	conn, err := n.source.dial(n.target.on(dataPort), ioWithin)
	if err != nil {
		t.Fatal(err)
	}
	_, err = channel.Handshake(t.Context(), conn, newChannelSession(t))
	if err == nil || !strings.Contains(err.Error(), "lower the MTU of this machine's interface") {
		t.Errorf("the handshake: %v", err)
	}
}

// newChannelSession is a session of which no target knows.
func newChannelSession(t *testing.T) channel.Session {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	k, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	all := channel.NewSecret(k)
	t.Cleanup(all.Destroy)
	return channel.Session{
		Terms: channel.Terms{
			Installation: engine.NewID(), Session: engine.NewID(), Route: engine.NewID(), Mode: engine.Sealed, Cipher: engine.AES256GCM,
			Source: channel.KeyIDOf(leaf), Target: engine.KeyID{1},
		},
		Secret:      all,
		Certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf},
	}
}
