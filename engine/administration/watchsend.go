package administration

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"lockwire/engine"
	"lockwire/engine/wire"
)

const (
	// partBytes is how large a part grows before it is sent.
	partBytes = 128 << 10
	// pieceBytes is the longest piece of a description in one part.
	pieceBytes = 64 << 10
	// partRows is how many rows of figures, or numbers of an order, go into one part.
	partRows = 4096
)

// watchSender sends snapshots to one receiver: the first whole, the later ones as what changed since the one before. It keeps the
// snapshot that it sent last and no copy of it. It is not for concurrent use.
type watchSender struct {
	send       func(*wire.WatchPart) error
	components watchedList[engine.ComponentStatus]
	routes     watchedList[engine.RouteStatus]
	sessions   watchedList[engine.Session]
	tenants    watchedList[engine.TenantStatus]
	decisions  watchedDecisions
	hosts      []engine.TroubledHost
	providers  []engine.ProviderStatus

	part  *wire.WatchPart
	bytes int   // about how many are in part
	err   error // of the first part that could not be sent
}

func newWatchSender(send func(*wire.WatchPart) error) *watchSender {
	return &watchSender{
		send: send, part: &wire.WatchPart{}, decisions: newWatchedDecisions(),
		components: watchedList[engine.ComponentStatus]{id: func(c *engine.ComponentStatus) engine.ID { return c.ID }},
		routes:     watchedList[engine.RouteStatus]{id: func(r *engine.RouteStatus) engine.ID { return r.ID }},
		sessions:   watchedList[engine.Session]{id: func(s *engine.Session) engine.ID { return s.ID }},
		tenants:    watchedList[engine.TenantStatus]{id: func(t *engine.TenantStatus) engine.ID { return t.ID }},
	}
}

// beat sends a heartbeat.
func (w *watchSender) beat() error { return w.send(&wire.WatchPart{}) }

// update sends what changed since the previous update. After an error the stream must not be used any more.
func (w *watchSender) update(snapshot *engine.Snapshot) error {
	w.sendComponents(snapshot.Components)
	w.sendRoutes(snapshot.Routes)
	w.sendSessions(snapshot.Sessions)
	w.part.ForgottenDecisions = w.decisions.unused()
	w.sendHosts(snapshot.Hosts)
	w.sendTenants(snapshot.Tenants)
	w.sendProviders(snapshot.Providers)
	w.part.Moment = &wire.Moment{When: nanoseconds(snapshot.When), Revision: snapshot.Revision, RecordProblem: snapshot.RecordProblem,
		Today: &wire.DayTotals{Began: nanoseconds(snapshot.Today.Began), Sealed: snapshot.Today.Sealed, Plain: snapshot.Today.Plain}}
	w.flush()
	return w.err
}

// sendHosts sends the troubled hosts where they are other than before.
func (w *watchSender) sendHosts(hosts []engine.TroubledHost) {
	if slices.Equal(hosts, w.hosts) {
		return
	}
	w.hosts = hosts
	all := &wire.TroubledHosts{}
	for _, host := range hosts {
		all.Hosts = append(all.Hosts, &wire.TroubledHost{Name: host.Name, Trouble: string(host.Trouble), Words: host.Words})
	}
	w.room(proto.Size(all) + 4)
	w.part.TroubledHosts = all
}

// sendTenants sends those tenants that are other than before.
func (w *watchSender) sendTenants(tenants []engine.TenantStatus) {
	reordered := w.tenants.replace(tenants, func(number uint64, before, now *engine.TenantStatus) {
		if before == nil || !reflect.DeepEqual(before, now) {
			w.describe(number, now, func(d *wire.Described) { w.part.Tenants = append(w.part.Tenants, d) })
		}
	}, func(uint64, *engine.TenantStatus) {})
	if reordered {
		w.order(w.tenants.runs(), func() **wire.Order { return &w.part.TenantOrder })
	}
}

// sendProviders sends the providers where they are other than before.
func (w *watchSender) sendProviders(providers []engine.ProviderStatus) {
	if len(providers) == len(w.providers) && (len(providers) == 0 || reflect.DeepEqual(providers, w.providers)) {
		return
	}
	w.providers = providers
	all := &wire.Providers{}
	for i := range providers {
		text, err := json.Marshal(&providers[i])
		if err != nil {
			w.err = fmt.Errorf("write a provider: %w", err)
			return
		}
		all.Providers = append(all.Providers, text)
	}
	w.room(proto.Size(all) + 4)
	w.part.Providers = all
}

// flush sends the present part.
func (w *watchSender) flush() {
	if w.err == nil {
		w.err = w.send(w.part)
	}
	w.part, w.bytes = &wire.WatchPart{}, 0
}

// room makes room for so many bytes in the present part.
func (w *watchSender) room(bytes int) {
	if w.bytes+bytes > partBytes && w.bytes > 0 {
		w.flush()
	}
	w.bytes += bytes
}

// describe writes a thing's description in as many pieces as it takes.
func (w *watchSender) describe(number uint64, thing any, add func(*wire.Described)) {
	text, err := json.Marshal(thing)
	if err != nil {
		w.err = fmt.Errorf("write a part of the state: %w", err)
		return
	}
	w.describeText(number, text, add)
}

func (w *watchSender) describeText(number uint64, text []byte, add func(*wire.Described)) {
	for len(text) > pieceBytes {
		w.room(pieceBytes)
		add(&wire.Described{Number: number, Json: text[:pieceBytes], More: true})
		text = text[pieceBytes:]
	}
	w.room(len(text) + 16)
	add(&wire.Described{Number: number, Json: text})
}

// order writes a list's order.
func (w *watchSender) order(runs []uint64, of func() **wire.Order) {
	for first := true; first || len(runs) > 0; first = false {
		some := runs[:min(len(runs), partRows)]
		runs = runs[len(some):]
		w.room(8 + 4*len(some))
		*of() = &wire.Order{Runs: some}
		if len(runs) > 0 {
			w.flush()
		}
	}
}

// described and the two types below hide the fields that are sent as figures: a shallower field of the same name wins in JSON.
type (
	described struct {
		engine.ComponentStatus
		LastSeen *none `json:"lastSeen,omitempty"`
		Load     *none `json:"load,omitempty"`
		Sessions *none `json:"sessions,omitempty"`
		Headroom *none `json:"headroom,omitempty"`
	}
	describedRoute struct {
		engine.RouteStatus
		Sessions *none `json:"sessions,omitempty"`
	}
	describedSession struct {
		*engine.Session
		Decision *none `json:"decision,omitempty"`
		Now      *none `json:"now,omitempty"`
		Traffic  *none `json:"traffic,omitempty"`
		Flows    *none `json:"flows,omitempty"`
		AllFlows *none `json:"allFlows,omitempty"`
	}
)

func (w *watchSender) sendComponents(components []engine.ComponentStatus) {
	nothing := &engine.ComponentStatus{}
	reordered := w.components.replace(components, func(number uint64, before, now *engine.ComponentStatus) {
		if before == nil || !sameButFigures(*before, *now) {
			w.describe(number, described{ComponentStatus: *now}, func(d *wire.Described) { w.part.Components = append(w.part.Components, d) })
		}
		if before == nil {
			before = nothing
		}
		figures := &wire.ComponentFigures{Number: number, LastSeen: nanoseconds(now.LastSeen), Sessions: int64(now.Sessions)}
		if !reflect.DeepEqual(before.Load, now.Load) {
			figures.Load = fromLoad(&now.Load)
		}
		if before.Headroom != now.Headroom {
			figures.Headroom = fromHeadroom(&now.Headroom)
		}
		if figures.Load != nil || figures.Headroom != nil || !before.LastSeen.Equal(now.LastSeen) || before.Sessions != now.Sessions {
			w.room(proto.Size(figures) + 4)
			w.part.ComponentFigures = append(w.part.ComponentFigures, figures)
		}
	}, func(uint64, *engine.ComponentStatus) {})
	if reordered {
		w.order(w.components.runs(), func() **wire.Order { return &w.part.ComponentOrder })
	}
}

// sameButFigures compares what a component's description has.
func sameButFigures(a, b engine.ComponentStatus) bool {
	b.LastSeen, b.Load, b.Sessions, b.Headroom = a.LastSeen, a.Load, a.Sessions, a.Headroom
	return reflect.DeepEqual(a, b)
}

func (w *watchSender) sendRoutes(routes []engine.RouteStatus) {
	reordered := w.routes.replace(routes, func(number uint64, before, now *engine.RouteStatus) {
		sessions := 0
		same := false
		if before != nil {
			compared := *now
			sessions, compared.Sessions = before.Sessions, before.Sessions
			same = reflect.DeepEqual(*before, compared)
		}
		if !same {
			w.describe(number, describedRoute{RouteStatus: *now}, func(d *wire.Described) { w.part.Routes = append(w.part.Routes, d) })
		}
		if sessions != now.Sessions {
			w.room(16)
			if w.part.RouteFigures == nil {
				w.part.RouteFigures = &wire.RouteFigures{}
			}
			figures := w.part.RouteFigures
			figures.Number, figures.Sessions = append(figures.Number, number), append(figures.Sessions, int64(now.Sessions))
		}
	}, func(uint64, *engine.RouteStatus) {})
	if reordered {
		w.order(w.routes.runs(), func() **wire.Order { return &w.part.RouteOrder })
	}
}

// sessionRowBytes is about what a session's figures take.
const sessionRowBytes = 24

func (w *watchSender) sendSessions(sessions []engine.Session) {
	nothing := &engine.Session{}
	last := uint64(0) // the number of the row before, in the present part
	reordered := w.sessions.replace(sessions, func(number uint64, before, now *engine.Session) {
		if before == nil || !sameSession(before, now) {
			w.describeSession(number, now)
		}
		if before == nil {
			before = nothing
		}
		if before.Traffic == now.Traffic && before.Flows == now.Flows && before.AllFlows == now.AllFlows {
			return
		}
		// A row's step is from the one before it: they ascend, so a session out of the order of numbers begins a part of its own.
		if w.room(sessionRowBytes); w.part.SessionFigures != nil && number <= last {
			w.flush()
			w.bytes = sessionRowBytes
		}
		if w.part.SessionFigures == nil {
			w.part.SessionFigures, last = &wire.SessionFigures{}, 0
		}
		addFigures(w.part.SessionFigures, number-last, before, now)
		last = number
	}, func(number uint64, _ *engine.Session) { w.decisions.release(number) })
	if reordered {
		w.order(w.sessions.runs(), func() **wire.Order { return &w.part.SessionOrder })
	}
	w.decisions.settle()
}

// describeSession writes a session's description, after the decisions that it refers to.
func (w *watchSender) describeSession(number uint64, s *engine.Session) {
	decision := w.decide(&s.Decision)
	now := uint64(0)
	if s.Now != nil {
		now = w.decide(s.Now)
	}
	w.decisions.refer(number, decision, now)
	w.describe(number, describedSession{Session: s}, func(d *wire.Described) {
		w.part.Sessions = append(w.part.Sessions, &wire.DescribedSession{Session: d, Decision: decision, Now: now})
	})
}

// decide gives a decision's number, and describes it where the receiver does not have it.
func (w *watchSender) decide(decision *engine.SessionDecision) uint64 {
	number, text, err := w.decisions.number(decision)
	if err != nil {
		w.err = fmt.Errorf("write a part of the state: %w", err)
	}
	if text != nil {
		w.describeText(number, text, func(d *wire.Described) { w.part.Decisions = append(w.part.Decisions, d) })
	}
	return number
}

// addFigures adds a row.
func addFigures(f *wire.SessionFigures, step uint64, before, now *engine.Session) {
	f.Step = append(f.Step, step)
	f.ToTarget = append(f.ToTarget, int64(now.Traffic.ToTarget-before.Traffic.ToTarget))
	f.ToSource = append(f.ToSource, int64(now.Traffic.ToSource-before.Traffic.ToSource))
	f.SourceCpu = append(f.SourceCpu, int64(now.Traffic.SourceCPU-before.Traffic.SourceCPU))
	f.TargetCpu = append(f.TargetCpu, int64(now.Traffic.TargetCPU-before.Traffic.TargetCPU))
	f.AllFlows = append(f.AllFlows, int64(now.AllFlows-before.AllFlows))
	f.RateToTarget = append(f.RateToTarget, now.Traffic.RateToTarget)
	f.RateToSource = append(f.RateToSource, now.Traffic.RateToSource)
	f.Flows = append(f.Flows, int64(now.Flows))
}

// sameSession compares what a session's description has. It is written out, for it is asked for each session at each update.
func sameSession(a, b *engine.Session) bool {
	return a.ID == b.ID && a.Route == b.Route && a.RouteName == b.RouteName && a.Source == b.Source && a.SourceName == b.SourceName &&
		a.Target == b.Target && a.TargetName == b.TargetName && a.ServiceName == b.ServiceName && a.Backend == b.Backend && a.Provider == b.Provider && a.Tenant == b.Tenant && a.TenantName == b.TenantName && a.State == b.State &&
		a.Stale == b.Stale && a.Cipher == b.Cipher && a.Group == b.Group && a.Endpoint == b.Endpoint && a.Interface == b.Interface && a.FallBack == b.FallBack && a.Began.Equal(b.Began) && a.Key == b.Key &&
		a.Test == b.Test && a.TurnedAway == b.TurnedAway && a.HalfClosed == b.HalfClosed && a.Unanswered == b.Unanswered && a.HeldBack == b.HeldBack && slices.Equal(a.Streams, b.Streams) && sameAllotments(a.Allotments, b.Allotments) && (a.Now == b.Now || a.Now != nil && b.Now != nil && sameDecision(a.Now, b.Now)) && sameDecision(&a.Decision, &b.Decision)
}

// sameAllotments compares two lists. Lists are replaced as a whole, so that equal pointers are enough in most cases.
func sameAllotments(a, b []engine.Allotment) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || reflect.DeepEqual(a, b))
}

// sameDecision is quick where both are copies of one, and thorough where they are not.
func sameDecision(a, b *engine.SessionDecision) bool {
	if a == b {
		return true
	}
	return a.Mode == b.Mode && a.By == b.By && reflect.DeepEqual(a, b)
}

// watchedDecisions are the decisions that a receiver has, each once, however many sessions refer to it.
type watchedDecisions struct {
	numbers map[[sha256.Size]byte]uint64
	digests map[uint64][sha256.Size]byte
	uses    map[uint64]int       // by decision
	of      map[uint64][2]uint64 // by session
	recent  map[*engine.SessionDecision]uint64
	idle    map[uint64]bool // may not be used any more
	last    uint64
}

func newWatchedDecisions() watchedDecisions {
	return watchedDecisions{
		numbers: map[[sha256.Size]byte]uint64{}, digests: map[uint64][sha256.Size]byte{}, uses: map[uint64]int{}, of: map[uint64][2]uint64{},
		recent: map[*engine.SessionDecision]uint64{}, idle: map[uint64]bool{},
	}
}

// number gives a decision's number, and its description where the receiver does not have it.
func (d *watchedDecisions) number(decision *engine.SessionDecision) (number uint64, text []byte, err error) {
	if number, known := d.recent[decision]; known {
		return number, nil, nil
	}
	if text, err = json.Marshal(decision); err != nil {
		return 0, nil, err
	}
	digest := sha256.Sum256(text)
	number, known := d.numbers[digest]
	if known {
		text = nil
	} else {
		d.last++
		number = d.last
		d.numbers[digest], d.digests[number], d.idle[number] = number, digest, true
	}
	d.recent[decision] = number
	return number, text, nil
}

// refer notes to which decisions a session refers, instead of those that it referred to before.
func (d *watchedDecisions) refer(session, decision, now uint64) {
	d.uses[decision]++
	d.uses[now]++
	d.release(session)
	d.of[session] = [2]uint64{decision, now}
}

// release notes that a session refers to nothing any more.
func (d *watchedDecisions) release(session uint64) {
	for _, decision := range d.of[session] {
		if d.uses[decision]--; d.uses[decision] <= 0 {
			delete(d.uses, decision)
			d.idle[decision] = true
		}
	}
	delete(d.of, session)
}

// settle clears what is valid only during one pass over a list.
func (d *watchedDecisions) settle() { clear(d.recent) }

// unused takes out the decisions to which no session refers any more, and gives their numbers.
func (d *watchedDecisions) unused() []uint64 {
	var numbers []uint64
	for number := range d.idle {
		digest, there := d.digests[number]
		if !there || d.uses[number] > 0 {
			continue
		}
		delete(d.numbers, digest)
		delete(d.digests, number)
		numbers = append(numbers, number)
	}
	clear(d.idle)
	return numbers
}

func fromLoad(load *engine.Load) *wire.ComponentLoad {
	message := &wire.ComponentLoad{Cores: load.Cores, Agent: load.Agent, Memory: load.Memory}
	for i := range load.Costs {
		cost := fromCost(load.Costs[i].Side, &load.Costs[i].Cost)
		cost.Mode = wire.FromMode(load.Costs[i].Mode)
		message.Costs = append(message.Costs, cost)
	}
	return message
}

func fromHeadroom(h *engine.Headroom) *wire.ComponentHeadroom {
	return &wire.ComponentHeadroom{BytesPerSecond: h.BytesPerSecond, Low: h.Low, High: h.High, Whole: h.Whole, Cost: fromCost(h.Side, &h.Cost), LimitedBy: string(h.LimitedBy)}
}

func fromCost(side engine.SideOfSession, c *engine.Cost) *wire.ComponentCost {
	return &wire.ComponentCost{Side: string(side), PerGb: c.PerGB, Fixed: c.Fixed, Error: c.Error, Origin: string(c.Origin), Bytes: c.Bytes}
}

// nanoseconds writes a time; 0 for the zero time.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// momentOf reads what nanoseconds wrote.
func momentOf(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds)
}
