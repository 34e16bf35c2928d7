package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/engine"
	"lockwire/ui/kit"
)

// ComponentStateIcon is the icon of a state's colour, for users who do not see the colour.
func ComponentStateIcon(color fyne.ThemeColorName) fyne.Resource {
	switch color {
	case kit.ColorSealed:
		return theme.ConfirmIcon()
	case kit.ColorPlain:
		return theme.WarningIcon()
	case kit.ColorRefused:
		return theme.CancelIcon()
	}
	return theme.MediaStopIcon()
}

// ComponentState is the word for a component's state, and its colour.
func ComponentState(c *engine.ComponentStatus) (string, fyne.ThemeColorName) {
	switch {
	case !c.Revoked.IsZero():
		return "revoked", kit.ColorRefused
	case c.Online && c.Draining() != nil:
		return c.DrainState(), kit.ColorPlain
	case c.Draining() != nil:
		return "offline, " + c.DrainState(), kit.ColorMuted
	case c.Online && c.Problem != "":
		return "online, problem", kit.ColorPlain
	case c.Online:
		return "online", kit.ColorSealed
	}
	return "offline", kit.ColorMuted
}
