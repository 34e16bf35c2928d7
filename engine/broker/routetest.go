package broker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
	"lockwire/engine/policy"
	"lockwire/engine/wire"
)

const (
	// defaultTestBytes are moved where a test says nothing else, maximumTestBytes at the most.
	defaultTestBytes = 64 << 20
	maximumTestBytes = 1 << 40
	// transferWithin is a little longer than what the agents allow themselves.
	transferWithin = 11 * time.Minute
)

// transfer is a test transfer that a source was asked for.
type transfer struct {
	result  chan *wire.TransferResult
	compare bool // in the other mode than the rules say
}

// TestRoute moves bytes from each source of a route to its target, through sessions of the test's own, and finds out whether the
// backend listens, and whether it does so for others than Lockwire. Sources are tested one after the other, so that their rates
// are not each other's. A source that fails has the reason in its result.
func (b *Broker) TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
	bytes := cmp.Or(test.Bytes, int64(defaultTestBytes))
	if bytes < 0 || bytes > maximumTestBytes {
		return nil, &engine.FieldError{Field: "bytes", Err: fmt.Errorf("use 1 to %d", int64(maximumTestBytes))}
	}
	t, err := b.planTest(test.Route)
	if err != nil {
		return nil, err
	}
	backend, around := b.lookAtBackend(ctx, t, test.Connect)
	backendProblem := ""
	if backend.Answer == engine.AnswerNo {
		backendProblem = backend.Words
	}
	results := make([]engine.RouteTestResult, 0, len(t.sources))
	for _, source := range t.sources {
		result := b.testSource(ctx, t, source, uint64(bytes), test.Compare)
		result.Backend, result.Around = backend, around
		if test.Connect && t.provider == "" {
			result.Around = b.around(ctx, t, source)
		}
		result.Problem = cmp.Or(result.Problem, backendProblem, b.listenProblem(t.route.ID, source))
		results = append(results, result)
		if err := ctx.Err(); err != nil {
			return results, err
		}
	}
	return results, nil
}

// plannedTest is what a test of a route works on.
type plannedTest struct {
	route   engine.Route
	backend string
	target  engine.Component
	sources []engine.Component
	// provider is where the route leads to one, whose name is the target's then.
	provider engine.ID
}

func (b *Broker) planTest(id engine.ID) (t plannedTest, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	route := b.present.routes[id]
	if route == nil {
		return t, fmt.Errorf("route %s: %w", id, engine.ErrNotFound)
	}
	if !route.Enabled {
		return t, fmt.Errorf("route %s is disabled; enable it to test it", route.Name)
	}
	service := b.present.services[route.Service]
	if service == nil || b.beyond(service) == nil {
		return t, fmt.Errorf("the service of route %s: %w", route.Name, engine.ErrNotFound)
	}
	t.route, t.backend, t.target, t.provider = *route, service.Backend, b.beyond(service).Component, service.Provider
	for _, source := range b.present.sources[id] {
		if m := b.members[source]; m != nil {
			t.sources = append(t.sources, m.Component)
		}
	}
	slices.SortFunc(t.sources, func(a, b engine.Component) int { return strings.Compare(a.Name, b.Name) })
	return t, nil
}

// listenProblem says why no backup tool could connect on a source, however well bytes move from there: a test needs no listener.
func (b *Broker) listenProblem(id engine.ID, source engine.Component) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	route, m := b.present.routes[id], b.members[source.ID]
	if route == nil || m == nil {
		return ""
	}
	if listener := b.listener(route, m); listener.State == engine.ListenerFailed {
		return fmt.Sprintf("the route does not listen on %s: %s", source.Name, listener.Problem)
	}
	return ""
}

func (b *Broker) testSource(ctx context.Context, t plannedTest, source engine.Component, bytes uint64, compare bool) engine.RouteTestResult {
	result := engine.RouteTestResult{Component: source.ID, ComponentName: source.Name}
	moved, err := b.askTransfer(ctx, source.ID, t.route.ID, bytes, false)
	if err != nil {
		result.Problem = err.Error()
		return result
	}
	if endpoint := moved.GetEndpoint(); endpoint != "" && len(endpoint) <= maximumEndpoint {
		result.DataPort, result.Endpoint = true, reasonText(endpoint)
	}
	decision := b.decisionOf(ctx, moved)
	result.RouteTransfer, result.Problem = measured(moved, decision, bytes)
	if compare && result.Problem == "" && canCompare(decision) {
		other, err := b.askTransfer(ctx, source.ID, t.route.ID, bytes, true)
		if err != nil {
			result.Problem = "the comparison: " + err.Error()
		} else if measured, problem := measured(other, b.decisionOf(ctx, other), bytes); problem != "" {
			result.Problem = "the comparison: " + problem
		} else {
			result.Other = &measured
		}
	}
	return result
}

// measured reads what a source says of a transfer, whose session's decision is nil where it is not known, and why there was none.
func measured(moved *wire.TransferResult, decision *engine.SessionDecision, bytes uint64) (t engine.RouteTransfer, problem string) {
	if decision != nil {
		t.Mode = decision.Mode
	}
	if moved.GetProblem() != "" {
		return t, reasonText(moved.GetProblem())
	}
	t.Bytes, t.Elapsed = int64(min(moved.GetBytes(), bytes)), time.Duration(moved.GetElapsedNanoseconds())
	t.SourceCPU, t.TargetCPU = time.Duration(moved.GetSourceCpuNanoseconds()), time.Duration(moved.GetTargetCpuNanoseconds())
	return t, ""
}

// canCompare tells whether a transfer may also be made in the other mode than was decided for it.
func canCompare(decision *engine.SessionDecision) bool {
	if decision == nil {
		return false
	}
	_, ok := policy.Compared(*decision)
	return ok
}

// decisionOf finds the decision of a test's session, which may have ended by now; nil where the source names none.
func (b *Broker) decisionOf(ctx context.Context, moved *wire.TransferResult) *engine.SessionDecision {
	id, err := wire.ParseID(moved.GetSession())
	if err != nil {
		return nil
	}
	b.mu.Lock()
	if s := b.sessions[id]; s != nil {
		defer b.mu.Unlock()
		decision := s.shown.Decision
		return &decision
	}
	b.mu.Unlock()
	receipt, err := b.config.Store.Receipt(ctx, id)
	if err != nil {
		return nil
	}
	return &receipt.Decision
}

// askTransfer asks a source to move bytes over a route; with compare in the other mode than the rules say.
func (b *Broker) askTransfer(ctx context.Context, source, route engine.ID, bytes uint64, compare bool) (*wire.TransferResult, error) {
	t := &transfer{make(chan *wire.TransferResult, 1), compare}
	b.mu.Lock()
	m := b.members[source]
	if !m.online() {
		b.mu.Unlock()
		return nil, engine.ErrOffline
	}
	a := m.attachment
	a.number++
	number := a.number
	a.transfers[number] = t
	b.send(m, &wire.Down{Message: &wire.Down_Transfer{Transfer: &wire.Transfer{Transfer: number, Route: wire.IDBytes(route), Bytes: bytes}}})
	b.mu.Unlock()
	result, err := await(ctx, t.result, transferWithin)
	if err != nil {
		b.mu.Lock()
		delete(a.transfers, number)
		b.mu.Unlock()
	}
	return result, err
}

// await waits for an answer; the channel is closed where the component detaches.
func await[Result any](ctx context.Context, answer <-chan *Result, within time.Duration) (*Result, error) {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case result, ok := <-answer:
		if !ok {
			return nil, fmt.Errorf("%w: it lost its connection to the broker", errNoAnswer)
		}
		return result, nil
	case <-timeout.C:
		return nil, fmt.Errorf("%w within %s", errNoAnswer, within)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// takeTransferResult passes a source's answer to the waiting test.
func (b *Broker) takeTransferResult(a *attachment, message *wire.TransferResult) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t, waiting := a.transfers[message.GetTransfer()]; waiting {
		delete(a.transfers, message.GetTransfer())
		t.result <- message
	}
	return nil
}
