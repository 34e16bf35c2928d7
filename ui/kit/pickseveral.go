package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// PickSeveral chooses any of many: a field that finds them by typing, and below it what is chosen, each with a button that removes
// it.
type PickSeveral struct {
	Content   *fyne.Container
	Entry     *PickEntry
	Chosen    []string // the names, in the order in which they were chosen
	OnChanged func()   // may be nil
	// Alone reports whether an option is chosen by itself only, such as a tag that stands for many; nil where none is.
	Alone func(name string) bool

	chips   *chips
	resized func() // lays out anew what is around it
}

// NewPickSeveral makes one. Options are asked for whenever the list is shown or narrowed.
func NewPickSeveral(placeholder string, options func() []Option) *PickSeveral {
	p := &PickSeveral{}
	p.Entry = NewPickEntry(func() []Option { return p.chosenFirst(options()) })
	p.Entry.Stays, p.Entry.PlaceHolder = true, placeholder
	p.Entry.Taken = func(name string) bool { return slices.Contains(p.Chosen, name) }
	p.Entry.OnTaken = func(o Option) { p.toggle(o.Name) }
	p.chips = newChips(p.toggle, p.Entry.Open)
	p.chips.Hide()
	p.Content = container.NewVBox(p.Entry, p.chips)
	p.resized = p.Content.Refresh
	return p
}

// PickSeveral makes one whose field passes Esc and Enter to the dialog while its list is closed.
func (d *FormDialog) PickSeveral(placeholder string, options func() []Option) *PickSeveral {
	p := NewPickSeveral(placeholder, options)
	p.Entry.Escape, p.Entry.OnSubmitted, p.Entry.window = d.Close, d.enter, d.window
	p.resized = func() {
		p.Content.Refresh()
		d.Fit()
	}
	return p
}

// chosenFirst puts what is chosen above the rest, so that a long choice can be looked through.
func (p *PickSeveral) chosenFirst(options []Option) []Option {
	if p.Entry.isOpen() { // nothing moves under the mouse
		return options
	}
	chosen := func(o Option) bool { return slices.Contains(p.Chosen, o.Name) }
	first := slices.DeleteFunc(slices.Clone(options), func(o Option) bool { return !chosen(o) })
	return append(first, slices.DeleteFunc(slices.Clone(options), chosen)...)
}

// toggle chooses an option, or removes it.
func (p *PickSeveral) toggle(name string) {
	at := slices.Index(p.Chosen, name)
	alone := func(name string) bool { return p.Alone != nil && p.Alone(name) }
	switch {
	case at >= 0:
		p.Choose(slices.Delete(slices.Clone(p.Chosen), at, at+1)...)
	case alone(name):
		p.Choose(name)
	default:
		p.Choose(append(slices.DeleteFunc(slices.Clone(p.Chosen), alone), name)...)
	}
}

// Choose replaces what is chosen.
func (p *PickSeveral) Choose(names ...string) {
	p.Chosen = names
	before := p.Content.MinSize()
	p.chips.set(names, p.Content.Size().Width)
	Present(p.chips, len(names) > 0)
	if p.Content.MinSize() != before {
		p.resized()
	}
	if p.OnChanged != nil {
		p.OnChanged()
	}
}
