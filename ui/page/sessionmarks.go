package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/kit"
)

// ModeIcon is the icon of a mode. The mode's word stands beside it.
func ModeIcon(mode engine.Mode) fyne.Resource {
	if mode == engine.Sealed {
		return assets.LockClosed
	}
	return assets.LockOpen
}

// ModeColor is the colour of a mode.
func ModeColor(mode engine.Mode) fyne.ThemeColorName {
	if mode == engine.Sealed {
		return kit.ColorSealed
	}
	return kit.ColorPlain
}

// SessionColor is the colour of a session's state.
func SessionColor(s *engine.Session) fyne.ThemeColorName {
	switch {
	case s.State == engine.SessionRefused:
		return kit.ColorRefused
	case s.Stale || s.TurnedAway > 0:
		return kit.ColorPlain
	case s.State == engine.SessionLive:
		return theme.ColorNameForeground
	}
	return kit.ColorMuted
}

// ReceiptIcon is the icon of a receipt: its mode, or that it was refused.
func ReceiptIcon(r *engine.Receipt) fyne.Resource {
	if r.State == engine.SessionRefused {
		return theme.ErrorIcon()
	}
	return ModeIcon(r.Decision.Mode)
}

// ReceiptColor is the colour of a receipt: its mode, or that it was refused.
func ReceiptColor(r *engine.Receipt) fyne.ThemeColorName {
	if r.State == engine.SessionRefused {
		return kit.ColorRefused
	}
	return ModeColor(r.Decision.Mode)
}
