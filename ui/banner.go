package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Banner stands above every page for as long as the window is open, and says what this broker is.
type Banner struct {
	Text string
	// Command is what changes it, typed in a terminal; empty where nothing has to.
	Command string
	// Warns tells that backups depend on it; otherwise it only informs.
	Warns bool
}

// notice draws it.
func (b *Banner) notice() *notice {
	icon, color := theme.InfoIcon(), theme.ColorNamePrimary
	if b.Warns {
		icon, color = theme.WarningIcon(), ColorPlain
	}
	n := newNotice(icon, color, b.Text)
	if b.Command != "" {
		n.below = commandLine(b.Command)
	}
	return n
}

// commandLine is a command to be typed elsewhere, with a button that copies it.
func commandLine(command string) fyne.CanvasObject {
	label := monospaced(command)
	label.Wrapping = fyne.TextWrapWord // between its words it may be broken, and is still read
	button := copyButton("Copy", func() string { return command })
	// The button stays beside the first line where the window is narrow.
	return container.NewBorder(nil, nil, container.NewVBox(button), nil, label)
}
