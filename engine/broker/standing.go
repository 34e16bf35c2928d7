package broker

import (
	"slices"

	"lockwire/engine"
	"lockwire/engine/session"
)

// noticeable is the part of a share by which it must change for watchers to be told: shares move a little each second, and each
// change costs a row of every console.
const noticeable = 32

const (
	// shownAtOnce bounds how many limits of sessions are looked at under the lock in one go, and shownEachSecond how often that is done
	// in a second: with more of them sessions take turns.
	shownAtOnce     = 10_000
	shownEachSecond = 10
)

// showSome has sessions show what their ends may send, and lets others have the lock between.
func (b *Broker) showSome() {
	seen := 0
	for range shownEachSecond {
		b.mu.Lock()
		seen += b.showAllotments()
		all := seen >= len(b.ordered)
		b.mu.Unlock()
		if all {
			return
		}
	}
}

// showAllotments has the sessions whose turn it is show what their ends may send, and gives how many these are. b.mu is held.
func (b *Broker) showAllotments() (sessions int) {
	looked := 0
	for range b.ordered {
		if looked >= shownAtOnce {
			break
		}
		sessions++
		b.shownUpTo++
		if b.shownUpTo >= len(b.ordered) {
			b.shownUpTo = 0
		}
		s := b.ordered[b.shownUpTo]
		looked += len(s.current.CapsToTarget) + len(s.current.CapsToSource)
		if !s.limited() && s.shown.Allotments == nil {
			continue
		}
		var allotments []engine.Allotment
		if s.open() {
			allotments = b.allotmentsOf(s)
		}
		if !slices.EqualFunc(s.shown.Allotments, allotments, sameAllotment) {
			s.shown.Allotments = allotments
			b.changed()
		}
	}
	return sessions
}

func (b *Broker) allotmentsOf(s *live) (allotments []engine.Allotment) {
	for _, side := range bothSides {
		caps := capsOn(s.current, side)
		standing, known := b.ledger.Standing(sender{s.shown.ID, side})
		if len(caps) == 0 || !known {
			continue
		}
		a := engine.Allotment{From: engine.SourceEnd, BytesPerSecond: standing.Limit, Confirmed: standing.Confirmed, OutOfReach: standing.OutOfReach}
		if side == session.Target {
			a.From = engine.TargetEnd
		}
		a.Caps = make([]engine.CapShare, len(caps))
		shares := standing.Shares // in the order of the caps, where one may be missing
		for i := range caps {
			share := &a.Caps[i]
			share.Cap = caps[i]
			if len(shares) > 0 && shares[0].Cap == caps[i].ID() {
				share.Sessions, share.Share = shares[0].Ends, shares[0].BytesPerSecond
				share.Holds = standing.Held && standing.HeldBy == shares[0].Cap
				shares = shares[1:]
			}
		}
		allotments = append(allotments, a)
	}
	return allotments
}

// sameAllotment tells whether nobody would notice a difference.
func sameAllotment(a, b engine.Allotment) bool {
	near := func(a, b uint64) bool { return max(a, b)-min(a, b) <= max(a, b)/noticeable }
	return a.From == b.From && a.Confirmed == b.Confirmed && a.OutOfReach == b.OutOfReach && near(a.BytesPerSecond, b.BytesPerSecond) &&
		slices.EqualFunc(a.Caps, b.Caps, func(a, b engine.CapShare) bool {
			sameThen := a.Then == b.Then || a.Then != nil && b.Then != nil && *a.Then == *b.Then
			return a.Rule == b.Rule && a.Component == b.Component && a.Restores == b.Restores && a.Value == b.Value && a.Unit == b.Unit && a.Until.Equal(b.Until) && sameThen &&
				a.Sessions == b.Sessions && a.Holds == b.Holds && near(a.Share, b.Share)
		})
}
