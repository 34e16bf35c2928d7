package firststart

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/ui/kit"
)

// Choices are the ways to begin without an installation.
type Choices struct {
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

// New is the window's content where there is no installation yet.
func New(choices Choices) fyne.CanvasObject {
	heading := widget.NewLabelWithStyle("Welcome to Lockwire", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	heading.SizeName = theme.SizeNameHeadingText
	about := kit.Wrapped("Lockwire encrypts backup traffic on its way between two machines, by global traffic rules. There is no installation on this computer yet.")
	try := choiceCard("Try it on this computer",
		"A small estate of seven machines, with real backups that go through real channels on loopback, in a temporary folder. Nothing on this computer is changed; all of it is gone when the window is closed.",
		nil, choiceButton("Try it", widget.HighImportance, choices.Try))
	attach := widget.NewButton("Attach", nil)
	token := kit.NewTokenEntry(attach)
	attach.OnTapped = func() { choices.Attach(token.Text) }
	elsewhere := card("Attach to a broker", container.NewVBox(
		kit.Wrapped("Somebody who administers the broker makes the token with: lockwired administrators token NAME --role change. It names the broker's address, and is good once and for 15 minutes."),
		container.New(layout.NewCustomPaddedLayout(0, 0, theme.InnerPadding(), theme.InnerPadding()), container.NewBorder(nil, nil, nil, attach, token))))
	column := container.NewVBox(heading, about, try, brokerCard(choices), elsewhere)
	icon := widget.NewIcon(assets.Icon)
	all := container.New(kit.FixedWidth(620), container.NewVBox(container.NewHBox(container.NewGridWrap(fyne.NewSize(48, 48), icon)), column))
	return container.NewVScroll(container.NewCenter(all))
}

// brokerCard offers a service where one can be installed, and otherwise says why not.
func brokerCard(choices Choices) fyne.CanvasObject {
	const title = "Make this computer the broker"
	if choices.Service != nil {
		return choiceCard(title,
			"The broker becomes a service of this computer, and this window attaches to it: backups run at night and after a restart. Your system asks for an administrator's password.",
			nil, choiceButton("Install the service", widget.MediumImportance, choices.Service), choiceButton("Only while this window is open", widget.MediumImportance, choices.Broker))
	}
	return choiceCard(title,
		"From here the broker runs only as long as this window is open, and backups over its routes need it then: "+choices.NoService+". "+choices.Lasting,
		kit.CommandLine(choices.Command), choiceButton("Run the broker in this window", widget.MediumImportance, choices.Broker))
}

func choiceButton(do string, importance widget.Importance, run func()) *widget.Button {
	button := widget.NewButton(do, run)
	button.Importance = importance
	return button
}

// choiceCard is one thing that can be done. Detail stands under the text, and may be nil.
func choiceCard(title, text string, detail fyne.CanvasObject, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	rows := container.NewVBox(kit.Wrapped(text))
	if detail != nil {
		rows.Add(detail)
	}
	rows.Add(kit.ButtonRow(buttons...))
	return card(title, rows)
}

// card is a part of the first start: a frame that is seen in every theme, a heading and what belongs to it.
func card(title string, content fyne.CanvasObject) fyne.CanvasObject {
	frame := canvas.NewRectangle(color.Transparent)
	frame.StrokeColor, frame.StrokeWidth, frame.CornerRadius = kit.Color(kit.ColorLine), 1, 6
	return container.NewStack(frame, container.New(layout.NewCustomPaddedLayout(0, 10, 6, 6), container.NewVBox(kit.Section(title), content)))
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
	text := kit.Wrapped(err.Error())
	text.Selectable = true
	return container.NewCenter(container.New(kit.FixedWidth(620), container.NewVBox(heading, text, kit.ButtonRow(widget.NewButton("Try again", again)))))
}
