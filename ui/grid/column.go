package grid

import (
	"fyne.io/fyne/v2"

	"lockwire/ui/chart"
	"lockwire/ui/text"
)

// Column says what of a row one column shows.
type Column[T any] struct {
	ID    string // for what is remembered
	Title string
	// Width is in Fyne's units. A flexible column also takes its part of what is left over.
	Width    float32
	Flexible bool
	// Bare is the width while no row has a text in the column, which then gives its room to the flexible ones; 0 keeps Width.
	Bare  float32
	Align fyne.TextAlign
	Text  func(T) string
	// Icon is drawn before the text, and Color colours both; nil means no icon, and the theme's foreground.
	Icon  func(T) fyne.Resource
	Color func(T) fyne.ThemeColorName
	// Bar is drawn before the text; ok is false for a row without a bar. Nil is a column without bars.
	Bar func(T) (level chart.Level, ok bool)
	// Trend is drawn before the text, in the colour TrendColor.
	Trend      func(T) chart.Trend
	TrendColor func(T) fyne.ThemeColorName
	// Tip is shown while the mouse is over a cell; nil or an empty text shows the cell's text if it was cut.
	Tip func(T) string
	// Compare sorts by the column; nil sorts by its text.
	Compare func(a, b T) int
	// Unordered columns cannot be sorted by.
	Unordered bool
	// Descending makes the first click on the title sort downward: the largest or the newest first.
	Descending bool
	// Yields hides the column while the grid is too narrow, the highest number first; 0 never hides it.
	Yields int
	// Hidden columns are not shown until the user chooses them.
	Hidden bool
}

// compare orders two rows by the column.
func (c *Column[T]) compare(a, b T) int {
	if c.Compare != nil {
		return c.Compare(a, b)
	}
	return text.Compare(c.Text(a), c.Text(b))
}
