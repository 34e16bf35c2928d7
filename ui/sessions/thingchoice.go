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
	things  []thing
	options []kit.Option
	changed func()
}

func newThingChoice(every string, changed func()) *thingChoice {
	c := &thingChoice{every: every, chosen: every, changed: changed}
	c.offer(nil)
	c.PickEntry = kit.NewPickEntry(func() []kit.Option { return c.options })
	c.Text = every
	c.OnChanged = c.choose
	c.OnLeft = c.settle
	c.OnSubmitted = func(string) { c.settle() }
	return c
}

// offer replaces what can be chosen. What is gone limits nothing any more.
func (c *thingChoice) offer(things []thing) {
	c.things, c.options = things, nil
	for _, t := range things {
		c.options = append(c.options, t.option)
	}
	c.options = slices.Insert(page.SortOptions(c.options), 0, kit.Option{Name: c.every})
	if c.PickEntry != nil && !c.offered(c.chosen) {
		c.SetText(c.every)
	}
}

func (c *thingChoice) offered(name string) bool {
	return slices.ContainsFunc(c.options, func(o kit.Option) bool { return o.Name == name })
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
	for i := range c.things {
		if c.things[i].option.Name == c.chosen {
			return c.things[i].id
		}
	}
	return ""
}
