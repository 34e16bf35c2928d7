package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// detail is one fact: its name and its value in words. One without a value is not shown.
type detail struct {
	name, value string
	copied      bool // a button copies it
	importance  widget.Importance
}

// detailList shows facts below each other. What did not change is not drawn again.
type detailList struct {
	content *fyne.Container
	shown   []detail
	values  []*widget.Label
}

func newDetailList() *detailList {
	return &detailList{content: container.New(layout.NewFormLayout())}
}

func (l *detailList) set(details []detail) {
	details = slices.DeleteFunc(details, func(d detail) bool { return d.value == "" })
	if slices.Equal(details, l.shown) {
		return
	}
	same := len(details) == len(l.shown)
	for i := 0; same && i < len(details); i++ {
		same = details[i].name == l.shown[i].name && details[i].copied == l.shown[i].copied
	}
	l.shown = details
	if same {
		for i, d := range details {
			if l.values[i].Text != d.value || l.values[i].Importance != d.importance {
				l.values[i].Importance = d.importance
				l.values[i].SetText(d.value)
			}
		}
		return
	}
	l.values = l.values[:0]
	l.content.Objects = nil
	for _, d := range details {
		value := widget.NewLabel(d.value)
		value.Wrapping = fyne.TextWrapWord
		value.Selectable = true
		value.Importance = d.importance
		l.values = append(l.values, value)
		name := widget.NewLabel(d.name)
		name.Importance = widget.LowImportance
		var right fyne.CanvasObject = value
		if d.copied {
			button := copyButton("", func() string { return value.Text })
			button.Importance = widget.LowImportance
			right = border(nil, nil, nil, container.NewVBox(button), value)
		}
		l.content.Add(container.New(layout.NewCustomPaddedLayout(-3, -3, 0, 0), name))
		l.content.Add(container.New(layout.NewCustomPaddedLayout(-3, -3, 0, 0), right))
	}
	l.content.Refresh()
}

// detailHeading is the name of the thing of which a pane shows the details.
type detailHeading struct {
	content fyne.CanvasObject
	text    *widget.Label
	state   *canvas.Text
}

func newDetailHeading() *detailHeading {
	h := &detailHeading{text: widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), state: canvas.NewText("", colorOf(ColorMuted))}
	h.text.SizeName = theme.SizeNameSubHeadingText
	h.text.Truncation = fyne.TextTruncateEllipsis
	h.content = border(nil, nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 0, 8), container.NewCenter(h.state)), h.text)
	return h
}

func (h *detailHeading) set(text, state string, color fyne.ThemeColorName) {
	if h.text.Text != text {
		h.text.SetText(text)
	}
	if wanted := colorOf(color); h.state.Text != state || h.state.Color != wanted {
		h.state.Text, h.state.Color = state, wanted
		h.state.Refresh()
	}
}
