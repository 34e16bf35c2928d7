package components

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// askSeveralTags asks which tags several components get and lose. All of it is one change.
func (p *view) askSeveralTags(components []*engine.ComponentStatus) {
	edit, carried := engine.TagEdit{}, map[string]int{}
	for _, c := range components {
		edit.Components = append(edit.Components, c.ID)
		for _, tag := range c.Tags {
			carried[tag]++
		}
	}
	what := namedOrCounted(components)
	e := newEdit(p.console, "Tags of "+what, fyne.NewSize(500, 300))
	var add, remove *kit.PickEntry
	var fields [2]*kit.FormField
	read := func() (edited engine.TagEdit, problems [2]error) {
		edited = edit
		edited.Add, problems[0] = model.ParseTags(add.Text)
		edited.Remove, problems[1] = model.ParseTags(remove.Text)
		for _, tag := range edited.Remove {
			switch {
			case problems[1] != nil:
			case carried[tag] == 0:
				problems[1] = fmt.Errorf("none of them carries %s", tag)
			case slices.Contains(edited.Add, tag):
				problems[1] = fmt.Errorf("%s is also in the field above", tag)
			}
		}
		return edited, problems
	}
	check := func(string) {
		edited, problems := read()
		for i, problem := range problems {
			fields[i].SetError(problem)
		}
		if errors.Join(problems[:]...) != nil || len(edited.Add)+len(edited.Remove) == 0 {
			e.save.Disable()
		} else {
			e.save.Enable()
		}
	}
	add, remove = p.tagEntry(e.dialog, "", check), e.dialog.PickEntry("", "", func() []kit.Option { return carriedOptions(carried, len(components)) }, check)
	add.PlaceHolder = "branch, linux"
	fields[0] = kit.NewFormField("Add", add.WithPlus(), "with commas between them; each of them gets these")
	fields[1] = kit.NewFormField("Remove", remove.WithPlus(), carriedTags(carried, len(components)))
	e.field = fields[0]
	e.save.Disable()
	e.save.OnTapped = func() {
		if edited, problems := read(); errors.Join(problems[:]...) == nil {
			e.apply(engine.Change{EditTags: &edited}, "Change the tags of "+what+"?", "Tags of "+what+" changed", nil)
		}
	}
	e.dialog.Set(e.dialog.Rows(fields[0], fields[1]), widget.NewButton("Cancel", e.dialog.Close), e.save)
	p.console.Window.Canvas().Focus(add)
}

// tagEntry is a field of tags that offers those that components carry.
func (p *view) tagEntry(d *kit.FormDialog, text string, changed func(string)) *kit.PickEntry {
	return d.PickEntry(text, "", func() []kit.Option { return page.TagOptions(p.State) }, changed)
}

// carriedOptions are the tags that some of the components carry.
func carriedOptions(carried map[string]int, components int) []kit.Option {
	var options []kit.Option
	for _, tag := range slices.SortedFunc(maps.Keys(carried), text.Compare) {
		options = append(options, kit.Option{Name: tag, About: fmt.Sprintf("%d of %d", carried[tag], components)})
	}
	return options
}

// carriedTags says which tags the components carry, the most frequent first, and how many of them do where it is not all.
func carriedTags(carried map[string]int, components int) string {
	if len(carried) == 0 {
		return "they carry none"
	}
	return "they carry " + tagsInWords(carried, components)
}

// mostTags is how many tags a hint lists before it counts the others.
const mostTags = 6

func tagsInWords(carried map[string]int, components int) string {
	tags := slices.SortedFunc(maps.Keys(carried), func(a, b string) int {
		return cmp.Or(cmp.Compare(carried[b], carried[a]), text.Compare(a, b))
	})
	var words []string
	for _, tag := range tags[:min(len(tags), mostTags)] {
		if carried[tag] < components {
			tag += fmt.Sprintf(" (%d of %d)", carried[tag], components)
		}
		words = append(words, tag)
	}
	text := strings.Join(words, ", ")
	if more := len(tags) - mostTags; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
