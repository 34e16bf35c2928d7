package ui

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// formDialog is a dialog that stays until what it asks for is right: its buttons do not close it by themselves.
type formDialog struct {
	*modal
	heading *widget.Label
	body    *container.Scroll
	footer  *fyne.Container
	closed  func() // called once, however it closes; may be nil
	done    bool
}

// showForm shows an empty one; set fills it.
func showForm(window fyne.Window, title string, size fyne.Size, closed func()) *formDialog {
	d := &formDialog{
		modal:   &modal{window: window},
		heading: widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true}),
		body:    container.NewVScroll(container.NewStack()),
		footer:  container.NewHBox(layout.NewSpacer()),
		closed:  closed,
	}
	d.heading.SizeName = theme.SizeNameSubHeadingText
	d.heading.Truncation = fyne.TextTruncateEllipsis
	d.onEsc = d.close
	all := border(d.heading, container.NewVBox(widget.NewSeparator(), d.footer), nil, nil, d.body)
	d.popup = widget.NewModalPopUp(container.NewPadded(container.NewPadded(all)), window.Canvas())
	most := window.Canvas().Size().SubtractWidthHeight(40, 40)
	if most.Width > 200 && most.Height > 200 {
		size = size.Min(most)
	}
	d.popup.Resize(size)
	d.typed = window.Canvas().OnTypedKey()
	window.Canvas().SetOnTypedKey(d.key)
	d.popup.Show()
	return d
}

// set shows content with its buttons, the last at the right. Enter presses the one of high importance.
func (d *formDialog) set(content fyne.CanvasObject, buttons ...*widget.Button) {
	// The scroll bar must not lie over the fields.
	d.body.Content = container.New(layout.NewCustomPaddedLayout(4, 4, 0, 12), content)
	d.body.ScrollToTop()
	d.body.Refresh()
	d.onEnter = nil
	d.footer.Objects = []fyne.CanvasObject{layout.NewSpacer()}
	for _, button := range buttons {
		d.footer.Add(button)
		if button.Importance == widget.HighImportance {
			d.onEnter = func() {
				if !button.Disabled() {
					button.OnTapped()
				}
			}
		}
	}
	d.footer.Refresh()
}

func (d *formDialog) close() {
	if d.done {
		return
	}
	d.done = true
	d.hide()
	if d.closed != nil {
		d.closed()
	}
}

// enter is for fields: Enter in one of them does what it does outside of them.
func (d *formDialog) enter(string) {
	if d.onEnter != nil {
		d.onEnter()
	}
}

// entry makes a field of text whose Esc and Enter are the dialog's.
func (d *formDialog) entry(text, placeholder string, changed func(string)) *formEntry {
	e := newFormEntry(d.close)
	e.Wrapping = fyne.TextWrapOff
	e.Scroll = fyne.ScrollHorizontalOnly
	e.Text = text
	e.PlaceHolder = placeholder
	e.OnChanged = changed
	e.OnSubmitted = d.enter
	return e
}

// formEntry is a field of text whose Esc closes the dialog around it.
type formEntry struct {
	widget.Entry
	escape func()
}

func newFormEntry(escape func()) *formEntry {
	e := &formEntry{escape: escape}
	e.ExtendBaseWidget(e)
	return e
}

// TypedKey takes Esc.
func (e *formEntry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape {
		e.escape()
		return
	}
	e.Entry.TypedKey(key)
}

// formField is an input with its name at the left, and below it a hint, or what is wrong with it.
type formField struct {
	title *widget.Label
	note  *widget.Label
	hint  string
	right fyne.CanvasObject
}

func newFormField(title string, input fyne.CanvasObject, hint string) *formField {
	f := &formField{title: widget.NewLabel(title), note: widget.NewLabel(""), hint: hint}
	f.note.Wrapping = fyne.TextWrapWord
	f.note.SizeName = theme.SizeNameCaptionText
	f.right = container.NewVBox(input, container.New(layout.NewCustomPaddedLayout(-8, -3, 0, 0), f.note))
	f.setError(nil)
	return f
}

// setError shows what is wrong, or the hint where nothing is. The field's own name need not be said again.
func (f *formField) setError(err error) {
	text, importance := f.hint, widget.LowImportance
	if err != nil {
		text, importance = errorOfField(err).Error(), widget.DangerImportance
	}
	if f.note.Text == text && f.note.Importance == importance {
		return
	}
	f.note.Importance = importance
	f.note.SetText(text)
	if text == "" {
		f.note.Hide()
	} else {
		f.note.Show()
	}
}

// fieldOf is the field that an error is about; empty where it is about none.
func fieldOf(err error) string {
	var field *engine.FieldError
	if errors.As(err, &field) {
		return field.Field
	}
	return ""
}

// errorOfField is what is wrong with the field, without its name.
func errorOfField(err error) error {
	var field *engine.FieldError
	if errors.As(err, &field) && field.Err != nil {
		return field.Err
	}
	return err
}

// problem is what setError shows; empty where nothing is wrong.
func (f *formField) problem() string {
	if f.note.Importance == widget.DangerImportance {
		return f.note.Text
	}
	return ""
}

func (f *formField) show(shown bool) {
	for _, o := range []fyne.CanvasObject{f.title, f.right} {
		if shown {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

// formRows puts fields below each other, their names in one column.
func formRows(fields ...*formField) *fyne.Container {
	rows := container.New(layout.NewFormLayout())
	for _, f := range fields {
		rows.Add(f.title)
		rows.Add(f.right)
	}
	return rows
}

// section is a heading over a part of a page or dialog.
func section(title string) fyne.CanvasObject {
	text := canvas.NewText(title, colorOf(theme.ColorNameForeground))
	text.TextStyle.Bold = true
	text.TextSize = theme.Size(theme.SizeNameSubHeadingText)
	return container.New(layout.NewCustomPaddedLayout(12, 4, 7, 0), text)
}
