package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
)

// needMark is the icon and the colour of a kind of need.
func needMark(kind needKind) (fyne.Resource, fyne.ThemeColorName) {
	switch kind {
	case needRefused:
		return theme.CancelIcon(), ColorRefused
	case needFailing:
		return theme.ErrorIcon(), ColorRefused
	case needWarned:
		return theme.WarningIcon(), ColorPlain
	case needUnsealed:
		return assets.LockOpen, ColorPlain
	}
	return theme.ConfirmIcon(), ColorSealed
}
