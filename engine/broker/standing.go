package broker

import (
	"slices"

	"lockwire/engine"
	"lockwire/engine/session"
)

// noticeable is the part of a share by which it must change for watchers to be told: shares move a little each second, and each
// change costs a row of every console.
const noticeable = 32

// showAllotments has the sessions show what their ends may send. b.mu is held.
func (b *Broker) showAllotments() {
	for _, s := range b.sessions {
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
		for i := range caps {
			share := engine.CapShare{Cap: caps[i]}
			for _, of := range standing.Shares {
				if of.Cap == bucketOf(&caps[i]) {
					share.Sessions, share.Share = of.Ends, of.BytesPerSecond
					share.Holds = standing.Held && standing.HeldBy == of.Cap
				}
			}
			a.Caps = append(a.Caps, share)
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
