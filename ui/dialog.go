package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// modal is the one kind of dialog: Esc dismisses it, Enter presses the button that is sensible.
type modal struct {
	popup   *widget.PopUp
	window  fyne.Window
	typed   func(*fyne.KeyEvent) // what the canvas did with keys before
	onEsc   func()
	onEnter func()
	hidden  bool
}

// choice is one button of a dialog.
type choice struct {
	text       string
	importance widget.Importance
	run        func() // called after the dialog is gone; nil does nothing more
	enter      bool   // Enter presses it
}

// showModal shows a dialog with a title, content and buttons. Esc does what dismiss does, which may be nil.
func showModal(window fyne.Window, title string, content fyne.CanvasObject, size fyne.Size, dismiss func(), choices ...choice) *modal {
	m := &modal{window: window}
	heading := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	heading.SizeName = theme.SizeNameSubHeadingText
	heading.Wrapping = fyne.TextWrapWord
	buttons := container.NewHBox(layout.NewSpacer())
	for _, c := range choices {
		press := func() {
			m.hide()
			if c.run != nil {
				c.run()
			}
		}
		button := widget.NewButton(c.text, press)
		button.Importance = c.importance
		buttons.Add(button)
		if c.enter {
			m.onEnter = press
		}
	}
	m.onEsc = func() {
		m.hide()
		if dismiss != nil {
			dismiss()
		}
	}
	body := border(heading, container.NewVBox(widget.NewSeparator(), buttons), nil, nil, content)
	m.popup = widget.NewModalPopUp(container.NewPadded(container.NewPadded(body)), window.Canvas())
	m.popup.Resize(size.Max(m.popup.MinSize()))
	m.typed = window.Canvas().OnTypedKey()
	window.Canvas().SetOnTypedKey(m.key)
	m.popup.Show()
	return m
}

func (m *modal) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		m.onEsc()
	case fyne.KeyReturn, fyne.KeyEnter:
		if m.onEnter != nil {
			m.onEnter()
		}
	default: // help and refresh
		if m.typed != nil {
			m.typed(e)
		}
	}
}

// hide closes it. Once it is closed nothing more happens: another dialog may have the keys.
func (m *modal) hide() {
	if m.hidden {
		return
	}
	m.hidden = true
	m.popup.Hide()
	m.window.Canvas().SetOnTypedKey(m.typed)
}

// showError says what happened, to what, and what to do.
func showError(window fyne.Window, what string, err error) {
	label := widget.NewLabel(err.Error())
	label.Wrapping = fyne.TextWrapWord
	label.Selectable = true
	showModal(window, what, label, fyne.NewSize(480, 160), nil, choice{text: "Close", importance: widget.HighImportance, enter: true})
}

// confirm asks before something that cannot be undone. Esc and Enter both leave things as they are.
func confirm(window fyne.Window, question string, detail fyne.CanvasObject, do string, run func()) {
	showModal(window, question, detail, fyne.NewSize(520, 180), nil,
		choice{text: "Cancel", enter: true},
		choice{text: do, importance: widget.DangerImportance, run: run})
}
