package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lockwire/engine"
)

// weekParts show the limits of a pair over a week: a square for each hour with the number of its limit, and what the numbers
// mean.
func weekParts(decided *engine.Week) []fyne.CanvasObject {
	if len(decided.Limits) == 0 {
		return []fyne.CanvasObject{wrapped("No limit holds at any hour of the week.")}
	}
	parts := []fyne.CanvasObject{weekSquares(decided)}
	for i := range decided.Limits {
		limit := &decided.Limits[i]
		parts = append(parts, wrapped(fmt.Sprintf("%d: %s, of %s (not enforced yet)", i+1, limit.Limit(), limit.Rule)))
	}
	return append(parts, muted(fmt.Sprintf("The week from %s, hours in %s. A square without a number: no limit.", decided.From.Format("2 January 2006"), zoneWords(decided.TimeZone))))
}

func zoneWords(zone string) string {
	if zone == "Local" {
		return "the broker's time zone"
	}
	return zone
}

// weekSquares is the grid of a week; it is looked at and not painted.
func weekSquares(decided *engine.Week) fyne.CanvasObject {
	board := container.NewWithoutLayout()
	text := func(words string, x, y, width float32, align fyne.TextAlign, c color.Color) {
		t := canvas.NewText(words, c)
		t.TextSize, t.Alignment = theme.CaptionTextSize(), align
		t.Move(fyne.NewPos(x, y))
		t.Resize(fyne.NewSize(width, scheduleHeight-2))
		board.Add(t)
	}
	for hour := 0; hour < 24; hour += 2 {
		text(fmt.Sprint(hour), scheduleLeft+float32(hour)*scheduleCell, 0, 2*scheduleCell, fyne.TextAlignLeading, colorOf(ColorMuted))
	}
	for day := range decided.Hours {
		y := float32(scheduleTop + day*scheduleHeight)
		text(week[day].String()[:3], 4, y, scheduleLeft, fyne.TextAlignLeading, colorOf(theme.ColorNameForeground))
		for hour, place := range decided.Hours[day] {
			square := canvas.NewRectangle(colorOf(theme.ColorNameInputBackground))
			square.StrokeColor, square.StrokeWidth = colorOf(theme.ColorNameInputBorder), 1
			x := float32(scheduleLeft + hour*scheduleCell)
			square.Move(fyne.NewPos(x, y))
			square.Resize(fyne.NewSize(scheduleCell-2, scheduleHeight-2))
			board.Add(square)
			if place >= 0 {
				square.FillColor = colorOf(theme.ColorNameSelection)
				text(fmt.Sprint(place+1), x, y, scheduleCell-2, fyne.TextAlignCenter, colorOf(theme.ColorNameForeground))
			}
		}
	}
	return container.NewHBox(container.NewGridWrap(fyne.NewSize(scheduleLeft+24*scheduleCell, scheduleTop+7*scheduleHeight), board))
}
