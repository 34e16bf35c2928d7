package ui

import (
	"image"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// TestShortcutsAreReadInEveryTheme measures the contrast in the drawn picture: Fyne's own way of drawing them gives 1.77 in the dark.
func TestShortcutsAreReadInEveryTheme(t *testing.T) {
	for _, look := range []kit.Appearance{kit.Light, kit.Dark, kit.Contrast} {
		s := uitest.NewStage(t)
		settings := fyne.CurrentApp().Settings()
		settings.SetTheme(kit.Theme{Appearance: look})
		shell := NewShell(s.Console, Pages(s.Console)...)
		shell.Update(s.State(t))
		shell.Show("rules")
		shortcuts := 0
		for _, menu := range s.Window.MainMenu().Items {
			drawn := widget.NewMenu(menu)
			s.Window.SetContent(drawn)
			picture := software.RenderCanvas(s.Window.Canvas(), settings.Theme())
			screen.Walk(drawn, func(o fyne.CanvasObject) {
				text, ok := o.(*canvas.Text)
				if !ok || !strings.Contains(text.Text, "\t") {
					return
				}
				shortcuts++
				at := fyne.CurrentApp().Driver().AbsolutePositionForObject(text)
				begins := text.Text[:strings.LastIndexByte(text.Text, '\t')+1]
				x, y := int(at.X+fyne.MeasureText(begins, text.TextSize, text.TextStyle).Width), int(at.Y)
				end := int(at.X + fyne.MeasureText(text.Text, text.TextSize, text.TextStyle).Width)
				// Thin strokes are lighter than their colour: at scale 1 the darkest point of a digit has three quarters of its contrast.
				if got := screen.DrawnContrast(picture, image.Rect(x, y, end, y+int(text.MinSize().Height)), kit.Color(theme.ColorNameMenuBackground)); got < 7 {
					t.Errorf("%s: %q has a contrast of %.2f", look, text.Text, got)
				}
			})
		}
		if shortcuts < 15 {
			t.Errorf("%s: %d shortcuts", look, shortcuts)
		}
	}
}
