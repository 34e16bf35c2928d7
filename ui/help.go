package ui

import (
	"path"
	"regexp"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/docs"
	"lockwire/ui/kit"
)

// helpStart is the page of documentation that leads to all others.
const helpStart = "index.md"

// helpKeys is the page of all keys.
const helpKeys = "keys.md"

// helpPage is the page of documentation about a page of the console, by its name.
func helpPage(name string) string {
	for _, file := range []string{"console/" + name + ".md", name + ".md"} {
		if _, err := docs.Files.ReadFile(file); err == nil {
			return file
		}
	}
	return "console.md"
}

// helpWindow shows the documentation, offline, in its own window: the page that it explains stays visible.
type helpWindow struct {
	window fyne.Window
	body   *container.Scroll
	back   *widget.Button
	gone   []string // the pages that were shown before
	shown  string
}

// newHelpWindow makes the window. Closed is called when it is closed.
func newHelpWindow(closed func()) *helpWindow {
	h := &helpWindow{window: fyne.CurrentApp().NewWindow("Lockwire help"), body: container.NewVScroll(container.NewStack())}
	h.back = widget.NewButtonWithIcon("Back", theme.NavigateBackIcon(), h.goBack)
	bar := container.NewHBox(h.back, widget.NewButtonWithIcon("Contents", theme.ListIcon(), func() { h.open(helpStart) }), layout.NewSpacer(), widget.NewButton("Close", h.window.Close))
	h.window.SetContent(container.NewPadded(kit.Border(container.NewVBox(bar, widget.NewSeparator()), nil, nil, nil, h.body)))
	h.window.Resize(fyne.NewSize(820, 720))
	h.window.SetOnClosed(closed)
	h.window.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			h.window.Close()
		}
	})
	return h
}

// open shows a page, and remembers the one before for Back.
func (h *helpWindow) open(file string) {
	if h.shown != "" && h.shown != file {
		h.gone = append(h.gone, h.shown)
	}
	h.show(file)
}

func (h *helpWindow) goBack() {
	if last := len(h.gone) - 1; last >= 0 {
		file := h.gone[last]
		h.gone = h.gone[:last]
		h.show(file)
	}
}

func (h *helpWindow) show(file string) {
	text, err := docs.Files.ReadFile(file)
	if err != nil {
		text = []byte("There is no page " + file + ".")
	}
	h.shown = file
	h.body.Content = container.New(layout.NewCustomPaddedLayout(0, 8, 0, 14), helpText(string(text), func(to string) { h.open(path.Join(path.Dir(file), to)) }))
	h.body.ScrollToTop()
	h.body.Refresh()
	if len(h.gone) > 0 {
		h.back.Enable()
	} else {
		h.back.Disable()
	}
}

// pictureLine matches a picture in the documentation. Help leaves it out: the page itself is visible beside the help.
var pictureLine = regexp.MustCompile(`(?m)^!\[[^\]]*\]\([^)]*\)\n`)

// helpText lays Markdown out. A link to another page of the documentation calls follow with its path as written.
func helpText(markdown string, follow func(to string)) fyne.CanvasObject {
	column := container.New(textColumn{})
	var run []widget.RichTextSegment
	flush := func() {
		if len(run) > 0 {
			column.Add(helpRun(run, follow))
			run = nil
		}
	}
	for _, segment := range widget.NewRichTextFromMarkdown(pictureLine.ReplaceAllString(markdown, "")).Segments {
		if table, ok := segment.(*widget.TableSegment); ok {
			flush()
			column.Add(helpTable(table, follow))
			continue
		}
		run = append(run, segment)
	}
	flush()
	return column
}

// helpRun is text that wraps.
func helpRun(segments []widget.RichTextSegment, follow func(string)) *widget.RichText {
	for _, segment := range segments {
		leadLinks(segment, follow)
	}
	text := widget.NewRichText(segments...)
	text.Wrapping = fyne.TextWrapWord
	return text
}

// leadLinks makes links between pages open in this window. Links to the network stay.
func leadLinks(segment widget.RichTextSegment, follow func(string)) {
	switch s := segment.(type) {
	case *widget.HyperlinkSegment:
		if s.URL != nil && s.URL.Scheme == "" && strings.HasSuffix(s.URL.Path, ".md") {
			s.OnTapped = func() { follow(s.URL.Path) }
		}
	case *widget.ParagraphSegment:
		for _, inner := range s.Texts {
			leadLinks(inner, follow)
		}
	case *widget.ListSegment:
		for _, inner := range s.Items {
			leadLinks(inner, follow)
		}
	}
}

// helpTable draws a table whose cells wrap, which those of Fyne's rich text do not.
func helpTable(table *widget.TableSegment, follow func(string)) fyne.CanvasObject {
	column := container.New(textColumn{})
	row := func(cells [][]widget.RichTextSegment, bold bool) {
		line := container.New(textCells{})
		for _, cell := range cells {
			text := helpRun(cell, follow)
			for _, segment := range cell {
				if s, ok := segment.(*widget.TextSegment); ok && bold {
					s.Style.TextStyle.Bold = true
				}
			}
			line.Add(text)
		}
		column.Add(line)
		column.Add(widget.NewSeparator())
	}
	row(table.Headers, true)
	for _, cells := range table.Rows {
		row(cells, false)
	}
	return column
}

// textColumn lays objects out below each other at its width, each as high as its text needs there.
type textColumn struct{}

// Layout implements fyne.Layout.
func (textColumn) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		o.Resize(fyne.NewSize(size.Width, 1)) // a wrapped text says how high it is at a width
		height := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, height))
		o.Move(fyne.NewPos(0, y))
		y += height
	}
}

// MinSize implements fyne.Layout: the height is that at the width of the last layout.
func (textColumn) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(300, 0)
	for _, o := range objects {
		size.Height += o.MinSize().Height
	}
	return size
}

// textCells lays the cells of one row out beside each other. The last one explains, and gets most of the room.
type textCells struct{}

func cellWidth(i, cells int, width float32) float32 {
	const first = 0.28
	switch {
	case cells <= 1:
		return width
	case i < cells-1:
		return width * first
	}
	return width - float32(cells-1)*cellWidth(0, cells, width)
}

// Layout implements fyne.Layout.
func (textCells) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, o := range objects {
		width := cellWidth(i, len(objects), size.Width)
		o.Resize(fyne.NewSize(width, 1))
		o.Resize(fyne.NewSize(width, max(size.Height, o.MinSize().Height)))
		o.Move(fyne.NewPos(x, 0))
		x += width
	}
}

// MinSize implements fyne.Layout: as high as the highest cell at the width of the last layout.
func (textCells) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(300, 0)
	for _, o := range objects {
		size.Height = max(size.Height, o.MinSize().Height)
	}
	return size
}
