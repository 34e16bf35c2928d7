//go:build linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
)

// installation is a broker in a process of its own, as an administrator would run it, whose record was filled beforehand:
// ten thousand machines that each join with a token would say nothing of what is measured.
type installation struct {
	folder   string
	plan     plan
	address  string // of the broker
	programs programs
	roots    identity.Roots
	id       engine.ID
	broker   *process
	metrics  string // where the broker gives its counters
	members  []enrolled
	routes   []engine.Route
}

// enrolled is a component that has joined.
type enrolled struct {
	id          engine.ID
	name        string
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

// programs are the files of the real programs.
type programs struct{ broker, agent string }

// buildPrograms builds what is measured from the sources at hand. Where they are not, those beside this program are taken.
func buildPrograms(ctx context.Context, folder string) (programs, error) {
	p := programs{filepath.Join(folder, "lockwired"), filepath.Join(folder, "lockwire-agent")}
	for file, cgo := range map[string]string{p.broker: "1", p.agent: "0"} {
		if _, err := os.Stat(file); err == nil {
			continue // built for the measurement before
		}
		build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", file, "lockwire/app/"+filepath.Base(file))
		build.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if output, err := build.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s (run the benchmark in the source folder): %w\n%s", filepath.Base(file), err, output)
		}
	}
	return p, nil
}

// plan is what an installation's record is filled with.
type plan struct {
	name       string
	components int
	backend    string // of every route
	routes     []plannedRoute
	linger     int // seconds
	// detailed has broker and agents log, in JSON, what a new session waited for.
	detailed bool
}

// logging is how much the broker says where not more is asked for, or an agent.
func (p *plan) logging(least string) []string {
	if p.detailed {
		return []string{"--log-level", "debug", "--log-format", "json"}
	}
	return []string{"--log-level", least}
}

// plannedRoute names its ends by their place among the components.
type plannedRoute struct {
	source, target int
	listen         string
	backend        string // its own; empty is the plan's
	streams        int    // as engine.Route.Streams
}

// newInstallation makes the record and starts the broker on it.
func newInstallation(ctx context.Context, o options, p plan) (_ *installation, err error) {
	i := &installation{folder: filepath.Join(o.folder, p.name), plan: p}
	if err := os.Mkdir(i.folder, 0o700); err != nil {
		return nil, err
	}
	if i.programs, err = buildPrograms(ctx, o.folder); err != nil {
		return nil, err
	}
	data := filepath.Join(i.folder, "broker")
	if err := i.fill(ctx, data, p); err != nil {
		return nil, fmt.Errorf("fill the record: %w", err)
	}
	if i.address, err = host.FreeAddress(); err != nil {
		return nil, err
	}
	if i.metrics, err = host.FreeAddress(); err != nil {
		return nil, err
	}
	return i, i.startBroker(ctx)
}

// startBroker starts the broker, for the first time or after it was stopped.
func (i *installation) startBroker(ctx context.Context) (err error) {
	words := append([]string{"serve", "--data", filepath.Join(i.folder, "broker"), "--listen", i.address, "--metrics", i.metrics}, i.plan.logging("warn")...)
	i.broker, err = startPeer(ctx, i.folder, i.address, i.programs.broker, words...)
	return err
}

func (i *installation) fill(ctx context.Context, data string, p plan) (err error) {
	opened, err := server.OpenFolder(ctx, server.Options{Path: data, Program: "bench"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	authority, err := opened.Authority()
	if err != nil {
		return err
	}
	i.roots, i.id = authority.Roots(), opened.Installation
	now := time.Now()
	for n := range p.components {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		m := enrolled{id: engine.NewID(), name: fmt.Sprintf("machine %05d", n)}
		if m.key, err = identity.NewKey(); err != nil {
			return err
		}
		request, err := identity.NewRequest(m.key)
		if err != nil {
			return err
		}
		if m.certificate, err = authority.Issue(identity.Component, m.id, request, now); err != nil {
			return err
		}
		i.members = append(i.members, m)
	}
	return opened.Store.Write(ctx, func(tx engine.Transaction) error {
		for _, m := range i.members {
			if err := tx.PutComponent(engine.Component{
				ID: m.id, Name: m.name, Role: engine.Server, Joined: now,
				Key: identity.KeyIDOf(m.certificate.RawSubjectPublicKeyInfo), CertificateExpires: m.certificate.NotAfter,
			}); err != nil {
				return err
			}
		}
		encrypt := engine.Rule{ID: engine.NewID(), Name: benchmarkRule, Enabled: true, Encrypt: true, Revision: 1, Source: anyAddress, Target: anyAddress}
		if err := tx.PutRule(encrypt); err != nil {
			return err
		}
		type backend struct {
			target  int
			address string
		}
		services := map[backend]engine.ID{}
		for n, r := range p.routes {
			at := backend{r.target, cmp.Or(r.backend, p.backend)}
			if services[at] == "" {
				services[at] = engine.NewID()
				if err := tx.PutService(engine.Service{ID: services[at], Name: fmt.Sprintf("service %d", n), Target: i.members[r.target].id, Backend: at.address}); err != nil {
					return err
				}
			}
			route := engine.Route{ID: engine.NewID(), Name: fmt.Sprintf("route %d", n), Sources: []engine.ID{i.members[r.source].id},
				Listen: r.listen, Service: services[at], Direction: engine.Push, LingerSeconds: p.linger, Streams: r.streams, Enabled: true}
			if err := tx.PutRoute(route); err != nil {
				return err
			}
			i.routes = append(i.routes, route)
		}
		return nil
	})
}

// benchmarkRule is the rule that matches everything.
const benchmarkRule = "Benchmark"

var anyAddress = []engine.Selector{must(engine.ParseSelector("any"))}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// startAgent starts a real agent as one of the members. Its data port is on loopback, its interface one that only it has.
func (i *installation) startAgent(ctx context.Context, n int, allow ...string) (*process, error) {
	m := i.members[n]
	folder := filepath.Join(i.folder, m.name)
	directory, err := identity.Join(machine.AttachmentsFolder(folder),
		identity.Attachment{Installation: i.id, Kind: identity.Component, ID: m.id, Name: m.name, Brokers: []string{i.address}}, i.roots, m.key, m.certificate)
	if err != nil {
		return nil, err
	}
	backends, err := machine.NewBackendList(allow)
	if err != nil {
		return nil, err
	}
	if err := machine.WriteBackends(directory.Path(), backends); err != nil {
		return nil, err
	}
	listen, err := host.FreeAddress()
	if err != nil {
		return nil, err
	}
	return startPeer(ctx, i.folder, listen, i.programs.agent, append([]string{"run", "--data", folder, "--machine-id", m.name,
		"--interface", memberAddress(n), "--listen", listen, "--advertise", listen}, i.plan.logging("error")...)...)
}

// startPair starts the agents of the first two members, of which the second may dial the backends, and waits until all routes
// listen. What it started is ended by stop, or by itself where it fails.
func (i *installation) startPair(ctx context.Context, backends ...string) (agents [2]*process, stop func(), err error) {
	stop = func() {
		for n := len(agents) - 1; n >= 0; n-- {
			if agents[n] != nil {
				agents[n].stop()
			}
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	for n, allow := range [][]string{nil, backends} {
		if agents[n], err = i.startAgent(ctx, n, allow...); err != nil {
			return agents, stop, err
		}
	}
	return agents, stop, i.awaitRoutes(ctx)
}

// memberAddress is an interface that only one component has, and dialsFrom the loopback address from which it reaches the broker.
func memberAddress(n int) string { return fmt.Sprintf("10.77.%d.%d", n/250, n%250+1) }
func dialsFrom(n int) string     { return fmt.Sprintf("127.77.%d.%d", n/250, n%250+1) }

// administration reaches the broker over its local socket, which may come a moment after its port.
func (i *installation) administration(ctx context.Context) (admin engine.Administration, closing func() error, err error) {
	awaited := host.Await(ctx, awaitWithin, "the broker's socket", func() (bool, error) {
		admin, closing, err = server.Attach(ctx, filepath.Join(i.folder, "broker"))
		return err == nil, nil
	})
	return admin, closing, cmp.Or(err, awaited)
}

// awaitRoutes waits until the source agent listens on every route.
func (i *installation) awaitRoutes(ctx context.Context) error {
	admin, closeAdmin, err := server.Attach(ctx, filepath.Join(i.folder, "broker"))
	if err != nil {
		return err
	}
	defer closeAdmin()
	return host.Await(ctx, awaitWithin, "the agents", func() (bool, error) {
		routes, err := admin.Routes(ctx)
		if err != nil {
			return false, err
		}
		components, err := admin.Components(ctx)
		if err != nil {
			return false, err
		}
		waits := slices.ContainsFunc(components, func(c engine.ComponentStatus) bool { return !c.Online })
		for _, r := range routes {
			waits = waits || len(r.Listeners) != 1 || r.Listeners[0].State != engine.ListenerUp
		}
		return !waits, nil
	})
}

// verifyOneSession tells whether one sealed session carried all that the agents carried, and still lives.
func (i *installation) verifyOneSession(ctx context.Context) error {
	admin, closeAdmin, err := server.Attach(ctx, filepath.Join(i.folder, "broker"))
	if err != nil {
		return err
	}
	defer closeAdmin()
	sessions, err := admin.Sessions(ctx)
	if err != nil {
		return err
	}
	receipts, err := admin.Receipts(ctx, engine.ReceiptQuery{Limit: 1})
	if err != nil {
		return err
	}
	if len(sessions) != 1 || sessions[0].Decision.Mode != engine.Sealed || len(receipts) > 0 {
		return fmt.Errorf("there are %d live sessions and at least %d that ended, not one sealed session that lives", len(sessions), len(receipts))
	}
	return nil
}

// receipts counts the receipts of sealed sessions that have ended.
func (i *installation) receipts(ctx context.Context) (int, error) {
	admin, closeAdmin, err := server.Attach(ctx, filepath.Join(i.folder, "broker"))
	if err != nil {
		return 0, err
	}
	defer closeAdmin()
	const page = 1000
	query := engine.ReceiptQuery{State: engine.SessionEnded, Mode: engine.Sealed, Limit: page}
	for count := 0; ; {
		receipts, err := admin.Receipts(ctx, query)
		if count += len(receipts); err != nil || len(receipts) < page {
			return count, err
		}
		query.Before = receipts[page-1].ID
	}
}

// awaitWithin is how long the benchmark waits for what must come, on whatever machine it runs.
const awaitWithin = time.Minute

// residentOf is the resident memory of a process in bytes.
func residentOf(p *process) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := bytes.Cut(text, []byte("VmRSS:"))
	var kilobytes uint64
	if _, err := fmt.Sscan(string(rest), &kilobytes); err != nil || !found {
		return 0, fmt.Errorf("the memory of process %d is not known", p.cmd.Process.Pid)
	}
	return kilobytes << 10, nil
}
