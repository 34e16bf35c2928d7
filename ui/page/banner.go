package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/kit"
)

// Banner stands above every page for as long as the window is open, and says what this broker is. It can be folded into a line, and stays so.
type Banner struct {
	// Short is what it says folded.
	Short, Text string
	// Command is what changes it, typed in a terminal; empty where nothing has to.
	Command string
	// Warns marks what backups depend on; otherwise the banner only informs.
	Warns bool
}

// Content is the banner as it stands above the pages. Whether it is folded is kept in the console's preferences.
// Changed is called when it has another height.
func (b *Banner) Content(c *Console, changed func()) fyne.CanvasObject {
	icon, color := theme.InfoIcon(), theme.ColorNamePrimary
	if b.Warns {
		icon, color = theme.WarningIcon(), kit.ColorPlain
	}
	full := kit.NewNotice(icon, color, b.Text)
	if b.Command != "" {
		full.Below = kit.CommandLine(b.Command)
	}
	preference := "banner.folded." + b.Short
	fold, show := widget.NewButton("Fold", nil), widget.NewButton("More", nil)
	fold.Importance, show.Importance = widget.LowImportance, widget.LowImportance
	full.Beside = container.NewVBox(fold)
	line := kit.NewNotice(icon, color, b.Short)
	line.Beside = show
	set := func(folded bool) {
		kit.Present(full, !folded)
		kit.Present(line, folded)
	}
	change := func(folded bool, next *widget.Button) {
		c.Preferences.SetBool(preference, folded)
		set(folded)
		changed()
		c.Window.Canvas().Focus(next)
	}
	fold.OnTapped = func() { change(true, show) }
	show.OnTapped = func() { change(false, fold) }
	set(c.Preferences.Bool(preference))
	return container.NewVBox(full, line)
}
