//go:build linux

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lockwire/app/host"
)

// The peers run as an administrator would set them up in a few lines: TLS 1.3 with AES-256-GCM between the relays, plain
// TCP to the source and to the sink, all else as Debian delivers it. They check each other's certificates where connections
// are measured; a long transfer would not notice.

const cipherSuite = "TLS_AES_256_GCM_SHA384"

// writeCertificate makes the peers' certificate.
func writeCertificate(folder string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	file := filepath.Join(folder, "peers.pem")
	return file, os.WriteFile(file, text, 0o600)
}

// chain is a pair of relays made of one program with two configurations.
type chain struct {
	program   string
	near, far func(listen, to, certificate string) (config string)
	// args are the arguments for a configuration file.
	args func(file string) []string
}

func (c chain) start(ctx context.Context, b *bench) (*relays, error) {
	program, err := findProgram(c.program)
	if err != nil {
		return nil, err
	}
	r := &relays{}
	to := b.sink
	for _, relay := range []struct {
		name    string
		config  func(listen, to, certificate string) string
		process **process
	}{{"far", c.far, &r.far}, {"near", c.near, &r.near}} {
		listen, err := host.FreeAddress()
		if err != nil {
			r.stop()
			return nil, err
		}
		_, port, _ := net.SplitHostPort(listen)
		file := filepath.Join(b.folder, fmt.Sprintf("%s-%s-%s.conf", c.program, relay.name, port))
		if err := os.WriteFile(file, []byte(relay.config(listen, to, b.certificate)), 0o600); err != nil {
			r.stop()
			return nil, err
		}
		if *relay.process, err = startPeer(ctx, b.folder, listen, program, c.args(file)...); err != nil {
			r.stop()
			return nil, err
		}
		to = listen
	}
	r.address = to
	return r, nil
}

func startStunnel(mutual bool) func(context.Context, *bench) (*relays, error) {
	config := func(client string) func(listen, to, certificate string) string {
		return func(listen, to, certificate string) string {
			text := fmt.Sprintf("foreground = yes\npid =\ndebug = err\nsslVersionMin = TLSv1.3\nciphersuites = %s\n[relay]\nclient = %s\naccept = %s\nconnect = %s\ncert = %s\n",
				cipherSuite, client, listen, to, certificate)
			if mutual {
				text += fmt.Sprintf("CAfile = %s\nverifyPeer = yes\n", certificate)
			}
			return text
		}
	}
	return chain{"stunnel", config("yes"), config("no"), func(file string) []string { return []string{file} }}.start
}

// haproxyLeg is what two HAProxy have between them: the words for it at the far one, which binds it, and at the near one,
// to which it is a server. CERTIFICATE stands for the file.
type haproxyLeg struct{ bind, server string }

const verifyEachOther = "ssl crt CERTIFICATE ca-file CERTIFICATE verify required"

var (
	noTLS    = haproxyLeg{}
	oneSided = haproxyLeg{"ssl crt CERTIFICATE", "ssl verify none"}
	mutual   = haproxyLeg{verifyEachOther + " no-tls-tickets", verifyEachOther + " no-ssl-reuse"}
	resumed  = haproxyLeg{verifyEachOther, verifyEachOther}
)

func startHAProxy(leg haproxyLeg) func(context.Context, *bench) (*relays, error) {
	const frame = "global\n  ssl-default-bind-options ssl-min-ver TLSv1.3\n  ssl-default-bind-ciphersuites %[1]s\n" +
		"  ssl-default-server-options ssl-min-ver TLSv1.3\n  ssl-default-server-ciphersuites %[1]s\n%[6]s" +
		"defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n" +
		"listen " + haproxyProxy + "\n  bind %[2]s %[3]s\n  server next %[4]s %[5]s\n"
	return func(ctx context.Context, b *bench) (*relays, error) {
		var socket string // of the far one's statistics
		r, err := chain{
			program: "haproxy",
			near: func(listen, to, certificate string) string {
				return fmt.Sprintf(frame, cipherSuite, listen, "", to, strings.ReplaceAll(leg.server, "CERTIFICATE", certificate), "")
			},
			far: func(listen, to, certificate string) string {
				_, port, _ := net.SplitHostPort(listen)
				socket = filepath.Join(b.folder, "haproxy-"+port)
				return fmt.Sprintf(frame, cipherSuite, listen, strings.ReplaceAll(leg.bind, "CERTIFICATE", certificate), to, "", "  stats socket "+socket+" mode 600\n")
			},
			args: func(file string) []string { return []string{"-db", "-f", file} },
		}.start(ctx, b)
		if err == nil && leg != noTLS {
			r.handshakes = func(ctx context.Context) (handshakes, error) { return haproxyHandshakes(ctx, socket) }
			r.resumes = leg == resumed
		}
		return r, err
	}
}

func startNginx(ctx context.Context, b *bench) (*relays, error) {
	const module = "/usr/lib/nginx/modules/ngx_stream_module.so"
	if _, err := os.Stat(module); err != nil {
		return nil, fmt.Errorf("nginx's stream module is not installed (libnginx-mod-stream)")
	}
	frame := func(name, server string) string {
		return fmt.Sprintf("load_module %s;\ndaemon off;\nworker_processes auto;\npid %s/nginx-%s.pid;\nerror_log stderr error;\nevents {}\nstream { server { %s } }\n",
			module, b.folder, name, server)
	}
	return chain{
		program: "nginx",
		near: func(listen, to, _ string) string {
			return frame("near", fmt.Sprintf("listen %s; proxy_pass %s; proxy_ssl on; proxy_ssl_protocols TLSv1.3; proxy_ssl_conf_command Ciphersuites %s;",
				listen, to, cipherSuite))
		},
		far: func(listen, to, certificate string) string {
			return frame("far", fmt.Sprintf("listen %s ssl; proxy_pass %s; ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites %s; ssl_certificate %[4]s; ssl_certificate_key %[4]s;",
				listen, to, cipherSuite, certificate))
		},
		args: func(file string) []string { return []string{"-e", "stderr", "-p", b.folder, "-c", file} },
	}.start(ctx, b)
}

func startSocat(ctx context.Context, b *bench) (*relays, error) {
	program, err := findProgram("socat")
	if err != nil {
		return nil, err
	}
	farAddress, err := host.FreeAddress()
	if err != nil {
		return nil, err
	}
	nearAddress, err := host.FreeAddress()
	if err != nil {
		return nil, err
	}
	_, farPort, _ := net.SplitHostPort(farAddress)
	_, nearPort, _ := net.SplitHostPort(nearAddress)
	r := &relays{address: nearAddress}
	if r.far, err = startPeer(ctx, b.folder, farAddress, program,
		fmt.Sprintf("OPENSSL-LISTEN:%s,bind=127.0.0.1,reuseaddr,fork,verify=0,cert=%s,openssl-min-proto-version=TLS1.3", farPort, b.certificate),
		"TCP:"+b.sink); err != nil {
		return nil, err
	}
	if r.near, err = startPeer(ctx, b.folder, nearAddress, program,
		fmt.Sprintf("TCP-LISTEN:%s,bind=127.0.0.1,reuseaddr,fork", nearPort),
		fmt.Sprintf("OPENSSL:%s,verify=0,openssl-min-proto-version=TLS1.3", farAddress)); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}
