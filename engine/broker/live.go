package broker

import (
	"container/heap"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
	"lockwire/engine/session"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

// live is a session from its first offer until its receipt is handed to the recorder. All of it is guarded by Broker.mu.
type live struct {
	shown     engine.Session
	life      session.Life
	ends      [3]*member // by session.Side
	direction engine.Direction
	// sameMachine tells that the decision took both ends to be one machine.
	sameMachine bool
	// preferred are the networks in which the source tries the target first; nil where there are none for this pair.
	preferred *engine.PreferredNetworks
	// offers are what the ends are still to be sent; each is dropped once it is sent. The source's waits until the session is
	// recorded.
	offers [3]*wire.Offer
	// elsewhere tells the source at which provider to ask for its offer; nil once it is sent, and for a session of this installation.
	// remote is the provider's service.
	elsewhere *wire.ProviderSession
	remote    engine.ID
	// sourceKey is the key that the source proved when the session was offered. Its tunnels go on when it renews. It is zero for a session
	// that was resumed.
	sourceKey engine.KeyID
	keys      [3]lentKey // to which the offers are sealed that are still to be sent
	recorded  bool
	steps     steps
	// request and requester are whom a refusal goes to.
	request   uint64
	requester *attachment
	reported  [3]progress
	// current is the decision under the present rules: its limits hold, whatever the mode of the session.
	current *engine.SessionDecision
	drawing *drawing        // of current; nil before the rules were considered again
	limits  []string        // the rules in Broker.limited that the session counts for
	uses    [3]throttle.Use // what the ends make of their leases, by session.Side
	told    [3]time.Time    // when the ends were sent their leases last
	saved   time.Time
	// countedToday is the number of its bytes that the day's totals include already.
	countedToday uint64
	// usedSaved is the number of bytes to the target that the record's sum of what the tenant used includes already.
	usedSaved uint64
	// restoresOnly tells that the target was told that the tenant may only read.
	restoresOnly bool
	resumed      bool // it began before the broker was started
	due          time.Time
	index        int // in Broker.due; -1 where it has no deadline
	// overdue is set once a missed deadline was logged.
	overdue bool
}

// lentKey is a one-time key that was taken from a component for an offer.
type lentKey struct {
	of  *attachment
	key session.OneTimePublic
}

// giveBack puts the key back: the component, which was sent nothing that is sealed to it, keeps its other half and makes no
// new one. Broker.mu is held.
func (k lentKey) giveBack() { k.of.refill([]session.OneTimePublic{k.key}) }

// progress is what one end reported last.
type progress struct {
	known              bool
	final              bool // it came with the end's word that the session is over there
	flows              int
	allFlows           uint64
	toTarget, toSource uint64
	cpu                time.Duration
	waiting            bool // some flow waited for the lease's limit
	receivesWaiting    bool // some flow waited for that of what the end takes from the source
	at                 time.Time
	// busy is the processor time of late, in cores; held is what held up the bytes that the end sent and received, as shares of late.
	busy float64
	held [2]holdUps
	// waits are the totals that it reported.
	waits [2]waits
}

// sideOf says which end of the session a component is.
func (s *live) sideOf(m *member) session.Side {
	if s.ends[session.Source] == m {
		return session.Source
	}
	return session.Target
}

// step passes an event to a session's life and carries out the result. False means that the event does not belong to the session's state. b.mu is
// held.
func (b *Broker) step(s *live, event session.Event) bool {
	life, commands, err := s.life.Step(time.Now(), event)
	if err != nil {
		b.log.Debug("a session's event is ignored", "session", s.shown.ID, "error", err)
		return false
	}
	if before := s.life.State(); life.State() != before {
		b.noteStep(s, life.State())
	}
	s.life = life
	b.carryOut(s, commands)
	return true
}

// carryOut carries out what a step of a session's life asks for. b.mu is held.
func (b *Broker) carryOut(s *live, commands []session.Command) {
	state, key := s.shown.State, s.shown.Key
	s.shown.State, s.shown.Key = s.life.Shown(), s.life.Key()
	if s.life.State() == session.Ended || s.life.State() == session.Closed {
		b.uncount(s)
		s.dropOffers()
		s.shown.Flows = 0
		s.shown.Traffic.RateToTarget, s.shown.Traffic.RateToSource = 0, 0
		s.shown.Streams = nil
	}
	if s.life.Silent() {
		b.free(s)
	}
	if s.shown.Tenant != "" && !s.open() && s.shown.State != state {
		b.cutTunnels(engine.KeyID{}, s.shown.ID) // the gateway keeps what it was answered
	}
	var acknowledge []*member
	closed := false
	for _, command := range commands {
		switch command.Kind {
		case session.Offer:
			if command.End == session.Target || s.recorded {
				b.sendOffer(s, command.End)
			}
		case session.RefuseRequest:
			b.refuseRequest(s.requester, s.request, command.Reason)
		case session.CancelOffer:
			if command.End == session.Source && !s.recorded {
				b.refuseRequest(s.requester, s.request, command.Reason) // its offer was never sent
			}
			b.send(s.ends[command.End], &wire.Down{Message: &wire.Down_OfferCancelled{OfferCancelled: &wire.OfferCancelled{
				Session: wire.IDBytes(s.shown.ID), Reason: b.toTenant(s.ends[command.End], command.Reason, endedByOthers),
			}}})
		case session.CutEnd, session.DrainEnd:
			b.send(s.ends[command.End], &wire.Down{Message: &wire.Down_Cut{Cut: &wire.Cut{
				Session: wire.IDBytes(s.shown.ID), Reason: b.toTenant(s.ends[command.End], command.Reason, endedByOthers), Drain: command.Kind == session.DrainEnd,
			}}})
		case session.Acknowledge:
			acknowledge = append(acknowledge, s.ends[command.End])
		case session.WriteReceipt:
			closed = true
		}
	}
	var then func()
	if len(acknowledge) > 0 {
		id := s.shown.ID
		then = func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, m := range acknowledge {
				b.acknowledge(m, id)
			}
		}
	}
	b.changed()
	switch {
	case closed:
		b.close(s, then)
		return
	case then != nil || state != s.shown.State || key != s.shown.Key:
		b.save(s, then)
	}
	b.schedule(s)
}

// sendOffer sends an end its offer, once. b.mu is held.
func (b *Broker) sendOffer(s *live, end session.Side) {
	if end == session.Source && s.elsewhere != nil {
		b.sendElsewhere(s)
		return
	}
	offer := s.offers[end]
	if offer == nil {
		return
	}
	lease, _ := b.ledger.Present(sender{s.shown.ID, end})
	offer.Lease = wire.NewLease(lease.Number, lease.Limit)
	if t := b.tenants[s.shown.Tenant]; t != nil && end == session.Target {
		s.restoresOnly = t.restoresOnly != ""
		offer.Tenant, offer.RestoresOnly = wire.IDBytes(t.ID), s.restoresOnly
	}
	if end == session.Target && s.guarded() {
		receives, _ := b.ledger.Present(sender{s.shown.ID, session.Source})
		offer.Receives = wire.NewLease(receives.Number, receives.Limit)
	}
	s.told[end] = time.Now()
	if b.send(s.ends[end], &wire.Down{Message: &wire.Down_Offer{Offer: offer}}) {
		s.offers[end], s.keys[end] = nil, lentKey{}
	}
}

// dropOffers drops the offers that were not sent: the source's, if the target refused or was too slow.
func (s *live) dropOffers() {
	s.elsewhere = nil
	for end, offer := range s.offers {
		if offer != nil {
			s.keys[end].giveBack()
			s.offers[end], s.keys[end] = nil, lentKey{}
		}
	}
}

// recordFirst queues a new session for the recorder, beside the target's offer. The source gets its offer after the commit: a session that may carry
// bytes is always in the record, even if the broker dies. b.mu is held.
func (b *Broker) recordFirst(s *live) {
	if f, plain := engine.PlainFinding(&s.shown); plain {
		b.tell(f)
	}
	b.record.Begin(s.shown, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		s.recorded, s.steps.recorded = true, time.Now()
		if s.life.State() == session.Acknowledged {
			b.sendOffer(s, session.Source)
		}
	})
}

// noRecord goes after the reason why the record cannot be written.
const noRecord = ". A session without a record does not begin"

// endUnrecorded ends the sessions whose tools wait for a record that cannot be written.
func (b *Broker) endUnrecorded(reason string) {
	reason += noRecord
	b.mu.Lock()
	defer b.mu.Unlock()
	var unrecorded []*live
	for _, s := range b.sessions {
		if !s.recorded && s.life.State() < session.Ready {
			unrecorded = append(unrecorded, s)
		}
	}
	for _, s := range unrecorded {
		if s.life.State() != session.Acknowledged {
			b.step(s, session.Event{Kind: session.CutWanted, Reason: reason})
			continue
		}
		// The source's offer is still here: no key has to be destroyed there.
		b.refuseRequest(s.requester, s.request, reason)
		b.step(s, session.Event{Kind: session.EndRefused, End: session.Source, Reason: reason})
	}
}

// save queues the present state of a session for the recorder. b.mu is held.
func (b *Broker) save(s *live, then func()) {
	s.saved = time.Now()
	b.saveUsed(s)
	b.record.Moved(b.today)
	b.record.Session(s.shown, then)
}

// close removes an ended session from the live ones and queues its receipt. b.mu is held.
func (b *Broker) close(s *live, then func()) {
	b.forget(s)
	b.countForLostSource(s)
	b.saveUsed(s)
	if s.shown.Provider != "" {
		b.noteNamed(s.shown.ID, time.Now())
		b.wantJoining() // perhaps it was the last one for which the component had to be there
	}
	receipt := receiptOf(&s.shown)
	receipt.State, receipt.Reason, receipt.Ended = s.life.Shown(), s.life.Reason(), s.life.EndedAt()
	switch {
	case receipt.State != engine.SessionEnded:
	case s.untold():
		receipt.Reason += lastNotCounted
	case receipt.AllFlows == 0 && failed(receipt.Reason):
		receipt.State = engine.SessionRefused
	}
	if resets := s.shown.ResetWords(); resets != "" {
		receipt.Reason += "; " + resets
	}
	if receipt.State == engine.SessionRefused {
		b.refused(receipt, true, then)
		return
	}
	b.log.Info("session ended", append(attributes(&receipt), "toTarget", receipt.Traffic.ToTarget, "toSource", receipt.Traffic.ToSource)...)
	b.metrics.SessionsEnded.Add(1)
	b.record.Moved(b.today)
	b.record.Receipt(receipt, true, then)
}

// lastNotCounted goes after the reason of a session that was untold.
const lastNotCounted = "; what it carried last is not counted"

// untold tells whether the broker was started again since the session began, and no end said since what it carried. What the
// record has of that is then behind by up to saveTrafficEvery, and nothing there does not mean that no connection came.
func (s *live) untold() bool {
	return s.resumed && !s.reported[session.Source].known && !s.reported[session.Target].known
}

// attributes are what the log says of a receipt.
func attributes(r *engine.Receipt) []any {
	return []any{"session", r.ID, "route", r.RouteName, "source", r.SourceName, "target", r.TargetName, "mode", r.Decision.Mode.String(), "reason", r.Reason}
}

// failed tells whether a session through which no connection came ended for a reason that kept one out, such as a data port
// that is out of reach: for the tool that is a session that was refused. An agent that was started again has forgotten whether one came.
func failed(reason string) bool {
	switch reason {
	case session.ReasonIdle, session.ReasonNever, session.ReasonUnused, session.ReasonLost, session.ReasonForgot:
		return false
	}
	return true
}

// receiptOf carries over what a receipt has of its session.
func receiptOf(s *engine.Session) engine.Receipt {
	traffic := s.Traffic
	traffic.RateToTarget, traffic.RateToSource = 0, 0
	return engine.Receipt{
		ID: s.ID, Route: s.Route, RouteName: s.RouteName, Source: s.Source, SourceName: s.SourceName, Target: s.Target, TargetName: s.TargetName, Provider: s.Provider,
		ServiceName: s.ServiceName, Backend: s.Backend, Decision: s.Decision, Cipher: s.Cipher, Group: s.Group, Endpoint: s.Endpoint, Interface: s.Interface, FallBack: s.FallBack,
		Began: s.Began, Key: s.Key, Traffic: traffic, AllFlows: s.AllFlows, Test: s.Test, Tenant: s.Tenant, TenantName: s.TenantName,
	}
}

// remember puts a session among the live ones, forget takes it out. b.mu is held.
func (b *Broker) remember(s *live) {
	s.index = -1
	b.sessions[s.shown.ID] = s
	if at, found := slices.BinarySearchFunc(b.ordered, s.shown.ID, byID); !found { // at the end, but for one from before a restart
		b.ordered = slices.Insert(b.ordered, at, s)
	}
	for _, end := range []session.Side{session.Source, session.Target} {
		s.ends[end].sessions[s.shown.ID] = s
	}
	if t := b.tenants[s.shown.Tenant]; t != nil {
		t.live++
	}
}

func (b *Broker) forget(s *live) {
	b.uncount(s)
	if t := b.tenants[s.shown.Tenant]; t != nil {
		t.live--
	}
	delete(b.sessions, s.shown.ID)
	if at, found := slices.BinarySearchFunc(b.ordered, s.shown.ID, byID); found {
		b.ordered = slices.Delete(b.ordered, at, at+1)
	}
	for _, end := range []session.Side{session.Source, session.Target} {
		delete(s.ends[end].sessions, s.shown.ID)
	}
	if s.index >= 0 {
		heap.Remove(&b.due, s.index)
	}
}

// schedule puts a session among the deadlines, by its own. b.mu is held.
func (b *Broker) schedule(s *live) {
	due, any := s.life.Deadline()
	if !due.Equal(s.due) {
		s.due, s.overdue = due, false
	}
	switch {
	case any && s.index >= 0:
		heap.Fix(&b.due, s.index)
	case any:
		heap.Push(&b.due, s)
	case s.index >= 0:
		heap.Remove(&b.due, s.index)
	}
}

// passDeadlines steps each session whose deadline has come, whatever becomes of the others. One whose life does not move on is
// logged once, and is tried again at the next tick. b.mu is held.
func (b *Broker) passDeadlines(now time.Time) {
	var passed []*live // taken out of the heap first, so that one that stays due is not met again
	for len(b.due) > 0 && !now.Before(b.due[0].due) {
		passed = append(passed, heap.Pop(&b.due).(*live))
	}
	for _, s := range passed {
		b.step(s, session.Event{Kind: session.Tick}) // puts it back under its next deadline
		if s.index >= 0 && !now.Before(s.due) && !s.overdue {
			s.overdue = true
			b.log.Error("a session's deadline has passed and nothing came of it; it is tried again each second",
				"session", s.shown.ID, "route", s.shown.RouteName, "state", s.shown.State, "deadline", s.due)
		}
	}
}

// deadlines is a heap of sessions by their deadline.
type deadlines []*live

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].due.Before(d[j].due) }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].index, d[j].index = i, j
}

// Push and Pop are for container/heap.
func (d *deadlines) Push(x any) {
	s := x.(*live)
	s.index = len(*d)
	*d = append(*d, s)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	s := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	s.index = -1
	return s
}

// byID compares a session with an id, which is as old as it is high.
func byID(s *live, id engine.ID) int { return strings.Compare(string(s.shown.ID), string(id)) }

// eventFrom feeds an event that a component sent into one of its sessions. Late news of a session that is over is ignored.
func (b *Broker) eventFrom(a *attachment, id []byte, event session.Event) error {
	sessionID, err := wire.ParseID(id)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := a.member.sessions[sessionID]; s != nil && a.member.attachment == a {
		event.End = s.sideOf(a.member)
		b.step(s, event)
	}
	return nil
}

// acknowledge lets a component forget a session. b.mu is held.
func (b *Broker) acknowledge(m *member, id engine.ID) {
	b.send(m, &wire.Down{Message: &wire.Down_EndedAcknowledged{EndedAcknowledged: &wire.EndedAcknowledged{Session: wire.IDBytes(id)}}})
}
