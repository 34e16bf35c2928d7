package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Detail is one fact: its name and its value in words. A detail without a value is not shown.
type Detail struct {
	Name, Value string
	Copied      bool // a button copies it
	Importance  widget.Importance
}

// DetailList shows facts below each other. What did not change is not drawn again.
type DetailList struct {
	Content *fyne.Container
	shown   []Detail
	values  []*widget.Label
	beside  []*fyne.Container // of values with a button; nil for others
}

// NewDetailList makes an empty list.
func NewDetailList() *DetailList {
	return &DetailList{Content: container.New(layout.NewFormLayout())}
}

// Set shows other facts.
func (l *DetailList) Set(details []Detail) {
	details = slices.DeleteFunc(details, func(d Detail) bool { return d.Value == "" })
	if slices.Equal(details, l.shown) {
		return
	}
	same := len(details) == len(l.shown)
	for i := 0; same && i < len(details); i++ {
		same = details[i].Name == l.shown[i].Name && details[i].Copied == l.shown[i].Copied
	}
	l.shown = details
	if same {
		moved := false
		for i, d := range details {
			if l.values[i].Text != d.Value || l.values[i].Importance != d.Importance {
				l.values[i].Importance = d.Importance
				l.values[i].SetText(d.Value)
				moved = moved || l.beside[i] != nil
			}
		}
		if moved {
			l.Content.Refresh() // a button stands behind its text, which may take more lines now
		}
		return
	}
	l.values, l.beside = l.values[:0], l.beside[:0]
	l.Content.Objects = nil
	for _, d := range details {
		value := widget.NewLabel(d.Value)
		value.Wrapping = fyne.TextWrapWord
		value.Selectable = true
		value.Importance = d.Importance
		l.values = append(l.values, value)
		name := widget.NewLabel(d.Name)
		name.Importance = widget.LowImportance
		var right fyne.CanvasObject = value
		var beside *fyne.Container
		if d.Copied {
			var button *IconButton
			button = NewIconButton(theme.ContentCopyIcon(), "Copy", func() {
				fyne.CurrentApp().Clipboard().SetContent(value.Text)
				button.SetIcon(theme.ConfirmIcon())
			})
			button.About, button.Importance = d.Name, widget.LowImportance
			beside = withButton(value, button)
			right = beside
		}
		l.beside = append(l.beside, beside)
		l.Content.Add(container.New(layout.NewCustomPaddedLayout(-3, -3, 0, 0), name))
		l.Content.Add(container.New(layout.NewCustomPaddedLayout(-3, -3, 0, 0), right))
	}
	l.Content.Refresh()
}

// DetailHeading is the heading of a pane of details: the name of a thing and its state.
type DetailHeading struct {
	Content fyne.CanvasObject
	text    *widget.Label
	state   *canvas.Text
}

// NewDetailHeading makes an empty heading.
func NewDetailHeading() *DetailHeading {
	h := &DetailHeading{text: widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), state: canvas.NewText("", Color(ColorMuted))}
	h.text.SizeName = theme.SizeNameSubHeadingText
	h.text.Truncation = fyne.TextTruncateEllipsis
	h.Content = Border(nil, nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 0, 8), container.NewCenter(h.state)), h.text)
	return h
}

// Set shows a name, and a state in a colour beside it.
func (h *DetailHeading) Set(text, state string, color fyne.ThemeColorName) {
	if h.text.Text != text {
		h.text.SetText(text)
	}
	if wanted := Color(color); h.state.Text != state || h.state.Color != wanted {
		h.state.Text, h.state.Color = state, wanted
		h.state.Refresh()
	}
}
