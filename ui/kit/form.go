package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/text"
)

// FormDialog is a dialog that stays open until its input is valid: its buttons do not close it.
type FormDialog struct {
	*Modal
	Heading *widget.Label
	Body    *container.Scroll
	footer  *fyne.Container
	whole   *widget.Label // the error that is too long for the room below its field
	fields  []*FormField  // of what Set shows
	laid    []*FormField  // for the next Set
	closed  func()        // called once, however it closes; may be nil
	size    fyne.Size
	Done    bool
}

// ShowForm shows an empty dialog; Set fills it.
func ShowForm(window fyne.Window, title string, size fyne.Size, closed func()) *FormDialog {
	d := &FormDialog{
		Modal:   &Modal{window: window},
		Heading: widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true}),
		Body:    container.NewVScroll(container.NewStack()),
		footer:  container.NewHBox(layout.NewSpacer()),
		whole:   Wrapped(""),
		closed:  closed,
	}
	d.whole.SizeName = theme.SizeNameCaptionText
	d.whole.Importance = widget.DangerImportance
	d.whole.Hide()
	d.Heading.SizeName = theme.SizeNameSubHeadingText
	d.Heading.Truncation = fyne.TextTruncateEllipsis
	d.OnEsc = d.Close
	all := Border(d.Heading, container.NewVBox(d.whole, widget.NewSeparator(), d.footer), nil, nil, d.Body)
	d.popup = widget.NewModalPopUp(WithTips(container.NewPadded(container.NewPadded(all))), window.Canvas())
	most := window.Canvas().Size().SubtractWidthHeight(40, 40)
	if most.Width > 200 && most.Height > 200 {
		size = size.Min(most)
	}
	d.size = size
	d.popup.Resize(size)
	d.typed = window.Canvas().OnTypedKey()
	window.Canvas().SetOnTypedKey(d.key)
	d.popup.Show()
	return d
}

// Set shows content above buttons. Enter presses the button of high importance.
func (d *FormDialog) Set(content fyne.CanvasObject, buttons ...*widget.Button) {
	// The scroll bar must not lie over the fields.
	d.Body.Content = container.New(layout.NewCustomPaddedLayout(4, 4, 0, 12), content)
	d.Body.ScrollToTop()
	d.Body.Refresh()
	d.fields, d.laid = d.laid, nil
	d.showWhole()
	d.OnEnter = nil
	d.footer.Objects = []fyne.CanvasObject{layout.NewSpacer()}
	for _, button := range buttons {
		d.footer.Add(button)
		if button.Importance == widget.HighImportance {
			d.OnEnter = func() {
				if !button.Disabled() {
					button.OnTapped()
				}
			}
		}
	}
	d.footer.Refresh()
}

// Grow makes the dialog as high as its content needs, and no higher than the window.
func (d *FormDialog) Grow() {
	for range 2 { // wrapped text knows its height once it was laid out at its width
		missing := d.Body.Content.MinSize().Height - d.Body.Size().Height
		height := min(d.size.Height+missing, d.window.Canvas().Size().Height-40)
		if height <= d.size.Height {
			return
		}
		d.size.Height = height
		d.popup.Resize(d.size)
	}
}

// Rows puts fields below each other, as FormRows does. No error moves what is below its field: one that is longer than its room is
// cut there and stands whole above the buttons.
func (d *FormDialog) Rows(fields ...*FormField) *fyne.Container {
	d.laid = append(d.laid, fields...)
	for _, f := range fields {
		if f.note != nil {
			f.note.cutChanged = d.showWhole
		}
	}
	return FormRows(fields...)
}

// Fit lays the content out anew, after a part of it became higher or lower.
func (d *FormDialog) Fit() {
	if d.Body.Content != nil {
		d.Body.Content.Refresh()
		d.Body.Refresh()
	}
}

// showWhole shows the first error that is cut.
func (d *FormDialog) showWhole() {
	for _, f := range d.fields {
		if f.note != nil && f.note.cut && f.right.Visible() {
			SetLabel(d.whole, f.Name()+": "+f.problem)
			d.whole.Show()
			return
		}
	}
	d.whole.Hide()
}

// Close closes the dialog and calls the function that ShowForm got for that.
func (d *FormDialog) Close() {
	if d.Done {
		return
	}
	d.Done = true
	d.Hide()
	if d.closed != nil {
		d.closed()
	}
}

// enter does in a field what Enter does outside the fields.
func (d *FormDialog) enter(string) {
	if d.OnEnter != nil {
		d.OnEnter()
	}
}

// Entry makes a text field that passes Esc and Enter to the dialog.
func (d *FormDialog) Entry(text, placeholder string, changed func(string)) *FormEntry {
	e := NewFormEntry(d.Close)
	e.Wrapping = fyne.TextWrapOff
	e.Scroll = fyne.ScrollHorizontalOnly
	e.Text = text
	e.PlaceHolder = placeholder
	e.OnChanged = changed
	e.OnSubmitted = d.enter
	return e
}

// FormField is an input with its name at the left, and below it a hint, or what is wrong with it.
type FormField struct {
	title   *widget.Label
	right   *fyne.Container
	note    *fieldNote // nil in a row that keeps no room for one
	problem string
}

// NewFormField makes a field with a hint below it; the hint may be empty.
func NewFormField(title string, input fyne.CanvasObject, hint string) *FormField {
	f := &FormField{title: widget.NewLabel(title), note: newFieldNote(hint)}
	nameEntries(input, title)
	f.right = container.NewVBox(input, container.New(layout.NewCustomPaddedLayout(-8, -3, 0, 0), f.note.content))
	return f
}

// NewFormRow makes a field that keeps no room below it: for what cannot be wrong, and for a form that says elsewhere what is wrong.
func NewFormRow(title string, input fyne.CanvasObject) *FormField {
	nameEntries(input, title)
	return &FormField{title: widget.NewLabel(title), right: container.NewVBox(input)}
}

// SetError shows an error below the field, or the hint for nil. The error need not repeat the field's name. A row without room for
// it marks its name.
func (f *FormField) SetError(err error) {
	words := ""
	if err != nil {
		words = text.FieldError(err).Error()
	}
	if f.problem == words {
		return
	}
	f.problem = words
	if f.note != nil {
		f.note.set(words)
		return
	}
	f.title.Importance = widget.MediumImportance
	if words != "" {
		f.title.Importance = widget.DangerImportance
	}
	f.title.Refresh()
}

// Problem is the error that SetError shows; empty for none.
func (f *FormField) Problem() string { return f.problem }

// Name is the field's name.
func (f *FormField) Name() string { return f.title.Text }

// Show shows or hides the whole field.
func (f *FormField) Show(shown bool) {
	for _, o := range []fyne.CanvasObject{f.title, f.right} {
		if shown {
			o.Show()
		} else {
			o.Hide()
		}
	}
	if f.note != nil && f.note.cut {
		f.note.cutChanged()
	}
}

// FormRows puts fields below each other, their names in one column.
func FormRows(fields ...*FormField) *fyne.Container {
	rows := container.New(layout.NewFormLayout())
	for _, f := range fields {
		rows.Add(f.title)
		rows.Add(f.right)
	}
	return rows
}

// Section is a heading over a part of a page or dialog.
func Section(title string) fyne.CanvasObject {
	text := canvas.NewText(title, Color(theme.ColorNameForeground))
	text.TextStyle.Bold = true
	text.TextSize = theme.Size(theme.SizeNameSubHeadingText)
	return container.New(layout.NewCustomPaddedLayout(12, 4, 7, 0), text)
}
