package kit

import "fyne.io/fyne/v2/widget"

// NewTokenEntry is a password field for an administrator's token. It enables the button once the field has text.
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
