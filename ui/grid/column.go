package grid

import (
	"strings"

	"fyne.io/fyne/v2"

	"lockwire/ui/chart"
)

// Column says what of a row one column shows.
type Column[T any] struct {
	ID    string // for what is remembered
	Title string
	// Width is in Fyne's units. A flexible column also takes its part of what is left over.
	Width    float32
	Flexible bool
	Align    fyne.TextAlign
	Text     func(T) string
	// Icon stands before the text and Color is that of both; nil is none, and the theme's foreground.
	Icon  func(T) fyne.Resource
	Color func(T) fyne.ThemeColorName
	// Bar stands before the text too, in a column of bars; ok is false where a row has none. Nil is a column without bars.
	Bar func(T) (level chart.Level, ok bool)
	// Trend stands before the text likewise, in the colour TrendColor.
	Trend      func(T) chart.Trend
	TrendColor func(T) fyne.ThemeColorName
	// Tip is what the mouse is told over a cell; nil or an empty text tells it the cell's text where that was cut.
	Tip func(T) string
	// Compare sorts by the column; nil sorts by its text.
	Compare func(a, b T) int
	// Unordered columns are not sorted by.
	Unordered bool
	// Descending has the first click on the title sort downward, as one wants the largest and the newest first.
	Descending bool
	// Yields has the column left out while the grid is too narrow for all of them, the one with the highest number first; 0 never.
	Yields int
	// Hidden columns are shown only once the user chose them.
	Hidden bool
}

// compare orders two rows by the column.
func (c *Column[T]) compare(a, b T) int {
	if c.Compare != nil {
		return c.Compare(a, b)
	}
	return compareText(c.Text(a), c.Text(b))
}

func compareText(a, b string) int {
	if order := strings.Compare(strings.ToLower(a), strings.ToLower(b)); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}
