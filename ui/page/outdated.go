package page

import (
	"cmp"
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// askOutdated shows in which fields an edit and what somebody else has saved meanwhile differ, and asks which of them is to stand.
func (a *Asking) askOutdated(outdated *engine.OutdatedError) {
	q := &OutdatedQuestion{
		Differ: func(now engine.Present, name func(engine.ID) string) []engine.Difference {
			return engine.Conflict(a.Change, now, name)
		},
		Keep: a.leave,
		Take: func(now engine.Present) {
			a.Console.Refresh()
			if a.Reload != nil {
				a.Reload(now)
				return
			}
			a.leave()
		},
		Over: func(now engine.Present) {
			a.Change, a.Over = a.Change.Again(now), now
			a.Begin()
		},
		Anew: a.Change.CanBeAddedAnew(),
	}
	q.Ask(a.Console, outdated)
}

// OutdatedQuestion asks what is to stand where somebody else has changed or removed what an editor edits.
type OutdatedQuestion struct {
	// Differ says in which fields mine and theirs differ.
	Differ func(now engine.Present, name func(engine.ID) string) []engine.Difference
	Keep   func()               // goes on editing; may be nil
	Take   func(engine.Present) // throws mine away
	Over   func(engine.Present) // saves mine over theirs
	Anew   bool                 // Over can add what was removed
}

// Ask shows who saved or removed it, when, and what differs.
func (q *OutdatedQuestion) Ask(c *Console, outdated *engine.OutdatedError) {
	kit.Fetch(c.Background, c.names, func(names map[engine.ID]string, err error) {
		if err != nil {
			names = map[engine.ID]string{} // the rest of the dialog is true all the same
		}
		q.show(c, outdated, q.Differ(outdated.Now, func(id engine.ID) string { return cmp.Or(names[id], string(id)) }))
	})
}

// names gives the names of components and services.
func (c *Console) names(ctx context.Context) (map[engine.ID]string, error) {
	names := map[engine.ID]string{}
	components, err := c.Admin.Components(ctx)
	if err != nil {
		return nil, err
	}
	for i := range components {
		names[components[i].ID] = components[i].Name
	}
	services, err := c.Admin.Services(ctx)
	for i := range services {
		names[services[i].ID] = services[i].Name
	}
	return names, err
}

func (q *OutdatedQuestion) show(c *Console, outdated *engine.OutdatedError, differences []engine.Difference) {
	now := outdated.Now
	rows := container.NewVBox(kit.Wrapped(MeanwhileWords(&now) + " Nothing of yours was saved yet."))
	switch {
	case now.Removed:
	case len(differences) == 0:
		rows.Add(kit.Wrapped("What is there now is what you want."))
	default:
		rows.Add(container.NewGridWithColumns(3, kit.BoldLabel(""), kit.BoldLabel("Mine"), kit.BoldLabel("Theirs")))
		for _, d := range differences { // each row as high as its own words are
			rows.Add(container.NewGridWithColumns(3, kit.Muted(d.Field), kit.Wrapped(engine.Printable(orNothing(d.Mine))), kit.Wrapped(engine.Printable(orNothing(d.Theirs)))))
		}
	}
	title, taking, over := "Changed meanwhile: ", "Take theirs", "Save mine over it"
	if now.Removed {
		title, taking, over = "Removed meanwhile: ", "Leave it removed", "Add mine anew"
	}
	choices := []kit.Choice{{Text: "Keep editing", Run: q.Keep, Enter: true}, {Text: taking, Run: func() { q.Take(now) }}}
	if len(differences) > 0 || now.Removed && q.Anew {
		choices = append(choices, kit.Choice{Text: over, Importance: widget.HighImportance, Run: func() { q.Over(now) }})
	}
	kit.ShowModal(c.Window, title+engine.Printable(outdated.Of), container.NewVScroll(rows), fyne.NewSize(620, 340), q.Keep, choices...)
}

// MeanwhileWords say who saved or removed what somebody here edits, and when.
func MeanwhileWords(now *engine.Present) string {
	who, did, when := "Somebody else", "saved", ""
	if now.By != "" {
		who = text.Capital(engine.Printable(string(now.By)))
	}
	if now.Removed {
		did = "removed"
	}
	if !now.At.IsZero() {
		when = " at " + text.Time(now.At)
	}
	return who + " " + did + " it" + when + ", while you edited it."
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
