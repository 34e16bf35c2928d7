package page

import (
	"fyne.io/fyne/v2/theme"

	"lockwire/ui/kit"
)

// Banner stands above every page for as long as the window is open, and says what this broker is.
type Banner struct {
	Text string
	// Command is what changes it, typed in a terminal; empty where nothing has to.
	Command string
	// Warns marks what backups depend on; otherwise the banner only informs.
	Warns bool
}

// Notice is the banner as a widget.
func (b *Banner) Notice() *kit.Notice {
	icon, color := theme.InfoIcon(), theme.ColorNamePrimary
	if b.Warns {
		icon, color = theme.WarningIcon(), kit.ColorPlain
	}
	n := kit.NewNotice(icon, color, b.Text)
	if b.Command != "" {
		n.Below = kit.CommandLine(b.Command)
	}
	return n
}
