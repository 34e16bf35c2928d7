//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/identity"
	"lockwire/engine/network"
	"lockwire/engine/tunnel"
)

// tunnelTask is what an end of tunnels needs: who it is, and the root by which the other one is known.
type tunnelTask struct {
	Certificate []byte // DER
	PrivateKey  []byte // PKCS 8
	Root        []byte // DER
	// To is the gateway, or where the gateway leads.
	To string
	// Sealed, where it is set, is the session whose channel goes through.
	Sealed *relayTask
	// Tenants open so many connections each and hold them.
	Tenants, Each int
}

// newTunnelTasks makes the tasks of a gateway and of its tenant's machine, under an authority of their own.
func newTunnelTasks() (tenant, gateway tunnelTask, err error) {
	authority, err := identity.NewAuthority(engine.NewID(), time.Now())
	if err != nil {
		return tenant, gateway, err
	}
	for task, issue := range map[*tunnelTask]func(request []byte) (*x509.Certificate, error){
		&tenant: func(request []byte) (*x509.Certificate, error) {
			return authority.Issue(identity.Component, engine.NewID(), request, time.Now())
		},
		&gateway: func(request []byte) (*x509.Certificate, error) {
			return authority.IssueGateway(engine.NewID(), request, time.Now())
		},
	} {
		key, err := identity.NewKey()
		if err != nil {
			return tenant, gateway, err
		}
		request, err := identity.NewRequest(key)
		if err != nil {
			return tenant, gateway, err
		}
		certificate, err := issue(request)
		if err != nil {
			return tenant, gateway, err
		}
		task.Certificate, task.Root = certificate.Raw, authority.Roots().DER()[0]
		if task.PrivateKey, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
			return tenant, gateway, err
		}
	}
	return tenant, gateway, nil
}

func readTunnelTask(text []byte) (task tunnelTask, certificate func() (*tls.Certificate, error), roots func() identity.Roots, err error) {
	if err = json.Unmarshal(text, &task); err != nil {
		return task, nil, nil, err
	}
	private, err := x509.ParsePKCS8PrivateKey(task.PrivateKey)
	if err != nil {
		return task, nil, nil, err
	}
	bundle, err := identity.ParseRootsDER([][]byte{task.Root})
	if err != nil {
		return task, nil, nil, err
	}
	shown := &tls.Certificate{Certificate: [][]byte{task.Certificate}, PrivateKey: private}
	return task, func() (*tls.Certificate, error) { return shown, nil }, func() identity.Roots { return bundle }, nil
}

// startTunnel leads flows through a gateway, as they come or sealed in a channel, which a relay behind the gateway opens.
func startTunnel(sealed bool) func(context.Context, *bench) (*relays, error) {
	return func(ctx context.Context, b *bench) (_ *relays, err error) {
		tenant, gateway, err := newTunnelTasks()
		if err != nil {
			return nil, err
		}
		r := &relays{}
		defer func() {
			if err != nil {
				r.stop()
			}
		}()
		gateway.To = b.sink
		if sealed {
			near, far, err := newSession(engine.Sealed)
			if err != nil {
				return nil, err
			}
			far.To = b.sink
			repository, address, err := startRole(ctx, farRole, far)
			if err != nil {
				return nil, err
			}
			r.after = repository.stop
			gateway.To, tenant.Sealed = address, &near
		}
		if r.far, tenant.To, err = startRole(ctx, gatewayRole, gateway); err != nil {
			return nil, err
		}
		r.near, r.address, err = startRole(ctx, tenantRole, tenant)
		return r, err
	}
}

// runGateway leads whoever comes to one place. Each key is a tenant of its own.
func runGateway(ctx context.Context, text []byte, listening func(net.Addr)) error {
	task, certificate, roots, err := readTunnelTask(text)
	if err != nil {
		return err
	}
	config := net.ListenConfig{Control: network.ResetOnClose}
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(listener.Addr())
	dialer := net.Dialer{Control: network.ResetOnClose}
	gateway := tunnel.NewGateway(tunnel.Config{
		TLS: identity.GatewayConfig(certificate, roots),
		Authorise: func(_ context.Context, key engine.KeyID, _ tunnel.Destination) (tunnel.Verdict, error) {
			return tunnel.Verdict{Allowed: true, Tenant: engine.IDFromBytes([16]byte(key[:])), Endpoints: []string{task.To}}, nil
		},
		Broker: func() []string { return []string{task.To} },
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		},
		Refused: func(_ net.Addr, why error) {
			if !errors.Is(why, io.ErrUnexpectedEOF) { // whoever held it was stopped
				fmt.Fprintln(os.Stderr, "bench:", why)
			}
		},
	})
	return gateway.Serve(ctx, listener)
}

func newBenchDialer(task tunnelTask, certificate func() (*tls.Certificate, error), roots func() identity.Roots) *tunnel.Dialer {
	dialer := net.Dialer{Control: network.ResetOnClose}
	return tunnel.NewDialer(tunnel.DialerConfig{
		TLS:      identity.TunnelConfig(identity.NewVerifier(roots, time.Now), certificate),
		Gateways: func() []string { return []string{task.To} },
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		},
	})
}

// runTenant is a tenant's machine: it leads each connection of the tool through a tunnel of its own.
func runTenant(ctx context.Context, text []byte, listening func(net.Addr)) error {
	task, certificate, roots, err := readTunnelTask(text)
	if err != nil {
		return err
	}
	dialer := newBenchDialer(task, certificate, roots)
	defer dialer.Close()
	var session channel.Session
	if task.Sealed != nil {
		if session, err = task.Sealed.session(); err != nil {
			return err
		}
		defer session.Secret.Destroy()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(listener.Addr())
	id, service := engine.NewID(), engine.NewID()
	var flow atomic.Uint64
	return acceptEach(ctx, listener, func(ctx context.Context, tool *net.TCPConn) error {
		conn, err := dialer.Connect(ctx, tunnel.Session(id))
		if err != nil {
			return err
		}
		if task.Sealed == nil {
			return relayPlain(tool, conn)
		}
		opened, err := channel.Connect(ctx, conn, session, channel.Open{Flow: flow.Add(1), Streams: 1, Service: service})
		if err != nil {
			return fmt.Errorf("open a channel: %w", err)
		}
		return carry(ctx, tool, opened)
	})
}

// relayPlain copies between a tool and a tunnel that carries nothing sealed: there is no such thing outside of this measurement.
func relayPlain(tool *net.TCPConn, conn *tunnel.Conn) error {
	defer conn.Close()
	var both sync.WaitGroup
	var failed [2]error
	one := func(into *error, to interface {
		Write([]byte) (int, error)
		CloseWrite() error
	}, from interface{ Read([]byte) (int, error) }) {
		buffer := make([]byte, 128<<10)
		for {
			n, err := from.Read(buffer)
			if n > 0 {
				if _, unsent := to.Write(buffer[:n]); unsent != nil {
					*into = unsent
					return
				}
			}
			if err != nil {
				*into = to.CloseWrite()
				return
			}
		}
	}
	both.Go(func() { one(&failed[0], conn, tool) })
	both.Go(func() { one(&failed[1], tool, conn) })
	both.Wait()
	return errors.Join(failed[0], failed[1])
}

// measureTenants opens connections of many tenants, each with a key of its own, lets each carry a byte to the backend and back, and leaves
// them open.
func measureTenants(ctx context.Context, tenants int, t *tunnels) error {
	echo, address, err := startRole(ctx, "echo", nil)
	if err != nil {
		return err
	}
	defer echo.stop()
	tenant, gateway, err := newTunnelTasks()
	if err != nil {
		return err
	}
	gateway.To = address
	at, listen, err := startRole(ctx, gatewayRole, gateway)
	if err != nil {
		return err
	}
	defer at.stop()
	tenant.To = listen
	resident := func(tenants int) (uint64, *process, error) {
		tenant.Tenants, tenant.Each = tenants, tenantsEach
		holding, _, err := startRole(ctx, tenantsRole, tenant)
		if err != nil {
			return 0, nil, err
		}
		memory, err := residentOf(at)
		return memory, holding, err
	}
	// What the first ones bring with them, such as code and pools, is no other's.
	before, first, err := resident(1)
	if err != nil {
		return err
	}
	defer first.stop()
	after, others, err := resident(tenants)
	if err != nil {
		return err
	}
	defer others.stop()
	t.Tenants, t.Connections = tenants, tenants*tenantsEach
	t.PerTenant = (after - min(before, after)) / uint64(tenants)
	t.PerConnection = t.PerTenant / tenantsEach
	return nil
}

// runTenants holds the connections of many tenants, and says so once all have carried a byte.
func runTenants(ctx context.Context, text []byte, ready func(net.Addr)) error {
	task, _, roots, err := readTunnelTask(text)
	if err != nil {
		return err
	}
	var conns []*tunnel.Conn
	for range task.Tenants {
		key, err := identity.NewKey()
		if err != nil {
			return err
		}
		own, err := identity.SelfSigned(key, time.Now())
		if err != nil {
			return err
		}
		dialer := newBenchDialer(task, func() (*tls.Certificate, error) { return own, nil }, roots)
		for n := range task.Each {
			to := tunnel.Broker()
			if n > 0 {
				to = tunnel.Session(engine.NewID())
			}
			conn, err := dialer.ConnectAt(ctx, task.To, to)
			if err != nil {
				return err
			}
			if err := echoed(conn); err != nil {
				return err
			}
			conns = append(conns, conn)
		}
		dialer.Close()
	}
	ready(conns[0].LocalAddr())
	<-ctx.Done()
	return nil
}

// echoed lets a connection carry a full record there and back, as one that is in use has done.
func echoed(conn net.Conn) error {
	sent, got := make([]byte, 1024), make([]byte, 1024)
	rand.Read(sent)
	if _, err := conn.Write(sent); err != nil {
		return err
	}
	for n := 0; n < len(got); {
		more, err := conn.Read(got[n:])
		if err != nil {
			return err
		}
		n += more
	}
	return nil
}
