package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// pageStage shows one of the things that a page can be: busy, failed, empty or full.
type pageStage struct {
	content *fyne.Container
	now     fyne.CanvasObject
}

func newPageStage(first fyne.CanvasObject) *pageStage {
	return &pageStage{content: container.NewStack(first), now: first}
}

func (s *pageStage) show(o fyne.CanvasObject) {
	if s.now == o {
		return
	}
	s.now = o
	s.content.Objects = []fyne.CanvasObject{o}
	s.content.Refresh()
}

// placeholder stands in the place of a page that has nothing to show: what it is for, and the first step.
type placeholder struct {
	content fyne.CanvasObject
	text    *widget.Label
}

// newPlaceholder makes one; the button is nil where there is nothing to do.
func newPlaceholder(icon fyne.Resource, title, text string, button *widget.Button) *placeholder {
	p := &placeholder{text: wrapped(text)}
	p.text.Alignment = fyne.TextAlignCenter
	heading := widget.NewLabelWithStyle(title, fyne.TextAlignCenter, fyne.TextStyle{Bold: true})
	heading.SizeName = theme.SizeNameSubHeadingText
	rows := container.NewVBox()
	if icon != nil {
		sign := widget.NewIcon(theme.NewColoredResource(icon, ColorMuted))
		rows.Add(container.NewCenter(container.NewGridWrap(fyne.NewSquareSize(40), sign)))
	}
	rows.Add(heading)
	rows.Add(container.NewCenter(container.New(fixedWidth(520), p.text)))
	if button != nil {
		rows.Add(container.NewCenter(button))
	}
	p.content = container.NewCenter(rows)
	return p
}

// busyText is what a page shows before the first state.
func busyText(text string) *placeholder {
	return newPlaceholder(nil, text, "The broker has been asked.", nil)
}

// copyButton copies text when it is pressed, and says that it did.
func copyButton(title string, text func() string) *widget.Button {
	var button *widget.Button
	button = widget.NewButtonWithIcon(title, theme.ContentCopyIcon(), func() {
		fyne.CurrentApp().Clipboard().SetContent(text())
		button.SetIcon(theme.ConfirmIcon())
		if title != "" {
			button.SetText("Copied")
		}
	})
	return button
}

// monospaced is text to be read character by character, and selected.
func monospaced(text string) *widget.Label {
	label := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
	label.Wrapping = fyne.TextWrapBreak
	label.Selectable = true
	return label
}

// copyable is a line of monospaced text with a button that copies it.
func copyable(label *widget.Label) fyne.CanvasObject {
	button := copyButton("Copy", func() string { return label.Text })
	return border(nil, nil, nil, container.NewVBox(button), label)
}

// tableCaption is the line below a table that says how much there is.
func tableCaption() *widget.Label {
	caption := captionOf("")
	caption.SizeName = theme.SizeNameCaptionText
	return caption
}

// underTable puts a table's caption close below it.
func underTable(table fyne.CanvasObject, caption *widget.Label) fyne.CanvasObject {
	return border(nil, container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), caption), nil, nil, table)
}

// present shows an object or takes it away; what only an administrator who may change things can do is absent for others.
func present(o fyne.CanvasObject, wanted bool) {
	switch {
	case wanted && !o.Visible():
		o.Show()
	case !wanted && o.Visible():
		o.Hide()
	}
}
