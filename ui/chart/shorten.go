package chart

import "fyne.io/fyne/v2"

// Shorten cuts a text of a size and style to a width, with an ellipsis.
func Shorten(text string, size float32, style fyne.TextStyle, width float32) string {
	fits := func(s string) bool { return fyne.MeasureText(s, size, style).Width <= width }
	if text == "" || fits(text) {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high {
		if middle := (low + high + 1) / 2; fits(string(runes[:middle]) + "…") {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return string(runes[:low]) + "…"
}
