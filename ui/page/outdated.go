package page

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
)

// askOutdated shows in which fields an edit and what somebody else has saved meanwhile differ, and asks which of them is to stand.
func (a *Asking) askOutdated(outdated *engine.OutdatedError) {
	kit.Fetch(a.Console.Background, a.Console.names, func(names map[engine.ID]string, err error) {
		if err != nil {
			names = map[engine.ID]string{} // the rest of the dialog is true all the same
		}
		name := func(id engine.ID) string {
			if name, found := names[id]; found {
				return name
			}
			return string(id)
		}
		a.showOutdated(outdated, engine.Conflict(a.Change, outdated.Now, name))
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

func (a *Asking) showOutdated(outdated *engine.OutdatedError, differences []engine.Difference) {
	rows := container.NewVBox(kit.Wrapped("Somebody else changed it while you edited it. Nothing was changed by you yet."))
	if len(differences) == 0 {
		rows.Add(kit.Wrapped("What is there now is what you want."))
	} else {
		heading := func(text string) fyne.CanvasObject {
			return widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
		}
		rows.Add(container.NewGridWithColumns(3, heading(""), heading("Mine"), heading("Theirs")))
		for _, d := range differences { // each row as high as its own words are
			rows.Add(container.NewGridWithColumns(3, kit.Muted(d.Field), kit.Wrapped(engine.Printable(orNothing(d.Mine))), kit.Wrapped(engine.Printable(orNothing(d.Theirs)))))
		}
	}
	reload := func() {
		a.Console.Refresh()
		if a.Reload != nil {
			a.Reload(outdated.Now)
			return
		}
		a.leave()
	}
	choices := []kit.Choice{{Text: "Reload", Run: reload, Enter: true}}
	if len(differences) > 0 {
		choices = append(choices, kit.Choice{Text: "Save mine again", Importance: widget.HighImportance, Run: func() {
			a.Change, a.Over = a.Change.Again(outdated.Now), outdated.Now
			a.Begin()
		}})
	}
	kit.ShowModal(a.Console.Window, "Changed meanwhile: "+engine.Printable(outdated.Of), container.NewVScroll(rows), fyne.NewSize(620, 340), a.leave, choices...)
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
