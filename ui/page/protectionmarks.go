package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/kit"
)

// ProtectionColor is the colour of how a link is carried.
func ProtectionColor(state engine.ProtectionState) fyne.ThemeColorName {
	switch state {
	case engine.ProtectionSealed:
		return kit.ColorSealed
	case engine.ProtectionPlain:
		return kit.ColorPlain
	case engine.ProtectionRefused:
		return kit.ColorRefused
	}
	return kit.ColorMuted
}

// ProtectionIcon is its icon; nil where it is not known yet.
func ProtectionIcon(state engine.ProtectionState) fyne.Resource {
	switch state {
	case engine.ProtectionSealed:
		return assets.LockClosed
	case engine.ProtectionPlain:
		return assets.LockOpen
	case engine.ProtectionRefused:
		return theme.ErrorIcon()
	}
	return nil
}
