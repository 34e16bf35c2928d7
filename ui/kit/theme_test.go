package kit

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/uitest/screen"
)

func TestTextIsReadableInEveryTheme(t *testing.T) {
	texts := []fyne.ThemeColorName{theme.ColorNameForeground, ColorSealed, ColorPlain, ColorRefused, ColorMuted, theme.ColorNamePlaceHolder, theme.ColorNameDisabled, theme.ColorNameHyperlink, theme.ColorNameError}
	grounds := []fyne.ThemeColorName{theme.ColorNameBackground, ColorRail, ColorRowHover, ColorRowChosen, theme.ColorNameHeaderBackground, theme.ColorNameOverlayBackground, theme.ColorNameInputBackground}
	for appearance, palette := range palettes {
		for _, ground := range grounds {
			for _, text := range texts {
				// A disabled or example text never stands on a selected row.
				if ground == ColorRowChosen && (text == theme.ColorNamePlaceHolder || text == theme.ColorNameDisabled || text == theme.ColorNameHyperlink || text == theme.ColorNameError) {
					continue
				}
				if got := screen.Contrast(palette[text], palette[ground]); got < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, wanted 4.5", appearance, text, ground, got)
				}
			}
		}
		for text, ground := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameForegroundOnPrimary: theme.ColorNamePrimary, theme.ColorNameForegroundOnError: theme.ColorNameError,
			theme.ColorNameForegroundOnWarning: theme.ColorNameWarning, theme.ColorNameForegroundOnSuccess: theme.ColorNameSuccess,
		} {
			if got := screen.Contrast(palette[text], palette[ground]); got < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, wanted 4.5", appearance, text, ground, got)
			}
		}
	}
}

func TestEveryThemeHasTheSameColours(t *testing.T) {
	for appearance, palette := range palettes {
		for name := range palettes[Light] {
			if palette[name] == nil {
				t.Errorf("%s has no colour %s", appearance, name)
			}
		}
		if len(palette) != len(palettes[Light]) {
			t.Errorf("%s has %d colours, light has %d", appearance, len(palette), len(palettes[Light]))
		}
	}
}

// blended is a colour laid over another.
func blended(top, ground color.Color) color.Color {
	r, g, b, a := top.RGBA()
	x, y, z, _ := ground.RGBA()
	blend := func(above, below uint32) uint16 { return uint16(above + below*(0xffff-a)/0xffff) }
	return color.RGBA64{R: blend(r, x), G: blend(g, y), B: blend(b, z), A: 0xffff}
}

// A focused button is told from one that is not, is read, and keeps its colour: red says that something is lost.
func TestAFocusedButtonIsReadAndKeepsItsColour(t *testing.T) {
	for appearance, palette := range palettes {
		for ground, text := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameButton: theme.ColorNameForeground, theme.ColorNameError: theme.ColorNameForegroundOnError, theme.ColorNamePrimary: theme.ColorNameForegroundOnPrimary,
			theme.ColorNameSuccess: theme.ColorNameForegroundOnSuccess, theme.ColorNameWarning: theme.ColorNameForegroundOnWarning,
			theme.ColorNameMenuBackground: theme.ColorNameForeground, // the chosen entry of a menu
		} {
			focused := blended(palette[theme.ColorNameFocus], palette[ground])
			if got := screen.Contrast(focused, palette[text]); got < 4.5 {
				t.Errorf("%s: the text of a focused %s has a contrast of %.2f, wanted 4.5", appearance, ground, got)
			}
			if got := screen.Contrast(focused, palette[ground]); got < 1.12 {
				t.Errorf("%s: a focused %s has a contrast of %.2f to one that is not, wanted 1.12", appearance, ground, got)
			}
		}
		if r, g, b, _ := blended(palette[theme.ColorNameFocus], palette[theme.ColorNameError]).RGBA(); r < g+0x2000 || r < b+0x2000 {
			t.Errorf("%s: a focused red button is %x %x %x", appearance, r>>8, g>>8, b>>8)
		}
	}
}

// A button under the mouse is read, too: a ground that let nothing through left white words on nearly white.
func TestAButtonUnderTheMouseIsReadAndKeepsItsColour(t *testing.T) {
	for appearance, palette := range palettes {
		for ground, text := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameButton: theme.ColorNameForeground, theme.ColorNameError: theme.ColorNameForegroundOnError, theme.ColorNamePrimary: theme.ColorNameForegroundOnPrimary,
			ColorRail: theme.ColorNameForeground, theme.ColorNameMenuBackground: theme.ColorNameForeground,
		} {
			hovered := blended(palette[theme.ColorNameHover], palette[ground])
			if got := screen.Contrast(hovered, palette[text]); got < 4.5 {
				t.Errorf("%s: the text of a %s under the mouse has a contrast of %.2f, wanted 4.5", appearance, ground, got)
			}
			if got := screen.Contrast(hovered, palette[ground]); got < 1.04 {
				t.Errorf("%s: a %s under the mouse has a contrast of %.2f to one that is not, wanted 1.04", appearance, ground, got)
			}
		}
		if r, g, b, _ := blended(palette[theme.ColorNameHover], palette[theme.ColorNameError]).RGBA(); r < g+0x2000 || r < b+0x2000 {
			t.Errorf("%s: a red button under the mouse is %x %x %x", appearance, r>>8, g>>8, b>>8)
		}
	}
}

// The bar is drawn in the colour of shadows, which on black are none.
func TestASplitBarIsSeenInHighContrast(t *testing.T) {
	ground := palettes[Contrast][theme.ColorNameBackground]
	if got := screen.Contrast(blended(palettes[Contrast][theme.ColorNameShadow], ground), ground); got < 3 {
		t.Errorf("it has a contrast of %.2f, wanted 3", got)
	}
}

// Fyne draws no border around a button or a choice: its ground alone tells it from what is around it.
func TestButtonsStandOutInHighContrast(t *testing.T) {
	for _, ground := range []fyne.ThemeColorName{theme.ColorNameBackground, theme.ColorNameOverlayBackground, ColorRail} {
		for _, button := range []fyne.ThemeColorName{theme.ColorNameButton, theme.ColorNameInputBackground} {
			if got := screen.Contrast(palettes[Contrast][button], palettes[Contrast][ground]); got < 1.25 {
				t.Errorf("%s on %s has a contrast of %.2f, wanted 1.25", button, ground, got)
			}
		}
	}
}

// TestAFocusedRedButtonIsDrawnRed measures what Fyne makes of the colours: a blue one would not say that something is lost.
func TestAFocusedRedButtonIsDrawnRed(t *testing.T) {
	for _, appearance := range []Appearance{Light, Dark, Contrast} {
		window := screen.New(t, Theme{Appearance: appearance})
		button := widget.NewButton("Revoke", nil)
		button.Importance = widget.DangerImportance
		window.SetContent(container.NewCenter(button))
		drawn := func() color.Color {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(button)
			return software.RenderCanvas(window.Canvas(), fyne.CurrentApp().Settings().Theme()).At(int(at.X)+4, int(at.Y+button.Size().Height/2))
		}
		before := drawn()
		window.Canvas().Focus(button)
		focused := drawn()
		if r, g, b, _ := focused.RGBA(); r < g+0x2000 || r < b+0x2000 {
			t.Errorf("%s: it is %v", appearance, focused)
		}
		if screen.Contrast(before, focused) < 1.12 {
			t.Errorf("%s: focused it is %v, else %v", appearance, focused, before)
		}
	}
}
