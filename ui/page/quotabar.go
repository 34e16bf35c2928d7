package page

import (
	"cmp"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// QuotaColumn shows what is used of the quota of each row as a bar with words.
func QuotaColumn[R any](of func(*R) engine.QuotaUse) grid.Column[*R] {
	return grid.Column[*R]{
		ID: "quota", Title: "Quota used", Width: 222,
		Text: func(r *R) string { return text.QuotaShort(of(r).Used, of(r).Quota) },
		Tip:  func(r *R) string { return text.Quota(of(r).Used, of(r).Quota) },
		Bar: func(r *R) (level chart.Level, ok bool) {
			q := of(r)
			color := kit.ColorLoadFill
			if q.NearlyUsedUp() {
				color = kit.ColorPlainFill
			}
			level.Parts[0] = chart.Part{Share: float32(min(q.Share(), 1)), Color: color}
			return level, q.Quota > 0
		},
		Color: func(r *R) fyne.ThemeColorName {
			switch q := of(r); {
			case q.UsedUp():
				return kit.ColorRefused
			case q.NearlyUsedUp():
				return kit.ColorPlain
			}
			return ""
		},
		Compare: func(a, b *R) int {
			return cmp.Or(cmp.Compare(of(a).Share(), of(b).Share()), cmp.Compare(of(a).Used, of(b).Used))
		},
	}
}
