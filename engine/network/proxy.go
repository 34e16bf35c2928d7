package network

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Proxy leads connections through an HTTP proxy, by its method CONNECT. The zero value and nil connect directly.
//
// No method of it ever gives its user name and password, and no error holds them.
type Proxy struct {
	// choose gives the proxy for an address, nil for none.
	choose func(address string) (*url.URL, error)
	// words name it for people.
	words string
}

const (
	// proxyWithin is how long a proxy may take to answer.
	proxyWithin = 15 * time.Second
	// maximumProxyAnswer bounds what a proxy may answer, in bytes.
	maximumProxyAnswer = 16 << 10
)

var errProxyURL = errors.New("a proxy is written http://HOST:PORT or https://HOST:PORT") // the text itself may hold a password

// ParseProxy reads a proxy's URL. credentials are USER:PASSWORD, and may be empty; the URL itself must not hold any, as whoever sees the
// command line would see them. Loopback and what NO_PROXY names are reached directly.
func ParseProxy(text, credentials string) (*Proxy, error) {
	at, err := url.Parse(text)
	switch {
	case err != nil || at.Hostname() == "" || at.Scheme != "http" && at.Scheme != "https" || at.Path != "" && at.Path != "/" || at.RawQuery != "" || at.Fragment != "":
		return nil, errProxyURL
	case at.User != nil:
		return nil, errors.New("a password on the command line can be read by every user of this machine, so it is not taken there: write USER:PASSWORD into a file that only the agent can read")
	}
	if credentials != "" {
		user, password, found := strings.Cut(credentials, ":")
		if !found || user == "" || strings.ContainsAny(credentials, "\r\n") {
			return nil, errors.New("a proxy's credentials are one line, USER:PASSWORD")
		}
		at.User = url.UserPassword(user, password)
	}
	return newProxy(&httpproxy.Config{HTTPSProxy: at.String(), NoProxy: httpproxy.FromEnvironment().NoProxy}, at.Host), nil
}

// ProxyFromEnvironment gives the proxy that HTTPS_PROXY and NO_PROXY name, as other programs read them. They are read once, now.
func ProxyFromEnvironment() *Proxy {
	config := httpproxy.FromEnvironment()
	if config.HTTPSProxy == "" {
		return nil
	}
	return newProxy(config, "of HTTPS_PROXY")
}

func newProxy(config *httpproxy.Config, words string) *Proxy {
	choose := config.ProxyFunc()
	return &Proxy{choose: func(address string) (*url.URL, error) { return choose(&url.URL{Scheme: "https", Host: address}) }, words: words}
}

// String names the proxy without its credentials.
func (p *Proxy) String() string {
	if p == nil {
		return "none"
	}
	return p.words
}

// Dial connects to HOST:PORT, through the proxy where one is meant for that address. dial makes the TCP connection with the address or the
// proxy.
func (p *Proxy) Dial(ctx context.Context, address string, dial func(ctx context.Context, address string) (net.Conn, error)) (net.Conn, error) {
	if p == nil || p.choose == nil {
		return dial(ctx, address)
	}
	at, err := p.choose(address)
	if err != nil {
		return nil, errors.New("HTTPS_PROXY or NO_PROXY cannot be read: " + errProxyURL.Error())
	}
	if at == nil {
		return dial(ctx, address)
	}
	conn, err := connectThrough(ctx, at, address, dial)
	if err != nil {
		return nil, fmt.Errorf("through the proxy %s: %w", at.Host, err)
	}
	return conn, nil
}

func connectThrough(ctx context.Context, at *url.URL, address string, dial func(ctx context.Context, address string) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, proxyWithin)
	defer cancel()
	port := at.Port()
	switch {
	case at.Scheme != "http" && at.Scheme != "https":
		return nil, errProxyURL
	case port == "" && at.Scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	conn, err := dial(ctx, net.JoinHostPort(at.Hostname(), port))
	if err != nil {
		return nil, err
	}
	if at.Scheme == "https" {
		secured := tls.Client(conn, &tls.Config{ServerName: at.Hostname(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		conn = secured
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = askProxy(conn, at.User, address)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("it does not answer: %w", context.Cause(ctx))
		}
		return nil, err
	}
	return conn, nil
}

// askProxy asks the proxy for a connection with the address, and reads its answer and not a byte more.
func askProxy(conn net.Conn, user *url.Userinfo, address string) error {
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	request.Header.Set("User-Agent", "") // none is sent
	if user != nil {
		password, _ := user.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := request.Write(conn); err != nil {
		return fmt.Errorf("ask it: %w", err)
	}
	reader := bufio.NewReader(io.LimitReader(conn, maximumProxyAnswer))
	answer, err := http.ReadResponse(reader, request)
	if err != nil {
		return errors.New("its answer is not HTTP, or too long")
	}
	_ = answer.Body.Close() // a good answer has none, and of another one nothing is read
	switch {
	case answer.StatusCode == http.StatusProxyAuthRequired:
		return errors.New("it wants a user name and password, or does not take those that it was given")
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("it refuses to connect with %s: %s", address, http.StatusText(answer.StatusCode))
	case reader.Buffered() > 0:
		return errors.New("it sent something behind its answer")
	}
	return nil
}
