package broker

import (
	"fmt"
	"time"

	"lockwire/engine"
	"lockwire/engine/wire"
)

const (
	// refusalsWithin is the time within which refusals that are alike share receipts: the first has its own, the others one.
	refusalsWithin = time.Minute
	// maximumRefusals bounds how many kinds of them are remembered.
	maximumRefusals = 4096
)

// refusalKey is what refusals have in common that are alike.
type refusalKey struct {
	route, source engine.ID
	reason        string
}

// refusals are those of one kind within a minute.
type refusals struct {
	since time.Time
	more  int            // since the receipt that was written
	last  engine.Receipt // of those
}

// refuseRequest tells a source that its request came to nothing; a tenant's in words that are meant for it. b.mu is held.
func (b *Broker) refuseRequest(a *attachment, request uint64, reason string) {
	if a != nil {
		b.sendRefusal(a, request, b.toTenant(a.member, reason, tenantMaySee))
	}
}

// sendRefusal tells a source so in these words. b.mu is held.
func (b *Broker) sendRefusal(a *attachment, request uint64, reason string) {
	if a.member.attachment == a {
		b.send(a.member, &wire.Down{Message: &wire.Down_SessionRefused{SessionRefused: &wire.SessionRefused{Request: request, Reason: reason}}})
	}
}

// refused writes the receipt of a session that was refused. A tool that tries again and again fills record and log with one
// receipt and one line a minute, which say how often. Live tells that the session was among the live ones, from which it is then removed;
// then, which only such a session has, is called when that is committed. b.mu is held.
func (b *Broker) refused(receipt engine.Receipt, live bool, then func()) {
	b.metrics.SessionsRefused.Add(1)
	now := time.Now()
	key := refusalKey{receipt.Route, receipt.Source, receipt.Reason}
	kind := b.refusals[key]
	if kind == nil {
		if len(b.refusals) < maximumRefusals {
			b.refusals[key] = &refusals{since: now}
		}
		b.writeRefusal(receipt, live, then)
		return
	}
	kind.more, kind.last = kind.more+1, receipt
	if live {
		b.record.Remove(receipt.ID, then)
	}
}

// writeRepeatedRefusals writes, once their minute is over or at the end for all, one receipt for all refusals of a kind but
// the first. b.mu is held.
func (b *Broker) writeRepeatedRefusals(now time.Time, all bool) {
	for key, kind := range b.refusals {
		if now.Sub(kind.since) < refusalsWithin && !all {
			continue
		}
		if kind.more == 0 {
			delete(b.refusals, key)
			continue
		}
		if kind.more > 1 {
			kind.last.Reason = fmt.Sprintf("%s (%d times within a minute; this is the last of them)", kind.last.Reason, kind.more)
		}
		b.writeRefusal(kind.last, false, nil)
		kind.since, kind.more = now, 0
	}
}

// tell says what somebody is to be alarmed of. It never waits. b.mu may be held.
func (b *Broker) tell(f engine.Finding) {
	if b.config.Tell != nil {
		b.config.Tell(f)
	}
}

func (b *Broker) writeRefusal(receipt engine.Receipt, live bool, then func()) {
	b.log.Warn("session refused", attributes(&receipt)...)
	b.tell(engine.RefusalFinding(&receipt))
	b.record.Receipt(receipt, live, then)
}
