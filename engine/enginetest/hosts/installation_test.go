//go:build linux

package hosts

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component"
)

// installation is a broker and its agents on the hosts of a network.
type installation struct {
	t        *testing.T // that asks: of a subtest, too
	root     *testing.T // with which the processes end
	network  *network
	programs programs
	folder   string // the broker's data
	as       string // the broker's user; root where it is empty
	broker   *process
	source   *agent
	target   *agent
}

// agent is a component's agent: its data stays when its process is killed and started again.
type agent struct {
	*process
	name    string
	on      *host
	folder  string
	as      string // user; root where it is empty
	set     []string
	options []string // of run
}

const (
	brokerPort = 6170
	// commandWithin bounds a command of the command line; attachWithin is what an agent has to attach again.
	commandWithin = time.Minute
	attachWithin  = time.Minute
	// lingerSeconds is short, so that tests need not wait for the ends of sessions as administrators would.
	lingerSeconds = 1
	// receiptWithin bounds the wait for a receipt: linger, 15 s more at the target, and erasure, on a machine that is busy.
	receiptWithin = 2 * time.Minute
)

// newInstallation starts a broker and an agent on source and target, and lets them join. The target's list allows its own
// loopback ports.
func newInstallation(t *testing.T, n *network) *installation {
	t.Helper()
	return newInstallationAs(t, n, releasePrograms(t), "")
}

// newInstallationAs takes other programs, and lets them run as a user.
func newInstallationAs(t *testing.T, n *network, p programs, as string) *installation {
	t.Helper()
	i := &installation{t: t, root: t, network: n, programs: p, as: as}
	i.folder = filepath.Join(ownedFolder(t, "broker", as), "data")
	i.startBroker(n.broker)
	i.lockwired("settings", "set", "LingerSeconds", fmt.Sprint(lingerSeconds))
	i.source = i.newAgent("source", n.source)
	i.target = i.newAgent("target", n.target)
	for _, a := range []*agent{i.source, i.target} {
		i.join(a)
		i.startAgent(a)
	}
	i.awaitAttached(attachWithin, i.source, i.target)
	return i
}

// startBroker starts the broker on a host, as whose address it is told to the agents.
func (i *installation) startBroker(on *host) {
	i.t.Helper()
	i.broker = start(i.root, command{on: on, name: "lockwired serve", as: i.as, arguments: []string{
		i.programs.lockwired, "serve", "--data", i.folder, "--listen", on.on(brokerPort), "--log-level", "debug",
	}, set: i.brokerSet()})
	eventually(i.t, commandWithin, "the broker is ready", func() error {
		if i.broker.ended() {
			return hopeless("it has ended: %v", i.broker.err)
		}
		if !strings.Contains(i.broker.log.String(), "msg=ready") {
			return errors.New("it does not say so")
		}
		return nil
	})
}

func (i *installation) brokerSet() []string {
	return []string{keyScanVariable + "=" + i.keys("broker")}
}

// keys is the file to which a program that was built for the key scan writes what keys it made. Others know nothing of it.
func (i *installation) keys(name string) string {
	return filepath.Join(filepath.Dir(i.folder), "keys-"+name)
}

// lockwired runs a command of the command line on the broker's folder and gives what it printed.
func (i *installation) lockwired(arguments ...string) string {
	i.t.Helper()
	return must(i.t, commandWithin, i.lockwiredCommand(nil, arguments...))
}

func (i *installation) lockwiredCommand(input []byte, arguments ...string) command {
	c := command{name: "lockwired", arguments: append([]string{i.programs.lockwired, "--data", i.folder}, arguments...)}
	if input != nil {
		c.input = strings.NewReader(string(input))
	}
	return c
}

// ask runs a command with --json and reads what it printed.
func ask[T any](i *installation, arguments ...string) (answer T) {
	i.t.Helper()
	out := i.lockwired(append(arguments, "--json")...)
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		i.t.Fatalf("lockwired %s printed no JSON: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return answer
}

func (i *installation) newAgent(name string, on *host) *agent {
	i.t.Helper()
	parent := ownedFolder(i.t, name, i.as)
	return &agent{name: name, on: on, folder: filepath.Join(parent, "data"), as: i.as, set: []string{keyScanVariable + "=" + filepath.Join(parent, "keys")}}
}

// keys is the file to which an agent that was built for the key scan writes.
func (a *agent) keys() string { return filepath.Join(filepath.Dir(a.folder), "keys") }

// token makes a join token.
func (i *installation) token(name string) string {
	i.t.Helper()
	return strings.TrimSpace(i.lockwired("components", "token", name, "--role", string(engine.Repository), "--broker-address", i.network.broker.on(brokerPort)))
}

func (i *installation) join(a *agent) {
	i.t.Helper()
	c := i.joinCommand(a)
	c.input = strings.NewReader(i.token(a.name) + "\n")
	must(i.t, commandWithin, c)
}

func (i *installation) joinCommand(a *agent) command {
	return command{on: a.on, name: "lockwire-agent join", as: a.as, set: a.set, arguments: []string{
		i.programs.agent, "join", "--data", a.folder, "--token-file", "-", "--allow-backend", "127.0.0.0/8:1024-65535",
	}}
}

// startAgent starts the agent's process, for the first time or again.
func (i *installation) startAgent(a *agent) {
	i.t.Helper()
	a.process = start(i.root, command{on: a.on, name: "lockwire-agent of " + a.name, as: a.as, set: a.set, arguments: append([]string{
		i.programs.agent, "run", "--data", a.folder, "--log-level", "debug",
	}, a.options...)})
}

// components gives the components as the broker knows them, by name.
func (i *installation) components() map[string]engine.ComponentStatus {
	i.t.Helper()
	all := map[string]engine.ComponentStatus{}
	for _, c := range ask[[]engine.ComponentStatus](i, "components", "list") {
		all[c.Name] = c
	}
	return all
}

// awaitAttached waits until agents are attached, and have heard of it themselves. The broker shows a component as online before that; what
// it listens on is told only by an agent that knows its broker.
func (i *installation) awaitAttached(within time.Duration, agents ...*agent) {
	i.t.Helper()
	eventually(i.t, within, "the agents attach", func() error {
		components := i.components()
		for _, a := range agents {
			if a.ended() {
				return hopeless("the agent of %s has ended: %v", a.name, a.err)
			}
			if c := components[a.name]; !c.Online {
				return fmt.Errorf("%s is offline (%s)", a.name, c.Problem)
			}
		}
		for _, route := range ask[[]engine.RouteStatus](i, "routes", "list") {
			for _, listener := range route.Listeners {
				isOf := func(a *agent) bool { return a.name == listener.ComponentName }
				if slices.ContainsFunc(agents, isOf) && listener.State != engine.ListenerUp && listener.State != engine.ListenerFailed {
					return fmt.Errorf("%s has not said whether it listens for route %s", listener.ComponentName, route.Name)
				}
			}
		}
		return nil
	})
}

// awaitOffline waits until the broker says that a component is offline.
func (i *installation) awaitOffline(a *agent) {
	i.t.Helper()
	eventually(i.t, time.Minute, a.name+" is shown as offline", func() error {
		if i.components()[a.name].Online {
			return errors.New("it is online")
		}
		return nil
	})
}

// status gives what an agent says of itself.
func (a *agent) status() (component.Status, error) {
	return component.ReadStatus(component.StatusFile(a.folder), time.Now())
}

// addRoute makes a route between the two loopback ports and waits until the source listens.
func (i *installation) addRoute(name string, listen, backend int, more ...string) {
	i.t.Helper()
	i.lockwired(append([]string{"routes", "add", name, "--source", "source", "--target", "target",
		"--listen", loopback(listen), "--backend", loopback(backend)}, more...)...)
	eventually(i.t, time.Minute, "the source listens for route "+name, func() error { return i.listening(name) })
}

func (i *installation) listening(name string) error {
	for _, route := range ask[[]engine.RouteStatus](i, "routes", "list") {
		if route.Name != name {
			continue
		}
		for _, listener := range route.Listeners {
			if listener.State != engine.ListenerUp {
				return fmt.Errorf("%s: %s %s", listener.ComponentName, listener.State, listener.Problem)
			}
		}
		return nil
	}
	return errors.New("there is no such route")
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// sessions gives the live ones of a route.
func (i *installation) sessions(route string) []engine.Session {
	i.t.Helper()
	all := ask[[]engine.Session](i, "sessions", "list")
	return slices.DeleteFunc(all, func(s engine.Session) bool { return s.RouteName != route })
}

// oneSession gives the one live session of a route. One that its ends have left may still be among them for a moment.
func (i *installation) oneSession(route string) (one engine.Session) {
	i.t.Helper()
	eventually(i.t, time.Minute, "route "+route+" has one live session", func() error {
		all := i.sessions(route)
		if len(all) != 1 {
			return fmt.Errorf("there are %d: %+v", len(all), all)
		}
		one = all[0]
		return nil
	})
	return one
}

// awaitFlows waits until the ends have reported how many flows the route's one session has.
func (i *installation) awaitFlows(route string, flows int) {
	i.t.Helper()
	eventually(i.t, time.Minute, fmt.Sprintf("the broker knows of %d flows of route %s", flows, route), func() error {
		live := i.sessions(route)
		if len(live) != 1 || live[0].Flows != flows {
			return fmt.Errorf("the sessions are %+v", live)
		}
		return nil
	})
}

// receipts gives those of a route, the oldest first.
func (i *installation) receipts(route string) []engine.Receipt {
	i.t.Helper()
	all := ask[[]engine.Receipt](i, "receipts", "list", "--route", route)
	slices.Reverse(all)
	return all
}

// awaitReceipts waits until no session of the route is live and so many have left a receipt, and gives those, the oldest first.
func (i *installation) awaitReceipts(route string, least int) (all []engine.Receipt) {
	i.t.Helper()
	eventually(i.t, receiptWithin, "the sessions of route "+route+" end", func() error {
		if live := i.sessions(route); len(live) > 0 {
			return fmt.Errorf("%d are %s, flows %d, key %+v", len(live), live[0].State, live[0].Flows, live[0].Key)
		}
		if all = i.receipts(route); len(all) < least {
			return fmt.Errorf("there are %d receipts, not %d", len(all), least)
		}
		return nil
	})
	return all
}

// checkComplete fails unless a receipt of a session tells the whole life of its key: made, delivered to both ends, destroyed at
// all three places, in that order.
func checkComplete(t *testing.T, r *engine.Receipt) {
	t.Helper()
	k := r.Key
	times := []struct {
		what string
		when time.Time
	}{
		{"made", k.Made}, {"destroyed at the broker", k.DestroyedBroker}, {"delivered to the target", k.DeliveredTarget},
		{"delivered to the source", k.DeliveredSource}, {"destroyed at the source", k.DestroyedSource}, {"destroyed at the target", k.DestroyedTarget},
	}
	for at, moment := range times {
		switch {
		case moment.when.IsZero():
			t.Errorf("receipt %s: the key was not %s", r.ID, moment.what)
		case at > 0 && at < 5 && moment.when.Before(times[at-1].when), at == 5 && moment.when.Before(k.DeliveredTarget):
			t.Errorf("receipt %s: the key was %s too early: %+v", r.ID, moment.what, k)
		}
	}
	if k.SourceErasure != engine.ErasureProven || k.TargetErasure != engine.ErasureProven {
		t.Errorf("receipt %s: at the source %q, at the target %q", r.ID, k.SourceErasure, k.TargetErasure)
	}
	if r.State != engine.SessionEnded || r.Ended.Before(r.Began) || r.AllFlows == 0 {
		t.Errorf("receipt %s: %s from %v to %v with %d flows (%s)", r.ID, r.State, r.Began, r.Ended, r.AllFlows, r.Reason)
	}
	if r.Decision.Mode == engine.Sealed && (r.Cipher != engine.AES256GCM && r.Cipher != engine.ChaCha20Poly1305 || r.Group == "") {
		t.Errorf("receipt %s: sealed with cipher %v, group %q", r.ID, r.Cipher, r.Group)
	}
}
