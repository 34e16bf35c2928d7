package record

import (
	"cmp"
	"slices"

	"lockwire/engine"
)

// CapUse is how much of a limit its sessions use now.
type CapUse struct {
	engine.Cap
	Sessions int    `json:"sessions"`       // that draw on it
	Rate     uint64 `json:"bytesPerSecond"` // of these together
	// HeldBack is how many of them it keeps from more.
	HeldBack int `json:"heldBack"`
}

// CapUses adds up what live sessions draw on each limit, sorted by rule, backups before restores.
func CapUses(sessions []engine.Session) []CapUse {
	uses := map[engine.CapID]*CapUse{}
	for i := range sessions {
		s := &sessions[i]
		for _, allotment := range s.Allotments {
			rate := s.Traffic.RateToTarget
			if allotment.From == engine.TargetEnd {
				rate = s.Traffic.RateToSource
			}
			for _, share := range allotment.Caps {
				k := share.ID()
				use := uses[k]
				if use == nil {
					use = &CapUse{Cap: share.Cap}
					uses[k] = use
				}
				use.Sessions++
				use.Rate += rate
				if share.Holds && s.HeldBack == engine.HeldByLimit {
					use.HeldBack++
				}
			}
		}
	}
	list := make([]CapUse, 0, len(uses))
	for _, use := range uses {
		list = append(list, *use)
	}
	slices.SortFunc(list, func(a, b CapUse) int {
		restores := func(u *CapUse) int {
			if u.Restores {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Component, b.Component), restores(&a)-restores(&b))
	})
	return list
}
