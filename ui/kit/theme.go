package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Appearance is one of the console's themes.
type Appearance string

const (
	Light    Appearance = "light"
	Dark     Appearance = "dark"
	Contrast Appearance = "contrast" // high contrast, dark
	System   Appearance = "system"   // light or dark, as the desktop is
)

// Appearances are all that a user can choose.
var Appearances = []Appearance{System, Light, Dark, Contrast}

// Our own colours, besides Fyne's. A colour never stands alone: a sign or a word goes with it.
const (
	ColorSealed     fyne.ThemeColorName = "lockwire.sealed"     // text and signs of what is encrypted
	ColorPlain      fyne.ThemeColorName = "lockwire.plain"      // of what is not
	ColorRefused    fyne.ThemeColorName = "lockwire.refused"    // of what is refused or broken
	ColorMuted      fyne.ThemeColorName = "lockwire.muted"      // text of less weight
	ColorFocusRing  fyne.ThemeColorName = "lockwire.focusRing"  // around what has the keyboard
	ColorRail       fyne.ThemeColorName = "lockwire.rail"       // behind the rail and the status bar
	ColorLine       fyne.ThemeColorName = "lockwire.line"       // between rows and panes
	ColorRowHover   fyne.ThemeColorName = "lockwire.rowHover"   // behind the row under the mouse
	ColorRowChosen  fyne.ThemeColorName = "lockwire.rowChosen"  // behind the selected row
	ColorSealedFill fyne.ThemeColorName = "lockwire.sealedFill" // areas in charts and maps
	ColorPlainFill  fyne.ThemeColorName = "lockwire.plainFill"
	ColorLoadFill   fyne.ThemeColorName = "lockwire.loadFill" // of what machines do
)

// palette is one theme's colours. Fyne lays those for focus and hover over the ground of a button that has the keyboard or the mouse:
// they let through which button it is, and a red one stays red.
type palette map[fyne.ThemeColorName]color.Color

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

var palettes = map[Appearance]palette{
	Light: {
		theme.ColorNameBackground: rgb(0xffffff), theme.ColorNameForeground: rgb(0x1b1f24), theme.ColorNamePrimary: rgb(0x0b5cad),
		theme.ColorNameForegroundOnPrimary: rgb(0xffffff), theme.ColorNameButton: rgb(0xeceff3), theme.ColorNameDisabledButton: rgb(0xf3f4f6),
		theme.ColorNameDisabled: rgb(0x646b78), theme.ColorNamePlaceHolder: rgb(0x616975), theme.ColorNameInputBackground: rgb(0xf6f7f9),
		theme.ColorNameInputBorder: rgb(0xb9c0ca), theme.ColorNameHover: color.NRGBA{A: 0x18}, theme.ColorNamePressed: rgb(0xd3dbe5),
		theme.ColorNameSelection: rgb(0xcfe3f8), theme.ColorNameFocus: color.NRGBA{A: 0x38}, theme.ColorNameSeparator: rgb(0xd9dde3),
		theme.ColorNameScrollBar: rgb(0x9aa3af), theme.ColorNameShadow: color.NRGBA{A: 0x1c}, theme.ColorNameMenuBackground: rgb(0xffffff),
		theme.ColorNameOverlayBackground: rgb(0xffffff), theme.ColorNameHeaderBackground: rgb(0xf1f3f6), theme.ColorNameHyperlink: rgb(0x0b5cad),
		theme.ColorNameError: rgb(0xb42318), theme.ColorNameForegroundOnError: rgb(0xffffff), theme.ColorNameSuccess: rgb(0x0b6b3a),
		theme.ColorNameForegroundOnSuccess: rgb(0xffffff), theme.ColorNameWarning: rgb(0x8a5300), theme.ColorNameForegroundOnWarning: rgb(0xffffff),
		ColorFocusRing: rgb(0x8fbcea), ColorSealed: rgb(0x0b6b3a), ColorPlain: rgb(0x8a5300), ColorRefused: rgb(0xb42318), ColorMuted: rgb(0x57606c), ColorRail: rgb(0xf1f3f6),
		ColorLine: rgb(0xe3e6eb), ColorRowHover: rgb(0xf1f5f9), ColorRowChosen: rgb(0xdbe9f8), ColorSealedFill: rgb(0x3f9c6b), ColorPlainFill: rgb(0xd89a3a), ColorLoadFill: rgb(0x8ba0b8),
	},
	Dark: {
		theme.ColorNameBackground: rgb(0x1a1d21), theme.ColorNameForeground: rgb(0xe7eaee), theme.ColorNamePrimary: rgb(0x6cb2f5),
		theme.ColorNameForegroundOnPrimary: rgb(0x0b1622), theme.ColorNameButton: rgb(0x2c3138), theme.ColorNameDisabledButton: rgb(0x24282d),
		theme.ColorNameDisabled: rgb(0x8d96a3), theme.ColorNamePlaceHolder: rgb(0x98a1ae), theme.ColorNameInputBackground: rgb(0x22262b),
		theme.ColorNameInputBorder: rgb(0x4a525d), theme.ColorNameHover: color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0x1c}, theme.ColorNamePressed: rgb(0x3d4550),
		theme.ColorNameSelection: rgb(0x24486b), theme.ColorNameFocus: color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0x38}, theme.ColorNameSeparator: rgb(0x363c45),
		theme.ColorNameScrollBar: rgb(0x6b7480), theme.ColorNameShadow: color.NRGBA{A: 0x66}, theme.ColorNameMenuBackground: rgb(0x24282d),
		theme.ColorNameOverlayBackground: rgb(0x24282d), theme.ColorNameHeaderBackground: rgb(0x22262b), theme.ColorNameHyperlink: rgb(0x6cb2f5),
		theme.ColorNameError: rgb(0xff8a7d), theme.ColorNameForegroundOnError: rgb(0x2a0905), theme.ColorNameSuccess: rgb(0x5fd394),
		theme.ColorNameForegroundOnSuccess: rgb(0x06210f), theme.ColorNameWarning: rgb(0xf0b557), theme.ColorNameForegroundOnWarning: rgb(0x291a02),
		ColorFocusRing: rgb(0x3b76ad), ColorSealed: rgb(0x5fd394), ColorPlain: rgb(0xf0b557), ColorRefused: rgb(0xff8a7d), ColorMuted: rgb(0xa5aebb), ColorRail: rgb(0x15181b),
		ColorLine: rgb(0x2e343c), ColorRowHover: rgb(0x23272d), ColorRowChosen: rgb(0x22384f), ColorSealedFill: rgb(0x3f9c6b), ColorPlainFill: rgb(0xc98a2e), ColorLoadFill: rgb(0x6b7f96),
	},
	Contrast: {
		theme.ColorNameBackground: rgb(0x000000), theme.ColorNameForeground: rgb(0xffffff), theme.ColorNamePrimary: rgb(0xffe14d),
		theme.ColorNameForegroundOnPrimary: rgb(0x000000), theme.ColorNameButton: rgb(0x3a3a3a), theme.ColorNameDisabledButton: rgb(0x1f1f1f),
		theme.ColorNameDisabled: rgb(0xb8b8b8), theme.ColorNamePlaceHolder: rgb(0xc8c8c8), theme.ColorNameInputBackground: rgb(0x262626),
		theme.ColorNameInputBorder: rgb(0xffffff), theme.ColorNameHover: color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0x38}, theme.ColorNamePressed: rgb(0x666666),
		theme.ColorNameSelection: rgb(0x004a9f), theme.ColorNameFocus: color.NRGBA{R: 0x7f, G: 0x7f, B: 0x7f, A: 0x70}, theme.ColorNameSeparator: rgb(0x8a8a8a),
		theme.ColorNameScrollBar: rgb(0xe0e0e0), theme.ColorNameShadow: color.NRGBA{R: 0x80, G: 0x80, B: 0x80, A: 0xc0}, theme.ColorNameMenuBackground: rgb(0x000000),
		theme.ColorNameOverlayBackground: rgb(0x0d0d0d), theme.ColorNameHeaderBackground: rgb(0x1a1a1a), theme.ColorNameHyperlink: rgb(0x8fd0ff),
		theme.ColorNameError: rgb(0xff9d94), theme.ColorNameForegroundOnError: rgb(0x000000), theme.ColorNameSuccess: rgb(0x6dffb0),
		theme.ColorNameForegroundOnSuccess: rgb(0x000000), theme.ColorNameWarning: rgb(0xffc56b), theme.ColorNameForegroundOnWarning: rgb(0x000000),
		ColorFocusRing: rgb(0xffe14d), ColorSealed: rgb(0x6dffb0), ColorPlain: rgb(0xffc56b), ColorRefused: rgb(0xff9d94), ColorMuted: rgb(0xd0d0d0), ColorRail: rgb(0x0d0d0d),
		ColorLine: rgb(0x6a6a6a), ColorRowHover: rgb(0x262626), ColorRowChosen: rgb(0x00386f), ColorSealedFill: rgb(0x2fbf7a), ColorPlainFill: rgb(0xffa033), ColorLoadFill: rgb(0xa9bdd6),
	},
}

// Theme is the console's theme. It uses Fyne's fonts, icons and sizes unless it sets its own.
type Theme struct{ Appearance Appearance }

var _ fyne.Theme = Theme{}

// Color gives a colour of the palette, or Fyne's where the palette has none.
func (t Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	appearance := t.Appearance
	if appearance == System || appearance == "" {
		appearance = Dark
		if variant == theme.VariantLight {
			appearance = Light
		}
	}
	if c, found := palettes[appearance][name]; found {
		return c
	}
	if appearance == Light {
		return theme.DefaultTheme().Color(name, theme.VariantLight)
	}
	return theme.DefaultTheme().Color(name, theme.VariantDark)
}

// Font gives Fyne's fonts.
func (t Theme) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

// Icon gives Fyne's icons.
func (t Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size is a little denser than Fyne's default, for tables.
func (t Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameText:
		return 13
	case theme.SizeNameHeadingText:
		return 20
	case theme.SizeNameSubHeadingText:
		return 15
	case theme.SizeNameCaptionText:
		return 11
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 7
	case theme.SizeNameInlineIcon:
		return 18
	}
	return theme.DefaultTheme().Size(name)
}

// Veil dims old figures that must stay readable.
func Veil() color.Color {
	red, green, blue, _ := Color(theme.ColorNameBackground).RGBA()
	return color.NRGBA{uint8(red >> 8), uint8(green >> 8), uint8(blue >> 8), 0x90}
}

// Color gives a colour of the theme in force.
func Color(name fyne.ThemeColorName) color.Color {
	settings := fyne.CurrentApp().Settings()
	return settings.Theme().Color(name, settings.ThemeVariant())
}
