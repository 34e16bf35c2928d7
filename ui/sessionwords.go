package ui

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/engine"
)

// modeIconOf is the sign of a mode. Its word stands beside it.
func modeIconOf(mode engine.Mode) fyne.Resource {
	if mode == engine.Sealed {
		return assets.LockClosed
	}
	return assets.LockOpen
}

func modeColorOf(mode engine.Mode) fyne.ThemeColorName {
	if mode == engine.Sealed {
		return ColorSealed
	}
	return ColorPlain
}

func modeWordOf(s *engine.Session) string {
	if s.Test {
		return s.Decision.Mode.String() + ", test"
	}
	return s.Decision.Mode.String()
}

func stateWordOf(s *engine.Session) string {
	if s.Stale {
		return string(s.State) + ", stale"
	}
	return string(s.State)
}

func stateColorOf(s *engine.Session) fyne.ThemeColorName {
	switch {
	case s.State == engine.SessionRefused:
		return ColorRefused
	case s.Stale:
		return ColorPlain
	case s.State == engine.SessionLive:
		return theme.ColorNameForeground
	}
	return ColorMuted
}

func cipherWords(c engine.Cipher) string {
	if !c.Valid() {
		return ""
	}
	return c.String()
}

// compareBecause orders sessions by what decided them, and then by the rules that did.
func compareBecause(a, b *engine.Session) int {
	if order := cmp.Compare(a.Decision.By, b.Decision.By); order != 0 {
		return order
	}
	return slices.Compare(a.Decision.Rules, b.Decision.Rules)
}

func rateOf(s *engine.Session) uint64 { return s.Traffic.RateToTarget + s.Traffic.RateToSource }

// cpuCost is what a session cost so far in CPU seconds per GB, both ends together; 0 where too little was carried to say, or an
// end cannot tell.
func cpuCost(t engine.Traffic) float64 {
	bytes := t.Bytes()
	if bytes < 1_000_000 || t.SourceCPU == 0 || t.TargetCPU == 0 {
		return 0
	}
	return (t.SourceCPU + t.TargetCPU).Seconds() * 1e9 / float64(bytes)
}

func cpuWords(t engine.Traffic) string {
	if cost := cpuCost(t); cost > 0 {
		return fmt.Sprintf("%.2f", cost)
	}
	return "–"
}

// shortAge writes how long ago a time was in the width of a column.
func shortAge(t, now time.Time) string {
	switch age := max(now.Sub(t), 0); {
	case t.IsZero():
		return ""
	case age < time.Minute:
		return fmt.Sprintf("%d s", int(age.Seconds()))
	case age < time.Hour:
		return fmt.Sprintf("%d min", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%.1f h", age.Hours())
	default:
		return fmt.Sprintf("%.1f d", age.Hours()/24)
	}
}

// zonedWords writes a time with its zone.
func zonedWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05.000 MST (-07:00)")
}

func receiptWord(r *engine.Receipt) string {
	if r.State == engine.SessionRefused {
		return "refused"
	}
	if r.Test {
		return r.Decision.Mode.String() + ", test"
	}
	return r.Decision.Mode.String()
}

func receiptIcon(r *engine.Receipt) fyne.Resource {
	if r.State == engine.SessionRefused {
		return theme.ErrorIcon()
	}
	return modeIconOf(r.Decision.Mode)
}

func receiptColor(r *engine.Receipt) fyne.ThemeColorName {
	if r.State == engine.SessionRefused {
		return ColorRefused
	}
	return modeColorOf(r.Decision.Mode)
}
