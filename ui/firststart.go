package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
)

// FirstStartChoices are what somebody who has no installation yet can do.
type FirstStartChoices struct {
	Try func()
	// Service makes the broker a service of this computer; nil where that cannot be done from here, for the reason in NoService.
	Service   func()
	NoService string
	// Lasting says what the Command is for, which has the broker run without the window.
	Lasting, Command string
	// Broker runs the broker as long as the window is open.
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
		nil, choiceButton("Try it", widget.HighImportance, choices.Try))
	attach := widget.NewButton("Attach", nil)
	token := newTokenEntry(attach)
	attach.OnTapped = func() { choices.Attach(token.Text) }
	elsewhere := card("Attach to a broker", container.NewVBox(
		wrapped("Somebody who administers the broker makes the token with: lockwired administrators token NAME --role change. It names the broker's address, and is good once and for 15 minutes."),
		container.New(layout.NewCustomPaddedLayout(0, 0, theme.InnerPadding(), theme.InnerPadding()), container.NewBorder(nil, nil, nil, attach, token))))
	column := container.NewVBox(heading, about, try, brokerCard(choices), elsewhere)
	icon := widget.NewIcon(assets.Icon)
	all := container.New(fixedWidth(620), container.NewVBox(container.NewHBox(container.NewGridWrap(fyne.NewSize(48, 48), icon)), column))
	return container.NewVScroll(container.NewCenter(all))
}

// brokerCard offers a service where one can be installed, and otherwise says why not.
func brokerCard(choices FirstStartChoices) fyne.CanvasObject {
	const title = "Make this computer the broker"
	if choices.Service != nil {
		return choiceCard(title,
			"The broker becomes a service of this computer, and this window attaches to it: backups run at night and after a restart. Your system asks for an administrator's password.",
			nil, choiceButton("Install the service", widget.MediumImportance, choices.Service), choiceButton("Only while this window is open", widget.MediumImportance, choices.Broker))
	}
	return choiceCard(title,
		"From here the broker runs only as long as this window is open, and backups over its routes need it then: "+choices.NoService+". "+choices.Lasting,
		commandLine(choices.Command), choiceButton("Run the broker in this window", widget.MediumImportance, choices.Broker))
}

func choiceButton(do string, importance widget.Importance, run func()) *widget.Button {
	button := widget.NewButton(do, run)
	button.Importance = importance
	return button
}

// choiceCard is one thing that can be done. Detail stands under the text, and may be nil.
func choiceCard(title, text string, detail fyne.CanvasObject, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	rows := container.NewVBox(wrapped(text))
	if detail != nil {
		rows.Add(detail)
	}
	rows.Add(belowText(buttons...))
	return card(title, rows)
}

// card is a part of the first start: a frame that is seen in every theme, a heading and what belongs to it.
func card(title string, content fyne.CanvasObject) fyne.CanvasObject {
	frame := canvas.NewRectangle(color.Transparent)
	frame.StrokeColor, frame.StrokeWidth, frame.CornerRadius = colorOf(ColorLine), 1, 6
	return container.NewStack(frame, container.New(layout.NewCustomPaddedLayout(0, 10, 6, 6), container.NewVBox(section(title), content)))
}

// belowText puts buttons in a row, in line with the text of the label above them.
func belowText(buttons ...fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, theme.InnerPadding(), theme.InnerPadding()), container.NewHBox(buttons...))
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
	return container.NewCenter(container.New(fixedWidth(620), container.NewVBox(heading, text, belowText(widget.NewButton("Try again", again)))))
}

// AskClose asks before a window is closed in which the broker runs. Routes is how many are turned on, negative where that is
// not known. Keep has it run on in the desktop's tray, and is nil where there is none; stop ends it with the window. Closed is
// called when the question goes, before what was chosen.
func AskClose(window fyne.Window, routes int, keep, stop, closed func()) {
	choices := []choice{{text: "Cancel", enter: true, run: closed}}
	if keep != nil {
		choices = append(choices, choice{text: "Keep running in the tray", run: func() { closed(); keep() }})
	}
	choices = append(choices, choice{text: "Stop the broker and close", importance: widget.DangerImportance, run: func() { closed(); stop() }})
	showModal(window, "Stop the broker?", wrapped(closeText(routes)), fyne.NewSize(560, 180), closed, choices...)
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
		"The banner above the pages says how it runs at night and after a restart."
}
