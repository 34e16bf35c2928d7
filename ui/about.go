package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
)

// showAbout says what this is, and leads to the licences of what is in it.
func showAbout(c *Console, state *State) {
	list := newDetailList()
	facts := []detail{
		{name: "Console", value: fyne.CurrentApp().Metadata().Version, copied: true},
		{name: "Licence", value: "Apache-2.0"},
	}
	if state != nil {
		facts = append(facts, detail{name: "Broker", value: state.Installation.Version, copied: true}, detail{name: "Installation", value: string(state.Installation.ID), copied: true})
	}
	list.set(facts)
	icon := container.NewGridWrap(fyne.NewSquareSize(64), widget.NewIcon(assets.Icon))
	content := border(nil, nil, container.NewPadded(container.NewVBox(icon)), nil,
		container.NewVBox(wrapped("Lockwire encrypts backup traffic in flight."), list.content))
	showModal(c.Window, "About Lockwire", content, fyne.NewSize(520, 260), nil,
		choice{text: "Licences of what is in it", run: func() { showLicences(c) }},
		choice{text: "Close", importance: widget.HighImportance, enter: true})
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
func showLicences(c *Console) {
	licences := licencesOf(assets.Licences)
	text := wrapped("")
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
	showModal(c.Window, "Licences", split, fyne.NewSize(940, 640).Min(most), nil, choice{text: "Close", importance: widget.HighImportance, enter: true})
	list.Select(0)
}
