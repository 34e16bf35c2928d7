package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// showAbout shows the version, and leads to the licences.
func showAbout(c *page.Console, state *model.State) {
	list := kit.NewDetailList()
	facts := []kit.Detail{
		{Name: "Console", Value: fyne.CurrentApp().Metadata().Version, Copied: true},
		{Name: "Licence", Value: "Apache-2.0"},
	}
	if state != nil {
		facts = append(facts, kit.Detail{Name: "Broker", Value: state.Installation.Version, Copied: true}, kit.Detail{Name: "Installation", Value: string(state.Installation.ID), Copied: true})
	}
	if c.Drawing != "" {
		facts = append(facts, kit.Detail{Name: "Drawn", Value: c.Drawing})
	}
	list.Set(facts)
	icon := container.NewGridWrap(fyne.NewSquareSize(64), widget.NewIcon(assets.Icon))
	content := kit.Border(nil, nil, container.NewPadded(container.NewVBox(icon)), nil,
		container.NewVBox(kit.Wrapped("Lockwire encrypts backup traffic in flight."), list.Content))
	kit.ShowModal(c.Window, "About Lockwire", content, fyne.NewSize(520, 260), nil,
		kit.Choice{Text: "Licences of what is in it", Run: func() { showLicences(c) }},
		kit.Choice{Text: "Close", Importance: widget.HighImportance, Enter: true})
}

// licence is what one part of the programs is licensed under.
type licence struct{ part, text string }

// licencesOf reads the parts of assets.Licences.
func licencesOf(all string) []licence {
	var found []licence
	for part := range strings.SplitSeq("\n"+all, "\n==== ") {
		if name, text, is := strings.Cut(part, " ====\n"); is {
			found = append(found, licence{name, strings.TrimSpace(text)})
		}
	}
	return found
}

// showLicences lists the parts, and shows the licence of the chosen one.
func showLicences(c *page.Console) {
	licences := licencesOf(assets.Licences)
	text := kit.Wrapped("")
	text.Selectable = true
	scroll := container.NewVScroll(text)
	list := widget.NewList(func() int { return len(licences) }, func() fyne.CanvasObject {
		label := widget.NewLabel("")
		label.Truncation = fyne.TextTruncateEllipsis
		return label
	}, func(i widget.ListItemID, o fyne.CanvasObject) { o.(*widget.Label).SetText(licences[i].part) })
	list.OnSelected = func(i widget.ListItemID) {
		text.SetText(licences[i].text)
		scroll.ScrollToTop()
	}
	split := container.NewHSplit(list, scroll)
	split.Offset = 0.34
	most := c.Window.Canvas().Size().SubtractWidthHeight(40, 40)
	kit.ShowModal(c.Window, "Licences", split, fyne.NewSize(940, 640).Min(most), nil, kit.Choice{Text: "Close", Importance: widget.HighImportance, Enter: true})
	list.Select(0)
}
