package page

import (
	"fmt"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/kit"
)

// DecisionParts shows a decision with its steps, and what became of each rule that matched.
func DecisionParts(d *engine.Decision) []fyne.CanvasObject {
	icon, color, word := assets.LockOpen, kit.ColorPlain, "Plain"
	if d.Mode == engine.Sealed {
		icon, color, word = assets.LockClosed, kit.ColorSealed, "Sealed"
	}
	heading := widget.NewLabelWithStyle(word+", because of "+d.BecauseInShort(), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	if d.By == engine.ByNone {
		heading.SetText(word + ": nothing requires encryption")
	}
	heading.SizeName, heading.Wrapping = theme.SizeNameSubHeadingText, fyne.TextWrapWord // many rules may be named
	parts := []fyne.CanvasObject{kit.Border(nil, nil, widget.NewIcon(theme.NewColoredResource(icon, color)), nil, heading)}
	limit := "No limit holds."
	if d.Throttle != nil {
		limit = fmt.Sprintf("Limit: %s, of %s.", d.Throttle.Limit(), d.Throttle.Rule)
	}
	parts = append(parts, kit.Wrapped(limit), kit.Separated(), kit.BoldLabel("Step by step"))
	for _, step := range d.Steps {
		text := kit.Wrapped(step.Name + ": " + step.Text)
		text.TextStyle.Bold = step.Hit
		parts = append(parts, kit.Border(nil, nil, widget.NewIcon(kit.Tick(step.Hit)), nil, text))
	}
	title, verdicts := "Rules that match", d.Considered
	if d.WhyNot != nil { // it has the others
		title, verdicts = "Rules that decide", d.Deciding()
	}
	if len(verdicts) > 0 {
		parts = append(parts, kit.Separated(), kit.BoldLabel(title))
		for _, verdict := range verdicts {
			parts = append(parts, kit.Wrapped(verdict.Rule+": "+verdict.Text))
		}
	}
	if len(d.Names) > 0 {
		parts = append(parts, kit.Separated(), kit.BoldLabel("What the names in these rules stand for"))
		for _, name := range slices.Sorted(maps.Keys(d.Names)) {
			meaning := d.Names[name]
			parts = append(parts, kit.Wrapped(name+": "+meaning.InWords()))
		}
	}
	if d.WhyNot != nil {
		parts = append(parts, newWhyNotList(d.WhyNot).content)
	}
	return parts
}
