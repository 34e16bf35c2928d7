package kit

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/chart"
)

const (
	chipLines = 2   // how many lines of chips there are at most
	chipWidth = 220 // of the longest name
	chipGap   = 4
	// mostChips bounds the widgets, however many things are chosen.
	mostChips = 24
)

// chips are the names of what is chosen, each a button that removes it. Those for which there is no room are counted.
type chips struct {
	widget.BaseWidget
	names  []string
	remove func(name string)
	chip   []*widget.Button
	more   *widget.Button
	laid   int     // how many chips are shown
	lines  int     // that they take
	width  float32 // for which that holds
}

func newChips(remove func(string), more func()) *chips {
	c := &chips{remove: remove, more: widget.NewButton("", more)}
	c.more.Importance = widget.LowImportance
	c.ExtendBaseWidget(c)
	return c
}

// set shows names in a width.
func (c *chips) set(names []string, width float32) {
	c.names = names
	if width > 0 {
		c.width = width
	}
	for len(c.chip) < min(len(names), mostChips) {
		chip := widget.NewButtonWithIcon("", theme.CancelIcon(), nil)
		chip.IconPlacement = widget.ButtonIconTrailingText
		c.chip = append(c.chip, chip)
	}
	for i := range min(len(names), mostChips) {
		c.chip[i].OnTapped = func() { c.remove(names[i]) }
		if words := chart.Shorten(names[i], theme.TextSize(), fyne.TextStyle{}, chipWidth); c.chip[i].Text != words {
			c.chip[i].SetText(words)
		}
	}
	c.Refresh()
}

// fit is how many chips have room in chipLines lines of a width, and how many lines they take.
func (c *chips) fit(width float32) (count, lines int) {
	lines = 1
	x := float32(0)
	for count < min(len(c.names), mostChips) {
		wide := c.chip[count].MinSize().Width
		if x > 0 && x+wide > width {
			if lines == chipLines {
				break
			}
			lines, x = lines+1, 0
		}
		x += wide + chipGap
		count++
	}
	for count > 0 && count < len(c.names) && x+c.counting(len(c.names)-count) > width && lines == chipLines {
		count--
		x -= c.chip[count].MinSize().Width + chipGap
	}
	return count, lines
}

// counting is how wide the button is that counts the others.
func (c *chips) counting(others int) float32 {
	c.more.Text = fmt.Sprintf("and %d more…", others)
	return c.more.MinSize().Width
}

// CreateRenderer draws them.
func (c *chips) CreateRenderer() fyne.WidgetRenderer { return &chipsRenderer{chips: c} }

type chipsRenderer struct{ chips *chips }

func (d *chipsRenderer) Destroy() {}

// Objects are the chips for which there is room.
func (d *chipsRenderer) Objects() []fyne.CanvasObject {
	c := d.chips
	var objects []fyne.CanvasObject
	for _, chip := range c.chip[:min(c.laid, len(c.chip))] {
		objects = append(objects, chip)
	}
	if c.laid < len(c.names) {
		objects = append(objects, c.more)
	}
	return objects
}

// MinSize is as high as the chips need at the width that they have.
func (d *chipsRenderer) MinSize() fyne.Size {
	height := d.chips.more.MinSize().Height
	return fyne.NewSize(0, float32(max(d.chips.lines, 1))*(height+chipGap)-chipGap)
}

// Layout puts them side by side.
func (d *chipsRenderer) Layout(size fyne.Size) {
	c := d.chips
	c.width = size.Width
	c.laid, c.lines = c.fit(size.Width)
	x, y, height := float32(0), float32(0), c.more.MinSize().Height
	place := func(o fyne.CanvasObject) {
		wide := o.MinSize().Width
		if x > 0 && x+wide > size.Width {
			x, y = 0, y+height+chipGap
		}
		o.Resize(fyne.NewSize(wide, height))
		o.Move(fyne.NewPos(x, y))
		x += wide + chipGap
	}
	for _, chip := range c.chip[:c.laid] {
		place(chip)
	}
	if c.laid < len(c.names) {
		c.counting(len(c.names) - c.laid)
		place(c.more)
	}
}

// Refresh lays them out anew.
func (d *chipsRenderer) Refresh() {
	c := d.chips
	if c.width > 0 {
		d.Layout(fyne.NewSize(c.width, c.Size().Height))
	}
	for _, o := range d.Objects() {
		o.Refresh()
	}
	canvas.Refresh(c)
}
