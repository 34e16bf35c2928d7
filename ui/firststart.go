package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
)

// FirstStartChoices are what somebody who has no installation yet can do.
type FirstStartChoices struct {
	Try    func()
	Broker func()
	// Attach enrols with a token at a broker elsewhere.
	Attach func(token string)
}

// FirstStart is the window's content where there is no installation yet.
func FirstStart(choices FirstStartChoices) fyne.CanvasObject {
	heading := widget.NewLabelWithStyle("Welcome to Lockwire", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	heading.SizeName = theme.SizeNameHeadingText
	about := wrapped("Lockwire encrypts backup traffic on its way between two machines, by global traffic rules. There is no installation on this computer yet.")
	try := choiceCard("Try it on this computer",
		"Two components, a backend and real files moved through real channels on loopback, in a temporary folder. Nothing on this computer is changed; all of it is gone when the window is closed.",
		"Try it", widget.HighImportance, choices.Try)
	broker := choiceCard("Make this computer the broker",
		"The broker runs as long as this window is open, and backups over its routes need it then. For a broker that also runs at night and after a restart, close this window and run: sudo lockwired service install. The console attaches to it by itself.",
		"Run the broker here", widget.MediumImportance, choices.Broker)
	token := widget.NewPasswordEntry()
	token.SetPlaceHolder("the token of an administrator")
	attach := widget.NewButton("Attach", func() { choices.Attach(token.Text) })
	attach.Disable()
	token.OnChanged = func(text string) {
		if text == "" {
			attach.Disable()
		} else {
			attach.Enable()
		}
	}
	elsewhere := widget.NewCard("Attach to a broker", "", container.NewVBox(
		wrapped("Somebody who administers the broker makes the token with: lockwired administrators token NAME. It names the broker's address, and is good once and for 15 minutes."),
		container.NewBorder(nil, nil, nil, attach, token)))
	column := container.NewVBox(heading, about, try, broker, elsewhere)
	icon := widget.NewIcon(assets.Icon)
	return container.NewCenter(container.New(fixedWidth(620), container.NewVBox(container.NewHBox(container.NewGridWrap(fyne.NewSize(48, 48), icon)), column)))
}

func choiceCard(title, text, do string, importance widget.Importance, run func()) fyne.CanvasObject {
	button := widget.NewButton(do, run)
	button.Importance = importance
	return widget.NewCard(title, "", container.NewVBox(wrapped(text), container.NewHBox(button, layout.NewSpacer())))
}

func wrapped(text string) *widget.Label {
	label := widget.NewLabel(text)
	label.Wrapping = fyne.TextWrapWord
	return label
}

// fixedWidth lays its only object out at a width, as high as it needs.
type fixedWidth float32

// Layout gives the object the width.
func (w fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, object := range objects {
		object.Resize(fyne.NewSize(float32(w), size.Height))
	}
}

// MinSize is as high as the object is at that width.
func (w fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	height := float32(0)
	for _, object := range objects {
		object.Resize(fyne.NewSize(float32(w), object.Size().Height)) // wrapped text knows its height once it knows its width
		height = max(height, object.MinSize().Height)
	}
	return fyne.NewSize(float32(w), height)
}

// Waiting is the window's content while something starts.
func Waiting(text string) fyne.CanvasObject {
	label := widget.NewLabelWithStyle(text, fyne.TextAlignCenter, fyne.TextStyle{})
	return container.NewCenter(label)
}

// Failed is the window's content where something could not start.
func Failed(what string, err error, again func()) fyne.CanvasObject {
	heading := widget.NewLabelWithStyle(what, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	heading.SizeName = theme.SizeNameSubHeadingText
	text := wrapped(err.Error())
	text.Selectable = true
	return container.NewCenter(container.New(fixedWidth(620), container.NewVBox(heading, text, container.NewHBox(widget.NewButton("Try again", again), layout.NewSpacer()))))
}

// AskClose asks before a window is closed in which the broker runs. Routes is how many are turned on, negative where
// that is not known; quit is called where it may.
func AskClose(window fyne.Window, routes int, quit func()) {
	confirm(window, "Stop the broker?", wrapped(closeText(routes)), "Stop the broker and close", quit)
}

// closeText says what the end of the broker means for the backups.
func closeText(routes int) string {
	which := counted(routes, "route", "routes")
	if routes < 0 {
		which = "its routes"
	}
	refused := "Backups over " + which + " will be refused until it runs again; sessions that are open go on."
	if routes == 0 {
		refused = "No route is turned on, so that no backup is refused yet."
	}
	return "The broker runs in this window and ends with it. " + refused + "\n\n" +
		"To keep it running at night and after a restart, run: sudo lockwired service install"
}
