package kit

import "fyne.io/fyne/v2/widget"

// NewTokenEntry takes the token of an administrator, which it does not show. The button that uses it waits for one.
func NewTokenEntry(attach *widget.Button) *widget.Entry {
	token := widget.NewPasswordEntry()
	token.SetPlaceHolder("the token of an administrator")
	attach.Disable()
	token.OnChanged = func(text string) {
		if text == "" {
			attach.Disable()
		} else {
			attach.Enable()
		}
	}
	return token
}
