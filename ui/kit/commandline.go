package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// CommandLine is a command to be typed elsewhere, with a button that copies it.
func CommandLine(command string) fyne.CanvasObject {
	label := Monospaced(command)
	label.Wrapping = fyne.TextWrapWord // between its words it may be broken, and is still read
	button := copyButton(func() string { return command })
	// The button begins where text above it begins, and stays beside the first line where the window is narrow.
	return container.NewBorder(nil, nil, container.NewVBox(ButtonRow(button)), nil, label)
}
