package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Modal is the only kind of dialog: Esc dismisses it, Enter presses its default button.
type Modal struct {
	popup   *widget.PopUp
	window  fyne.Window
	typed   func(*fyne.KeyEvent) // the canvas's handler of keys before this dialog
	OnEsc   func()
	OnEnter func()
	hidden  bool
}

// Choice is one button of a dialog.
type Choice struct {
	Text       string
	Importance widget.Importance
	Run        func() // called after the dialog is gone; nil does nothing more
	Enter      bool   // Enter presses it
}

// ShowModal shows a dialog with a title, content and buttons. Esc closes it and calls dismiss, which may be nil.
func ShowModal(window fyne.Window, title string, content fyne.CanvasObject, size fyne.Size, dismiss func(), choices ...Choice) *Modal {
	m := &Modal{window: window}
	heading := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	heading.SizeName = theme.SizeNameSubHeadingText
	heading.Wrapping = fyne.TextWrapWord
	buttons := container.NewHBox(layout.NewSpacer())
	for _, c := range choices {
		press := func() {
			m.Hide()
			if c.Run != nil {
				c.Run()
			}
		}
		button := widget.NewButton(c.Text, press)
		button.Importance = c.Importance
		buttons.Add(button)
		if c.Enter {
			m.OnEnter = press
		}
	}
	m.OnEsc = func() {
		m.Hide()
		if dismiss != nil {
			dismiss()
		}
	}
	body := Border(heading, container.NewVBox(widget.NewSeparator(), buttons), nil, nil, content)
	m.popup = widget.NewModalPopUp(WithTips(container.NewPadded(container.NewPadded(body))), window.Canvas())
	m.popup.Resize(size.Max(m.popup.MinSize()))
	m.typed = window.Canvas().OnTypedKey()
	window.Canvas().SetOnTypedKey(m.key)
	m.popup.Show()
	return m
}

func (m *Modal) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		m.OnEsc()
	case fyne.KeyReturn, fyne.KeyEnter:
		if m.OnEnter != nil {
			m.OnEnter()
		}
	default: // help and refresh
		if m.typed != nil {
			m.typed(e)
		}
	}
}

// Hide closes the dialog. A second call does nothing: another dialog may own the keys by then.
func (m *Modal) Hide() {
	if m.hidden {
		return
	}
	m.hidden = true
	m.popup.Hide()
	m.window.Canvas().SetOnTypedKey(m.typed)
}

// ShowError says what happened, to what, and what to do.
func ShowError(window fyne.Window, what string, err error) {
	label := widget.NewLabel(err.Error())
	label.Wrapping = fyne.TextWrapWord
	label.Selectable = true
	ShowModal(window, what, label, fyne.NewSize(480, 160), nil, Choice{Text: "Close", Importance: widget.HighImportance, Enter: true})
}

// Confirm asks before something that cannot be undone. Esc and Enter both leave things as they are.
func Confirm(window fyne.Window, question string, detail fyne.CanvasObject, do string, run func()) {
	ShowModal(window, question, detail, fyne.NewSize(520, 180), nil,
		Choice{Text: "Cancel", Enter: true},
		Choice{Text: do, Importance: widget.DangerImportance, Run: run})
}

// ConfirmLeaving asks before what was typed is lost. Esc and Enter both go back to it.
func ConfirmLeaving(window fyne.Window, question string, detail fyne.CanvasObject, discard string, run func()) {
	ShowModal(window, question, detail, fyne.NewSize(520, 180), nil,
		Choice{Text: "Keep editing", Enter: true},
		Choice{Text: discard, Importance: widget.DangerImportance, Run: run})
}
