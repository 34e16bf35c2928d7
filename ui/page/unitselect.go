package page

import (
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// UnitSelect offers the units of limits.
func UnitSelect(chosen engine.Unit, changed func(string)) *widget.Select {
	names := make([]string, len(engine.Units))
	for i, unit := range engine.Units {
		names[i] = string(unit)
	}
	s := widget.NewSelect(names, nil)
	s.Selected = string(chosen)
	s.OnChanged = changed
	return s
}
