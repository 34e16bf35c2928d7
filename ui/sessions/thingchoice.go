package sessions

import (
	"slices"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
)

// thing is one that the history can be limited to.
type thing struct {
	id     engine.ID
	option kit.Option
}

// thingChoice limits the history to one component or route. What is being typed limits nothing before it is the name of one.
type thingChoice struct {
	*kit.PickEntry
	every   string // stands for no limit
	chosen  string // the name, or every
	things  func() []thing
	changed func()
}

// newThingChoice makes a choice among the things that there are when it is asked.
func newThingChoice(every string, things func() []thing, changed func()) *thingChoice {
	c := &thingChoice{every: every, chosen: every, things: things, changed: changed}
	c.PickEntry = kit.NewPickEntry(c.options)
	c.Text = every
	c.OnChanged = c.choose
	c.OnLeft = c.settle
	c.OnSubmitted = func(string) { c.settle() }
	return c
}

func (c *thingChoice) options() []kit.Option {
	var options []kit.Option
	for _, t := range c.things() {
		options = append(options, t.option)
	}
	return slices.Insert(page.SortOptions(options), 0, kit.Option{Name: c.every})
}

// update is called when the things may be others. What is gone limits nothing any more.
func (c *thingChoice) update() {
	if !c.offered(c.chosen) {
		c.SetText(c.every)
	}
}

func (c *thingChoice) offered(name string) bool {
	return name == c.every || slices.ContainsFunc(c.things(), func(t thing) bool { return t.option.Name == name })
}

// choose takes a text that is offered.
func (c *thingChoice) choose(text string) {
	if text != c.chosen && c.offered(text) {
		c.chosen = text
		c.changed()
	}
}

// settle shows what is chosen, in place of what was typed and is the name of nothing. An empty text chooses everything.
func (c *thingChoice) settle() {
	switch c.Text {
	case c.chosen:
	case "":
		c.SetText(c.every)
	default:
		c.SetText(c.chosen)
	}
}

// id is what is chosen; empty for everything.
func (c *thingChoice) id() engine.ID {
	for _, t := range c.things() {
		if t.option.Name == c.chosen {
			return t.id
		}
	}
	return ""
}
