package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/ui/kit"
	"lockwire/ui/model"
)

// NeedMark is the icon and the colour of a kind of need.
func NeedMark(kind model.NeedKind) (fyne.Resource, fyne.ThemeColorName) {
	switch kind {
	case model.NeedRefused:
		return theme.CancelIcon(), kit.ColorRefused
	case model.NeedFailing:
		return theme.ErrorIcon(), kit.ColorRefused
	case model.NeedWarned:
		return theme.WarningIcon(), kit.ColorPlain
	case model.NeedUnsealed:
		return assets.LockOpen, kit.ColorPlain
	}
	return theme.ConfirmIcon(), kit.ColorSealed
}
