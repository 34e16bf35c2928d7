package kit

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// FormEntry is a field of text whose Esc closes the dialog around it.
type FormEntry struct {
	widget.Entry
	Escape func()
	field  string // the name of the field that it is in
}

// AccessibilityLabel is the name of its field with what it says, but for secrets.
func (e *FormEntry) AccessibilityLabel() string {
	name := cmp.Or(e.field, e.PlaceHolder, "Text")
	if e.Password || e.Text == "" {
		return name
	}
	return name + ": " + e.Text
}

// AccessibilityRole says that it is text.
func (e *FormEntry) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (e *FormEntry) entry() *FormEntry { return e }

// nameEntries tells the entries of an input the name of their field.
func nameEntries(input fyne.CanvasObject, name string) {
	switch input := input.(type) {
	case interface{ entry() *FormEntry }:
		input.entry().field = name
	case *fyne.Container:
		for _, o := range input.Objects {
			nameEntries(o, name)
		}
	}
}

// NewFormEntry makes an entry; escape is called for Esc.
func NewFormEntry(escape func()) *FormEntry {
	e := &FormEntry{Escape: escape}
	e.ExtendBaseWidget(e)
	return e
}

// TypedKey takes Esc.
func (e *FormEntry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		e.Escape()
		return
	}
	e.Entry.TypedKey(key)
}
