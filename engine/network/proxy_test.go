package network

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"lockwire/engine/enginetest/connectproxy"
)

// forAll gives the proxy with a password that is used for all addresses, also loopback.
func forAll(t *testing.T, p *connectproxy.Proxy, credentials string) *Proxy {
	t.Helper()
	through, err := ParseProxy("http://"+p.Address, credentials)
	if err != nil {
		t.Fatal(err)
	}
	at, err := through.choose("gateway.example:6180")
	if err != nil {
		t.Fatal(err)
	}
	through.choose = func(string) (*url.URL, error) { return at, nil }
	return through
}

func dialTCP(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

// echo answers with what it gets.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn); conn.Close() }()
		}
	}()
	return listener.Addr().String()
}

func carries(t *testing.T, conn net.Conn) {
	t.Helper()
	defer conn.Close()
	if _, err := io.WriteString(conn, "through"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "through" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestAConnectionGoesThroughTheProxy(t *testing.T) {
	target := echo(t)
	for name, credentials := range map[string]string{"without a password": "", "with one": "user:pass:word"} {
		p := connectproxy.Start(t, &connectproxy.Proxy{Credentials: credentials})
		through := forAll(t, p, credentials)
		conn, err := through.Dial(t.Context(), target, dialTCP)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		carries(t, conn)
		if len(p.Asked()) != 1 || p.Asked()[0] != "CONNECT "+target {
			t.Errorf("%s: it was asked %q", name, p.Asked())
		}
	}
}

func TestAProxysRefusalIsSaidInWordsWithoutItsPassword(t *testing.T) {
	const credentials = "user:hunter2hunter2"
	for name, c := range map[string]struct {
		proxy  *connectproxy.Proxy
		target string
		want   string
	}{
		"a wrong password":     {&connectproxy.Proxy{Credentials: "user:other"}, "127.0.0.1:1", "user name and password"},
		"a target that is not": {&connectproxy.Proxy{}, "127.0.0.1:1", "Bad Gateway"},
		"no HTTP":              {&connectproxy.Proxy{Answer: "SSH-2.0-x\r\n\r\n"}, "127.0.0.1:1", "not HTTP"},
		"more than its answer": {&connectproxy.Proxy{Answer: "HTTP/1.1 200 OK\r\n\r\nand more"}, "127.0.0.1:1", "behind its answer"},
		"an endless answer":    {&connectproxy.Proxy{Answer: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<17)}, "127.0.0.1:1", "too long"},
	} {
		p := connectproxy.Start(t, c.proxy)
		through := forAll(t, p, credentials)
		conn, err := through.Dial(t.Context(), c.target, dialTCP)
		if err == nil {
			conn.Close()
			t.Errorf("%s: it connects", name)
			continue
		}
		text := err.Error() + through.String()
		if !strings.Contains(text, c.want) || !strings.Contains(text, p.Address) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestASilentProxyIsLeftWhenTheTimeIsOver(t *testing.T) {
	p := connectproxy.Start(t, &connectproxy.Proxy{Answer: "HTTP/1.1 "})
	through := forAll(t, p, "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := through.Dial(ctx, "127.0.0.1:1", dialTCP); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestParseProxy(t *testing.T) {
	for text, good := range map[string]bool{
		"http://proxy.example:3128": true, "http://proxy.example:3128/": true, "https://[fd00::1]:443": true, "http://proxy": true,
		"": false, "proxy.example:3128": false, "socks5://proxy:1080": false, "http://": false, "http://proxy/path": false, "http://proxy?x": false,
		"http://user:hunter2@proxy:3128": false, "http://user:hun%zzter2@proxy": false,
	} {
		_, err := ParseProxy(text, "")
		if (err == nil) != good || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, credentials := range []string{"user", ":password", "user:pass\r\nX: y"} {
		if _, err := ParseProxy("http://proxy", credentials); err == nil || strings.Contains(err.Error(), "pass\r\n") {
			t.Errorf("credentials %q: %v", credentials, err)
		}
	}
}

func TestTheEnvironmentsProxyIsUsedButForWhatItLeavesOut(t *testing.T) {
	p := connectproxy.Start(t, &connectproxy.Proxy{Credentials: "user:hunter2"})
	target := echo(t)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "https_proxy", "no_proxy", "NO_PROXY", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	t.Setenv("HTTPS_PROXY", "http://user:hunter2@"+p.Address)
	through := ProxyFromEnvironment()
	if strings.Contains(through.String(), "hunter2") {
		t.Error(through)
	}
	at, err := through.choose("gateway.example:6180")
	if err != nil || at == nil || at.Host != p.Address {
		t.Errorf("%v, %v", at, err)
	}
	given, err := ParseProxy("http://"+p.Address, "")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{"gateway.example:6180": true, "127.0.0.1:6170": false, "[::1]:6170": false} {
		if at, err := given.choose(address); (at != nil) != want || err != nil {
			t.Errorf("%s: %v, %v", address, at, err)
		}
	}
	conn, err := through.Dial(t.Context(), target, dialTCP) // loopback is left out always
	if err != nil {
		t.Fatal(err)
	}
	carries(t, conn)
	if len(p.Asked()) != 0 {
		t.Errorf("it was asked %q", p.Asked())
	}
	t.Setenv("NO_PROXY", "gateway.example")
	if at, err := ProxyFromEnvironment().choose("gateway.example:6180"); at != nil || err != nil {
		t.Errorf("%v, %v", at, err)
	}
	t.Setenv("HTTPS_PROXY", "http://user:hunter2@pro xy:1")
	if through := ProxyFromEnvironment(); through != nil {
		if _, err := through.Dial(t.Context(), "gateway.other:1", dialTCP); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
	}
	t.Setenv("HTTPS_PROXY", "")
	if through := ProxyFromEnvironment(); through != nil {
		t.Errorf("%v without one in the environment", through)
	}
	var none *Proxy
	if conn, err = none.Dial(t.Context(), target, dialTCP); err != nil {
		t.Fatal(err)
	}
	carries(t, conn)
}
