package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

const (
	// probeWithin is a little longer than what the agents allow themselves.
	probeWithin = 10 * time.Second
	// maximumAround is how many ways around Lockwire are tried.
	maximumAround = 16
	// maximumBound is how many sockets of a component's answer are read.
	maximumBound = 64
	connecting   = "a test that connects (--connect) tells"
)

// ProbeRoute says how a route stands on each of its sources. It begins no session and has nobody connect to anything.
func (b *Broker) ProbeRoute(ctx context.Context, id engine.ID) ([]engine.RouteProbe, error) {
	t, err := b.planTest(id)
	if err != nil {
		return nil, err
	}
	backend, _ := b.lookAtBackend(ctx, t, false)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.protect()
	b.mu.Lock()
	defer b.mu.Unlock()
	probes := make([]engine.RouteProbe, 0, len(t.sources))
	for _, source := range t.sources {
		m := b.members[source.ID]
		if m == nil {
			continue
		}
		ready := b.members[t.target.ID].online()
		if t.provider != "" {
			ready = b.notReadyOn(&t.route, m) == ""
		}
		probes = append(probes, engine.RouteProbe{Listener: b.listener(&t.route, m), TargetAttached: ready, Backend: backend})
	}
	return probes, nil
}

// lookAtBackend asks the target whether the backend listens. Around tells whether it does so beyond loopback, which only the
// target's table of sockets says. Where the route leads to a service provider there is nothing to look at, and both say why.
func (b *Broker) lookAtBackend(ctx context.Context, t plannedTest, connect bool) (backend, around engine.Observation) {
	if t.provider != "" {
		return engine.Observation{Answer: engine.NoQuestion, Words: fmt.Sprintf("it stands behind the gateway of the provider %s, and is the provider's to look at", t.target.Name)},
			engine.Observation{Answer: engine.NoQuestion, Words: fmt.Sprintf("the gateway of the provider %s is the one way to its repository: there is no way around it that could be tried from here", t.target.Name)}
	}
	around = engine.Observation{Answer: engine.NotTried}
	if t.target.Report.Version != "" && !engine.AllowsBackend(t.target.Report.AllowedBackends, t.backend) {
		around.Words = "the backend is none that the target dials"
		return engine.Observation{Answer: engine.AnswerNo, Words: engine.NotOffered(t.target.Name, t.backend)}, around
	}
	result, err := b.probe(ctx, t.target.ID, t.backend, connect)
	switch {
	case err != nil:
		backend = engine.Observation{Answer: engine.NotTried, Words: fmt.Sprintf("%s: %v", t.target.Name, err)}
	case !result.tried:
		backend = engine.Observation{Answer: engine.NotTried, Words: fmt.Sprintf("%s: %s; %s", t.target.Name, result.problem, connecting)}
	case !result.answered && connect:
		backend = engine.Observation{Answer: engine.AnswerNo, Words: fmt.Sprintf("component %s does not reach the backend %s: %s", t.target.Name, t.backend, result.problem)}
	case !result.answered:
		backend = engine.Observation{Answer: engine.AnswerNo, Words: fmt.Sprintf("the backend %s does not listen on component %s: %s", t.backend, t.target.Name, result.problem)}
	case connect:
		backend = engine.Observation{Answer: engine.AnswerYes, At: []string{t.backend}, Words: "the target connected to it"}
	default:
		backend = engine.Observation{Answer: engine.AnswerYes, At: result.bound, Words: "it listens, as the target's table of sockets says; no connection was made"}
	}
	if backend.Answer != engine.AnswerYes || connect {
		around.Words = backend.Words
		return backend, around
	}
	for _, socket := range result.bound {
		if !engine.IsLoopback(socket) {
			around.At = append(around.At, socket)
		}
	}
	if around.Answer = engine.AnswerNo; len(around.At) > 0 {
		around.Answer = engine.AnswerYes
		around.Words = "it listens beyond loopback, so that what reaches the target may reach it too; whether a firewall is between, " + connecting
	} else {
		around.Words = "it listens on loopback only"
	}
	return backend, around
}

// around has a source connect to all addresses at which it may reach the backend without Lockwire.
func (b *Broker) around(ctx context.Context, t plannedTest, source engine.Component) engine.Observation {
	ways := waysAround(t.backend, &t.target)
	tried := ways[:min(len(ways), maximumAround)]
	results := make([]probed, len(tried))
	failures := make([]error, len(tried))
	var probes sync.WaitGroup
	for i, way := range tried {
		probes.Go(func() { results[i], failures[i] = b.probe(ctx, source.ID, way, true) })
	}
	probes.Wait()
	var found engine.Observation
	untried := ""
	for i, way := range tried {
		switch {
		case failures[i] != nil:
			untried = failures[i].Error()
		case !results[i].tried:
			untried = results[i].problem
		case results[i].answered:
			found.At = append(found.At, way)
		}
	}
	switch {
	case len(found.At) > 0:
		found.Answer, found.Words = engine.AnswerYes, fmt.Sprintf("%s reached it without Lockwire", source.Name)
	case len(ways) == 0:
		found.Answer, found.Words = engine.NotTried, "the target has no address at which the backend could answer"
	case untried != "":
		found.Answer, found.Words = engine.NotTried, fmt.Sprintf("%s: %s", source.Name, untried)
	case len(tried) < len(ways):
		found.Answer, found.Words = engine.NotTried, fmt.Sprintf("it did not answer at %d addresses of the target; %d more were not tried", len(tried), len(ways)-len(tried))
	default:
		found.Answer, found.Words = engine.AnswerNo, fmt.Sprintf("%s reached it at none of the target's addresses", source.Name)
	}
	return found
}

// waysAround are the addresses at which a backend may answer from elsewhere: for one on the target itself, the target's
// addresses with the backend's port, for it may listen on more than loopback; for one elsewhere, its own address.
func waysAround(backend string, target *engine.Component) []string {
	host, port, err := net.SplitHostPort(backend)
	if err != nil {
		return nil
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil
	}
	addresses := target.Addresses()
	onTarget := engine.IsLoopback(backend)
	if address, err := netip.ParseAddr(host); err == nil && !onTarget {
		onTarget = slices.ContainsFunc(addresses, func(a engine.Address) bool { return a.Address == engine.PlainAddress(address) })
	}
	if !onTarget {
		return []string{backend}
	}
	var ways []string
	for _, address := range addresses {
		ways = append(ways, netip.AddrPortFrom(address.Address, uint16(number)).String())
	}
	return ways
}

// errNoAnswer is given for a component that detached or was silent in the middle of a test.
var errNoAnswer = errors.New("the component did not answer")

// probed is a component's answer to a probe, checked.
type probed struct {
	tried, answered bool
	problem         string   // why nothing answered, or why it was not tried
	bound           []string // ADDR:PORT
}

// probe asks a component whether anything answers at an endpoint, HOST:PORT. The error tells that no answer came: ErrOffline
// where the component is not attached.
func (b *Broker) probe(ctx context.Context, component engine.ID, endpoint string, connect bool) (probed, error) {
	answer := make(chan *wire.ProbeResult, 1)
	b.mu.Lock()
	m := b.members[component]
	if m == nil || !m.online() {
		b.mu.Unlock()
		return probed{}, engine.ErrOffline
	}
	a := m.attachment
	a.number++
	number := a.number
	a.probes[number] = answer
	b.send(m, &wire.Down{Message: &wire.Down_Probe{Probe: &wire.Probe{Probe: number, Endpoint: endpoint, Connect: connect}}})
	b.mu.Unlock()
	result, err := await(ctx, answer, probeWithin)
	if err != nil {
		b.mu.Lock()
		delete(a.probes, number)
		b.mu.Unlock()
		return probed{}, err
	}
	return checkProbed(result), nil
}

// checkProbed takes of an answer what is usable.
func checkProbed(result *wire.ProbeResult) probed {
	p := probed{tried: result.GetTried(), answered: result.GetAnswered(), problem: strings.TrimSpace(reasonText(result.GetProblem()))}
	for _, text := range result.GetBound()[:min(len(result.GetBound()), maximumBound)] {
		if socket, err := netip.ParseAddrPort(text); err == nil {
			p.bound = append(p.bound, socket.String())
		}
	}
	return p
}

// takeProbeResult passes a component's answer to the waiting probe.
func (b *Broker) takeProbeResult(a *attachment, message *wire.ProbeResult) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if result, waiting := a.probes[message.GetProbe()]; waiting {
		delete(a.probes, message.GetProbe())
		result <- message
	}
	return nil
}
