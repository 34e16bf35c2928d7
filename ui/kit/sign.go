package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Tick is the sign of what holds or is done, or a dash for what does not or is not. It is not green: green means sealed.
func Tick(done bool) fyne.Resource {
	if done {
		return theme.NewColoredResource(theme.ConfirmIcon(), theme.ColorNamePrimary)
	}
	return theme.NewColoredResource(theme.ContentRemoveIcon(), ColorMuted)
}
