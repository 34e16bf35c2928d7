package kit

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/grid"
)

// PickEntry is a field that offers what it may hold while one types. Down and a click open the list, Enter takes from it, Esc closes
// it.
type PickEntry struct {
	FormEntry
	Terms   bool                   // the text is a list with commas; the entry at the cursor is completed
	Free    bool                   // the text may be something else than an option, such as an address
	Stays   bool                   // the list stays open for another one, and the text is only what is looked for
	Taken   func(name string) bool // marks what is taken already; nil marks nothing
	OnTaken func(Option)           // is called after an option was taken; may be nil
	OnLeft  func()                 // is called when the keys go elsewhere; may be nil

	options func() []Option
	list    *optionList
	window  fyne.Window // of the dialog that has the field; nil on a page
	typed   bool        // since the list was opened, so that the text narrows it
	before  string      // the text to which it returns if a new entry is begun and none is taken
	begun   bool        // a new entry was begun by opening the list
}

// NewPickEntry makes a field. Options are asked for whenever the list is shown or narrowed.
func NewPickEntry(options func() []Option) *PickEntry {
	e := &PickEntry{options: options}
	e.Escape = func() {}
	e.Wrapping, e.Scroll = fyne.TextWrapOff, fyne.ScrollHorizontalOnly
	e.ExtendBaseWidget(e)
	e.ActionItem = newOpener(e.Open)
	return e
}

// PickEntry makes a field of the dialog that passes Esc and Enter to it while its list is closed.
func (d *FormDialog) PickEntry(text, placeholder string, options func() []Option, changed func(string)) *PickEntry {
	e := NewPickEntry(options)
	e.Escape, e.window = d.Close, d.window
	e.Text, e.PlaceHolder, e.OnChanged, e.OnSubmitted = text, placeholder, changed, d.enter
	return e
}

// WithPlus makes the field one of a list with commas, and puts a button beside it that adds an entry.
func (e *PickEntry) WithPlus() fyne.CanvasObject {
	e.Terms, e.ActionItem = true, nil
	return Border(nil, nil, nil, NewIconButton(theme.ContentAddIcon(), "Add one of the list", e.Add), e)
}

// Open shows the list: all options, or those that complete the entry at the cursor.
func (e *PickEntry) Open() {
	if e.Terms {
		if term := e.looked(); term != "" && (len(matching(e.options(), term)) == 0 || e.known(term)) {
			e.Add()
			return
		}
	}
	e.open(e.Terms)
}

// Add begins a new entry at the end of the list with commas, and shows what it may be.
func (e *PickEntry) Add() {
	before := e.Text
	e.Begin()
	e.open(true)
	e.before, e.begun = before, e.list != nil
}

// Begin begins a new entry at the end of the list with commas.
func (e *PickEntry) Begin() {
	text := strings.TrimRight(e.Text, ", ")
	if text != "" {
		text += ", "
	}
	e.SetText(text)
	e.CursorColumn = len([]rune(text))
	e.Refresh()
}

func (e *PickEntry) open(typed bool) {
	on := e.canvas()
	if on == nil || e.Disabled() || e.isOpen() {
		return
	}
	on.Focus(e)
	if !typed {
		e.TypedShortcut(&fyne.ShortcutSelectAll{}) // typing replaces what is there
	}
	e.typed, e.begun = typed, false
	e.list = newOptionList(e, on)
	e.narrow()
	e.list.show()
}

// canvas is where the field is shown. Fyne does not know it before the field was drawn, its dialog does.
func (e *PickEntry) canvas() fyne.Canvas {
	if e.window != nil {
		return e.window.Canvas()
	}
	return fyne.CurrentApp().Driver().CanvasForObject(e)
}

func (e *PickEntry) isOpen() bool { return e.list != nil && e.list.isOpen() }

// close closes the list. A new entry that was begun for it goes where nothing was taken.
func (e *PickEntry) close() {
	if !e.isOpen() {
		return
	}
	e.list.canvas.Overlays().Remove(e.list)
	e.list = nil
	if e.begun && e.looked() == "" {
		e.SetText(e.before)
	}
	e.begun = false
	if e.Stays && e.Text != "" {
		e.SetText("")
	}
}

// term is where the entry at the cursor begins and ends in the text, in runes and without the spaces around it.
func (e *PickEntry) term() (from, to int) {
	text := []rune(e.Text)
	if !e.Terms {
		return 0, len(text)
	}
	at := min(e.CursorColumn, len(text))
	from, to = at, at
	for from > 0 && text[from-1] != ',' {
		from--
	}
	for to < len(text) && text[to] != ',' {
		to++
	}
	for from < to && text[from] == ' ' {
		from++
	}
	for to > from && text[to-1] == ' ' {
		to--
	}
	return from, to
}

// looked is what the options are narrowed by.
func (e *PickEntry) looked() string {
	from, to := e.term()
	return string([]rune(e.Text)[from:to])
}

// known reports whether a text is the name of an option.
func (e *PickEntry) known(text string) bool {
	return slices.ContainsFunc(e.options(), func(o Option) bool { return strings.EqualFold(o.Name, text) })
}

// narrow shows the options that have the typed words.
func (e *PickEntry) narrow() {
	looked := ""
	if e.typed {
		looked = e.looked()
	}
	e.offer(matching(e.options(), looked), looked)
}

// offer shows the options that were found. Enter takes the first one, unless the text may be something else and is not in its name.
func (e *PickEntry) offer(found []Option, looked string) {
	cursor := 0
	switch {
	case !e.typed:
		cursor = max(0, slices.IndexFunc(found, func(o Option) bool { return strings.EqualFold(o.Name, e.Text) }))
	case e.Free || e.Terms:
		if len(found) > 0 && !found[0].named(grid.ParseWords(looked)) {
			cursor = -1
		}
	}
	e.list.set(found, cursor)
}

// textTyped opens the list where something is offered for what was typed, and narrows it.
func (e *PickEntry) textTyped() {
	looked := e.looked()
	found := matching(e.options(), looked)
	offered := len(found) > 0 && !(len(found) == 1 && strings.EqualFold(found[0].Name, looked) && found[0].Do == nil)
	switch {
	case e.isOpen() && !offered && (e.Free || e.Terms):
		e.begun = false // what was typed stays
		e.close()
	case e.isOpen():
		e.typed = true
		e.offer(found, looked)
	case offered && looked != "":
		e.open(true)
	}
}

// take puts an option into the text.
func (e *PickEntry) take(o Option) {
	switch {
	case o.Do != nil:
		from, to := e.term()
		text := []rune(e.Text)
		e.SetText(string(text[:from]) + string(text[to:])) // what was typed was to find it
		e.CursorColumn = from
		e.close()
		o.Do()
		return
	case e.Stays:
		if e.OnTaken != nil {
			e.OnTaken(o)
		}
		e.TypedShortcut(&fyne.ShortcutSelectAll{}) // typing looks for the next one
		e.typed = false
		e.list.Refresh()
		return
	}
	from, to := e.term()
	text := []rune(e.Text)
	e.begun = false
	e.close()
	e.SetText(string(text[:from]) + o.Name + string(text[to:]))
	e.CursorColumn = from + len([]rune(o.Name))
	e.Refresh()
	if e.OnTaken != nil {
		e.OnTaken(o)
	}
}

// TypedKey opens the list for Down; other keys are the field's.
func (e *PickEntry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyDown {
		e.Open()
		return
	}
	before := e.Text
	e.FormEntry.TypedKey(key)
	if e.Text != before || e.isOpen() {
		e.textTyped()
	}
}

// TypedRune narrows the list.
func (e *PickEntry) TypedRune(r rune) {
	e.FormEntry.TypedRune(r)
	e.textTyped()
}

// TypedShortcut narrows the list after what was pasted or cut.
func (e *PickEntry) TypedShortcut(shortcut fyne.Shortcut) {
	before := e.Text
	e.FormEntry.TypedShortcut(shortcut)
	if e.Text != before {
		e.textTyped()
	}
}

// FocusLost tells that the keys go elsewhere.
func (e *PickEntry) FocusLost() {
	e.FormEntry.FocusLost()
	if e.OnLeft != nil {
		e.OnLeft()
	}
}

// MouseUp opens the list of a field whose text is one of the options.
func (e *PickEntry) MouseUp(event *desktop.MouseEvent) {
	e.FormEntry.MouseUp(event)
	if event.Button == desktop.MouseButtonPrimary && !e.Free && !e.Terms {
		e.Open()
	}
}

// Disable and Enable do so with the mark that opens the list, too.
func (e *PickEntry) Disable() {
	Present(e.ActionItem, false)
	e.FormEntry.Disable()
}

// Enable lets it be used again.
func (e *PickEntry) Enable() {
	Present(e.ActionItem, true)
	e.FormEntry.Enable()
}

// opener is the mark at the end of a field that opens its list. Tab passes it by: Down opens the list from the field.
type opener struct {
	widget.BaseWidget
	open func()
}

func newOpener(open func()) *opener {
	o := &opener{open: open}
	o.ExtendBaseWidget(o)
	return o
}

// Tapped opens the list.
func (o *opener) Tapped(*fyne.PointEvent) { o.open() }

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (o *opener) AccessibilityLabel() string             { return "Show the list" }
func (o *opener) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Cursor shows that it can be clicked.
func (o *opener) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer draws it.
func (o *opener) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewCenter(widget.NewIcon(theme.MenuDropDownIcon())))
}
