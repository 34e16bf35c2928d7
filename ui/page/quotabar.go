package page

import (
	"cmp"

	"fyne.io/fyne/v2"

	"lockwire/ui/chart"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// Quota is what somebody may store, 0 where that is not limited, and what is used of it.
type Quota struct{ Used, Quota uint64 }

// UsedUp tells that nothing more may be stored.
func (q Quota) UsedUp() bool { return q.Quota > 0 && q.Used >= q.Quota }

// share is the part that is used; 0 where there is no quota.
func (q Quota) share() float64 {
	if q.Quota == 0 {
		return 0
	}
	return float64(q.Used) / float64(q.Quota)
}

// nearlyUsed is the share of a quota from which on the broker warns, too.
const nearlyUsed = 0.9

// QuotaColumn shows what is used of the quota of each row as a bar with words.
func QuotaColumn[R any](of func(*R) Quota) grid.Column[*R] {
	return grid.Column[*R]{
		ID: "quota", Title: "Quota used", Width: 222,
		Text: func(r *R) string { return text.QuotaShort(of(r).Used, of(r).Quota) },
		Tip:  func(r *R) string { return text.Quota(of(r).Used, of(r).Quota) },
		Bar: func(r *R) (level chart.Level, ok bool) {
			q := of(r)
			color := kit.ColorLoadFill
			if q.share() >= nearlyUsed {
				color = kit.ColorPlainFill
			}
			level.Parts[0] = chart.Part{Share: float32(min(q.share(), 1)), Color: color}
			return level, q.Quota > 0
		},
		Color: func(r *R) fyne.ThemeColorName {
			switch q := of(r); {
			case q.UsedUp():
				return kit.ColorRefused
			case q.share() >= nearlyUsed:
				return kit.ColorPlain
			}
			return ""
		},
		Compare: func(a, b *R) int {
			return cmp.Or(cmp.Compare(of(a).share(), of(b).share()), cmp.Compare(of(a).Used, of(b).Used))
		},
	}
}
