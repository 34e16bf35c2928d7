package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/engine"
)

// decisionParts shows a decision with its steps, and what became of each rule that matched.
func decisionParts(d *engine.Decision) []fyne.CanvasObject {
	icon, color, word := assets.LockOpen, ColorPlain, "Plain"
	if d.Mode == engine.Sealed {
		icon, color, word = assets.LockClosed, ColorSealed, "Sealed"
	}
	heading := widget.NewLabelWithStyle(word+", because of "+d.Because(), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	if d.By == engine.ByNone {
		heading.SetText(word + ": nothing requires encryption")
	}
	heading.SizeName = theme.SizeNameSubHeadingText
	parts := []fyne.CanvasObject{border(nil, nil, widget.NewIcon(theme.NewColoredResource(icon, color)), nil, heading)}
	limit := "No limit holds."
	if d.Throttle != nil {
		limit = fmt.Sprintf("Limit: %s, of %s (not enforced yet).", d.Throttle.Limit(), d.Throttle.Rule)
	}
	parts = append(parts, wrapped(limit), separated(), boldLabel("Step by step"))
	for _, step := range d.Steps {
		sign := theme.NewColoredResource(theme.RadioButtonIcon(), ColorMuted)
		if step.Hit {
			sign = theme.NewColoredResource(theme.RadioButtonCheckedIcon(), theme.ColorNamePrimary)
		}
		text := wrapped(step.Name + ": " + step.Text)
		text.TextStyle.Bold = step.Hit
		parts = append(parts, border(nil, nil, widget.NewIcon(sign), nil, text))
	}
	title, verdicts := "Rules that match", d.Considered
	if d.WhyNot != nil { // it has the others
		title, verdicts = "Rules that decide", d.Deciding()
	}
	if len(verdicts) > 0 {
		parts = append(parts, separated(), boldLabel(title))
		for _, verdict := range verdicts {
			parts = append(parts, wrapped(verdict.Rule+": "+verdict.Text))
		}
	}
	if d.WhyNot != nil {
		parts = append(parts, newWhyNotList(d.WhyNot).content)
	}
	return parts
}

// separated is a line with room around it, where lines of text are dense.
func separated() fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(6, 6, 0, 0), widget.NewSeparator())
}

func boldLabel(text string) *widget.Label {
	return widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
}
