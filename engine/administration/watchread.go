package administration

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// watchReceiver rebuilds the snapshots that a watchSender sent. What it has given out is never changed. It is not for concurrent use.
type watchReceiver struct {
	// read reads a description of what can be edited.
	read       func(text []byte, into any) error
	decisions  map[uint64]*engine.SessionDecision
	components rebuiltList[engine.ComponentStatus]
	routes     rebuiltList[engine.RouteStatus]
	sessions   rebuiltList[engine.Session]
	tenants    rebuiltList[engine.TenantStatus]
	hosts      []engine.TroubledHost
	providers  []engine.ProviderStatus
	pieces     [5][]byte // of descriptions that go on, by kind
}

func newWatchReceiver(read func(text []byte, into any) error) *watchReceiver {
	return &watchReceiver{
		read: read, decisions: map[uint64]*engine.SessionDecision{},
		components: newRebuiltList[engine.ComponentStatus](), routes: newRebuiltList[engine.RouteStatus](), sessions: newRebuiltList[engine.Session](), tenants: newRebuiltList[engine.TenantStatus](),
	}
}

var errWatchMalformed = errors.New("the broker's watch is not as the protocol says")

// take takes a part. It tells whether the snapshot is whole with it.
func (w *watchReceiver) take(part *wire.WatchPart) (snapshot engine.Snapshot, whole bool, err error) {
	for _, take := range []func(*wire.WatchPart) error{w.takeDecisions, w.takeComponents, w.takeRoutes, w.takeSessions, w.takeTenants, w.takeOrders} {
		if err := take(part); err != nil {
			return snapshot, false, fmt.Errorf("%w: %w", errWatchMalformed, err)
		}
	}
	for _, number := range part.GetForgottenDecisions() {
		delete(w.decisions, number)
	}
	if hosts := part.GetTroubledHosts(); hosts != nil {
		w.takeHosts(hosts.GetHosts())
	}
	if providers := part.GetProviders(); providers != nil {
		if err := w.takeProviders(providers.GetProviders()); err != nil {
			return snapshot, false, fmt.Errorf("%w: %w", errWatchMalformed, err)
		}
	}
	moment := part.GetMoment()
	if moment == nil {
		return snapshot, false, nil
	}
	snapshot = engine.Snapshot{When: momentOf(moment.GetWhen()), Revision: moment.GetRevision(), RecordProblem: moment.GetRecordProblem()}
	today := moment.GetToday()
	snapshot.Today = engine.DayTotals{Began: momentOf(today.GetBegan()), Sealed: today.GetSealed(), Plain: today.GetPlain()}
	snapshot.Components, snapshot.Routes, snapshot.Sessions = w.components.list(), w.routes.list(), w.sessions.list()
	snapshot.Hosts, snapshot.Providers = w.hosts, w.providers
	if len(w.tenants.numbers) > 0 {
		snapshot.Tenants = w.tenants.list()
	}
	return snapshot, true, nil
}

func (w *watchReceiver) takeHosts(hosts []*wire.TroubledHost) {
	w.hosts = nil
	for _, host := range hosts[:min(len(hosts), engine.MaximumTroubledHosts)] {
		w.hosts = append(w.hosts, engine.TroubledHost{Name: host.GetName(), Trouble: engine.HostTrouble(host.GetTrouble()), Words: host.GetWords()})
	}
}

func (w *watchReceiver) takeProviders(texts [][]byte) error {
	w.providers = nil
	for _, text := range texts {
		var provider engine.ProviderStatus
		if err := json.Unmarshal(text, &provider); err != nil {
			return err
		}
		w.providers = append(w.providers, provider)
	}
	return nil
}

// The kinds of descriptions. The pieces of one description follow one another.
const (
	decisionPiece = iota
	componentPiece
	routePiece
	sessionPiece
	tenantPiece
)

// text gives a complete description; nil if more pieces follow.
func (w *watchReceiver) text(kind int, d *wire.Described) ([]byte, error) {
	piece := w.pieces[kind]
	if len(piece)+len(d.GetJson()) > wire.MaximumDocument {
		return nil, errors.New("a description is too long")
	}
	if d.GetMore() {
		w.pieces[kind] = append(piece, d.GetJson()...)
		return nil, nil
	}
	w.pieces[kind] = nil
	return append(piece, d.GetJson()...), nil
}

func (w *watchReceiver) takeDecisions(part *wire.WatchPart) error {
	for _, d := range part.GetDecisions() {
		text, err := w.text(decisionPiece, d)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		decision := &engine.SessionDecision{}
		if err := json.Unmarshal(text, decision); err != nil {
			return err
		}
		w.decisions[d.GetNumber()] = decision
	}
	return nil
}

func (w *watchReceiver) takeComponents(part *wire.WatchPart) error {
	for _, d := range part.GetComponents() {
		text, err := w.text(componentPiece, d)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		component := &engine.ComponentStatus{}
		if err := w.read(text, component); err != nil {
			return err
		}
		if before := w.components.things[d.GetNumber()]; before != nil {
			component.LastSeen, component.Load, component.Sessions, component.Headroom = before.LastSeen, before.Load, before.Sessions, before.Headroom
		}
		w.components.put(d.GetNumber(), component)
	}
	for _, figures := range part.GetComponentFigures() {
		component, err := w.components.edit(figures.GetNumber())
		if err != nil {
			return err
		}
		component.LastSeen, component.Sessions = momentOf(figures.GetLastSeen()), int(figures.GetSessions())
		if load := figures.GetLoad(); load != nil {
			if component.Load, err = toLoad(load); err != nil {
				return err
			}
		}
		if headroom := figures.GetHeadroom(); headroom != nil {
			component.Headroom = toHeadroom(headroom)
		}
	}
	return nil
}

func (w *watchReceiver) takeRoutes(part *wire.WatchPart) error {
	for _, d := range part.GetRoutes() {
		text, err := w.text(routePiece, d)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		route := &engine.RouteStatus{}
		if err := w.read(text, route); err != nil {
			return err
		}
		if before := w.routes.things[d.GetNumber()]; before != nil {
			route.Sessions = before.Sessions
		}
		w.routes.put(d.GetNumber(), route)
	}
	figures := part.GetRouteFigures()
	if len(figures.GetSessions()) != len(figures.GetNumber()) {
		return errors.New("columns of different length")
	}
	for i, number := range figures.GetNumber() {
		route, err := w.routes.edit(number)
		if err != nil {
			return err
		}
		route.Sessions = int(figures.Sessions[i])
	}
	return nil
}

func (w *watchReceiver) takeSessions(part *wire.WatchPart) error {
	for _, d := range part.GetSessions() {
		text, err := w.text(sessionPiece, d.GetSession())
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		s := &engine.Session{}
		if err := json.Unmarshal(text, s); err != nil {
			return err
		}
		decision := w.decisions[d.GetDecision()]
		if decision == nil {
			return errors.New("a session under a decision that was not described")
		}
		s.Decision = *decision
		if d.GetNow() != 0 {
			if s.Now = w.decisions[d.GetNow()]; s.Now == nil {
				return errors.New("a session that would be decided in a way that was not described")
			}
		}
		number := d.GetSession().GetNumber()
		if before := w.sessions.things[number]; before != nil {
			s.Traffic, s.Flows, s.AllFlows = before.Traffic, before.Flows, before.AllFlows
		}
		w.sessions.put(number, s)
	}
	return w.takeSessionFigures(part.GetSessionFigures())
}

func (w *watchReceiver) takeSessionFigures(f *wire.SessionFigures) error {
	rows := len(f.GetStep())
	for _, column := range []int{
		len(f.GetToTarget()), len(f.GetToSource()), len(f.GetSourceCpu()), len(f.GetTargetCpu()), len(f.GetAllFlows()), len(f.GetRateToTarget()), len(f.GetRateToSource()),
		len(f.GetFlows()),
	} {
		if column != rows {
			return errors.New("columns of different length")
		}
	}
	number := uint64(0)
	for i := range rows {
		number += f.Step[i]
		s, err := w.sessions.edit(number)
		if err != nil {
			return err
		}
		s.Traffic.ToTarget += uint64(f.ToTarget[i])
		s.Traffic.ToSource += uint64(f.ToSource[i])
		s.Traffic.SourceCPU += time.Duration(f.SourceCpu[i])
		s.Traffic.TargetCPU += time.Duration(f.TargetCpu[i])
		s.Traffic.RateToTarget, s.Traffic.RateToSource = f.RateToTarget[i], f.RateToSource[i]
		s.AllFlows += uint64(f.AllFlows[i])
		s.Flows = int(f.Flows[i])
	}
	return nil
}

func (w *watchReceiver) takeTenants(part *wire.WatchPart) error {
	for _, d := range part.GetTenants() {
		text, err := w.text(tenantPiece, d)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		tenant := &engine.TenantStatus{}
		if err := w.read(text, tenant); err != nil {
			return err
		}
		w.tenants.put(d.GetNumber(), tenant)
	}
	return nil
}

func (w *watchReceiver) takeOrders(part *wire.WatchPart) error {
	if err := w.components.order(part.GetComponentOrder(), part.GetMoment() != nil); err != nil {
		return err
	}
	if err := w.routes.order(part.GetRouteOrder(), part.GetMoment() != nil); err != nil {
		return err
	}
	if err := w.tenants.order(part.GetTenantOrder(), part.GetMoment() != nil); err != nil {
		return err
	}
	return w.sessions.order(part.GetSessionOrder(), part.GetMoment() != nil)
}

// rebuiltList is one of the lists of a snapshot.
type rebuiltList[T any] struct {
	things  map[uint64]*T
	numbers []uint64
	pending []uint64 // of an order that goes on
	coming  bool     // an order has begun
	given   []T      // what was given out last; nil when it has to be made anew
}

func newRebuiltList[T any]() rebuiltList[T] {
	return rebuiltList[T]{things: map[uint64]*T{}, given: []T{}}
}

func (l *rebuiltList[T]) put(number uint64, thing *T) { l.things[number], l.given = thing, nil }

// edit gives a thing so that its figures can be changed.
func (l *rebuiltList[T]) edit(number uint64) (*T, error) {
	thing := l.things[number]
	if thing == nil {
		return nil, errors.New("figures of something that was not described")
	}
	l.given = nil
	return thing, nil
}

// order takes a part of an order. With the last part of an update the order is in force, and items that it leaves out are removed.
func (l *rebuiltList[T]) order(order *wire.Order, whole bool) error {
	if order != nil {
		l.coming = true
		runs := order.GetRuns()
		if len(runs)%2 != 0 {
			return errors.New("half a run of numbers")
		}
		for i := 0; i < len(runs); i += 2 {
			// Nothing is there twice: that bounds how long an order can get, whatever the runs claim.
			if runs[i+1] > uint64(len(l.things)-len(l.pending)) {
				return errors.New("an order of more than there is")
			}
			for number := runs[i]; number-runs[i] < runs[i+1]; number++ {
				if l.things[number] == nil {
					return errors.New("an order of something that was not described")
				}
				l.pending = append(l.pending, number)
			}
		}
	}
	if !whole || !l.coming {
		return nil
	}
	kept := make(map[uint64]*T, len(l.pending))
	for _, number := range l.pending {
		kept[number] = l.things[number]
	}
	if len(kept) != len(l.pending) {
		return errors.New("an order that has something twice")
	}
	l.things, l.numbers, l.pending, l.coming, l.given = kept, l.pending, nil, false, nil
	return nil
}

// list gives the present list; the same slice as before if nothing changed.
func (l *rebuiltList[T]) list() []T {
	if l.given == nil {
		l.given = make([]T, len(l.numbers))
		for i, number := range l.numbers {
			l.given[i] = *l.things[number]
		}
	}
	return l.given
}

func toLoad(m *wire.ComponentLoad) (engine.Load, error) {
	load := engine.Load{Cores: m.GetCores(), Agent: m.GetAgent(), Memory: m.GetMemory()}
	for _, cost := range m.GetCosts() {
		mode, err := cost.GetMode().Engine()
		if err != nil {
			return load, err
		}
		load.Costs = append(load.Costs, engine.EndCost{Side: engine.SideOfSession(cost.GetSide()), Mode: mode, Cost: toCost(cost)})
	}
	return load, nil
}

func toHeadroom(m *wire.ComponentHeadroom) engine.Headroom {
	return engine.Headroom{
		BytesPerSecond: m.GetBytesPerSecond(), Low: m.GetLow(), High: m.GetHigh(), Whole: m.GetWhole(), Cost: toCost(m.GetCost()), Side: engine.SideOfSession(m.GetCost().GetSide()),
		LimitedBy: engine.Bottleneck(m.GetLimitedBy()),
	}
}

func toCost(m *wire.ComponentCost) engine.Cost {
	return engine.Cost{PerGB: m.GetPerGb(), Fixed: m.GetFixed(), Error: m.GetError(), Origin: engine.CostOrigin(m.GetOrigin()), Bytes: m.GetBytes()}
}
