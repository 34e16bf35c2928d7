package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// mostLower is the part of the height that the lower pane takes at most of what the upper one needs.
const mostLower = 0.5

// Panes are two panes above each other. The lower one takes what its content needs, up to half, and more where the upper one has no use for
// it; where the user drags the border it stays, also the next time. What a pane needed once it keeps, so that the border seldom moves.
type Panes struct {
	widget.BaseWidget
	split       *container.Split
	preferences fyne.Preferences
	key         string
	given       float64    // the offset that it gave the split last
	dragged     bool       // the user chose another one
	needs       [2]float32 // the most that the upper and the lower pane needed at this size
}

// NewPanes makes panes, whose border is kept in the preferences under a name.
func NewPanes(preferences fyne.Preferences, name string, upper, lower fyne.CanvasObject) *Panes {
	p := &Panes{split: container.NewVSplit(upper, lower), preferences: preferences, key: "panes." + name}
	p.given = 1 - mostLower
	if kept := preferences.Float(p.key); kept > 0 && kept < 1 {
		p.given, p.dragged = kept, true
	}
	p.split.Offset = p.given
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer shows them.
func (p *Panes) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.split) }

// Resize gives them another size, at which the lower pane may need less.
func (p *Panes) Resize(size fyne.Size) {
	if size != p.Size() {
		p.needs = [2]float32{}
	}
	p.BaseWidget.Resize(size)
	p.Fit()
}

// Fit gives the lower pane what its content needs now. It is called when the content may be another one.
func (p *Panes) Fit() {
	if p.split.Offset != p.given { // the border was dragged since
		p.given, p.dragged = p.split.Offset, true
		p.preferences.SetFloat(p.key, p.given)
	}
	height := p.Size().Height
	if p.dragged || height <= 0 {
		return
	}
	p.needs = [2]float32{max(p.needs[0], neededHeight(p.split.Leading)), max(p.needs[1], neededHeight(p.split.Trailing))}
	border := p.split.MinSize().Height - p.split.Leading.MinSize().Height - p.split.Trailing.MinSize().Height
	both := max(height-border, 1)
	lower := min(p.needs[1], max(both*mostLower, both-p.needs[0]))
	p.given = float64(1 - lower/both)
	p.split.SetOffset(p.given)
}

// neededHeight is the height at which an object does not have to scroll.
func neededHeight(o fyne.CanvasObject) float32 {
	needed := o.MinSize().Height
	switch o := o.(type) {
	case interface{ NeededHeight() float32 }:
		return max(needed, o.NeededHeight())
	case *container.Scroll:
		return max(needed, o.Content.MinSize().Height)
	case *container.Split:
		if o.Horizontal {
			return max(needed, neededHeight(o.Leading), neededHeight(o.Trailing))
		}
	case *fyne.Container:
		more := float32(0) // of the child that scrolls most
		for _, child := range o.Objects {
			if child.Visible() {
				more = max(more, neededHeight(child)-child.MinSize().Height)
			}
		}
		return needed + more
	}
	return needed
}
