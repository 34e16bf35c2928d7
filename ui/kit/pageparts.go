package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// PageStage shows one of several contents of a page: busy, failed, empty or full.
type PageStage struct {
	Content *fyne.Container
	now     fyne.CanvasObject
}

// NewPageStage makes a stage that shows its first content.
func NewPageStage(first fyne.CanvasObject) *PageStage {
	return &PageStage{Content: container.NewStack(first), now: first}
}

// Show replaces what the stage shows.
func (s *PageStage) Show(o fyne.CanvasObject) {
	if s.now == o {
		return
	}
	s.now = o
	s.Content.Objects = []fyne.CanvasObject{o}
	s.Content.Refresh()
}

// Placeholder replaces a page that has nothing to show. It says what the page is for and offers the first step.
type Placeholder struct {
	Content fyne.CanvasObject
	Text    *widget.Label
}

// NewPlaceholder makes a placeholder; button may be nil.
func NewPlaceholder(icon fyne.Resource, title, text string, button *widget.Button) *Placeholder {
	p := &Placeholder{Text: Wrapped(text)}
	p.Text.Alignment = fyne.TextAlignCenter
	heading := widget.NewLabelWithStyle(title, fyne.TextAlignCenter, fyne.TextStyle{Bold: true})
	heading.SizeName = theme.SizeNameSubHeadingText
	rows := container.NewVBox()
	if icon != nil {
		sign := widget.NewIcon(theme.NewColoredResource(icon, ColorMuted))
		rows.Add(container.NewCenter(container.NewGridWrap(fyne.NewSquareSize(40), sign)))
	}
	rows.Add(heading)
	rows.Add(container.NewCenter(container.New(FixedWidth(520), p.Text)))
	if button != nil {
		rows.Add(container.NewCenter(button))
	}
	p.Content = container.NewCenter(rows)
	return p
}

// NewBusy is the placeholder of a page before its first state.
func NewBusy(text string) *Placeholder {
	return NewPlaceholder(nil, text, "The broker has been asked.", nil)
}

// copyButton copies text and then says "Copied".
func copyButton(text func() string) *widget.Button {
	var button *widget.Button
	button = widget.NewButtonWithIcon("Copy", theme.ContentCopyIcon(), func() {
		fyne.CurrentApp().Clipboard().SetContent(text())
		button.SetIcon(theme.ConfirmIcon())
		button.SetText("Copied")
	})
	return button
}

// Monospaced is selectable text in a fixed-width font.
func Monospaced(text string) *widget.Label {
	label := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
	label.Wrapping = fyne.TextWrapBreak
	label.Selectable = true
	return label
}

// Copyable is a line of monospaced text with a button that copies it.
func Copyable(label *widget.Label) fyne.CanvasObject {
	button := copyButton(func() string { return label.Text })
	return Border(nil, nil, nil, container.NewVBox(button), label)
}

// TableCaption is the line below a table that says how much there is.
func TableCaption() *widget.Label {
	caption := Caption("")
	caption.SizeName = theme.SizeNameCaptionText
	return caption
}

// UnderTable puts a table's caption close below it.
func UnderTable(table fyne.CanvasObject, caption *widget.Label) fyne.CanvasObject {
	return Border(nil, container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), caption), nil, nil, table)
}

// Present shows or hides an object. What a user may not do is hidden, not disabled.
func Present(o fyne.CanvasObject, wanted bool) {
	switch {
	case wanted && !o.Visible():
		o.Show()
	case !wanted && o.Visible():
		o.Hide()
	}
}
