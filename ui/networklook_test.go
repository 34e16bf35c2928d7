package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/ui/chart"
)

func TestTheMapLooksAsItShould(t *testing.T) {
	for _, appearance := range []Appearance{Light, Dark} {
		newScreen(t, Theme{Appearance: Light})
		fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
		network := chart.NewNetwork()
		network.Set([]chart.Node{
			{ID: "1", Name: "fileserver", Detail: "server", Icon: theme.ComputerIcon(), Color: theme.ColorNameForeground},
			{ID: "2", Name: "a server with a name that is too long", Detail: "offline", Icon: theme.ComputerIcon(), Color: ColorMuted},
			{ID: "3", Name: "vault", Detail: "repository", Icon: theme.StorageIcon(), Color: theme.ColorNameForeground, Right: true},
		}, []chart.Line{
			{From: "1", To: "3", Color: ColorSealed, Width: 6, Label: "1.2 Gbit/s", Icon: theme.NewColoredResource(assets.LockClosed, ColorSealed)},
			{From: "2", To: "3", Color: ColorPlain, Width: 2, Label: "80 Mbit/s", Icon: theme.NewColoredResource(assets.LockOpen, ColorPlain)},
		}, 0)
		window := test.NewTempWindow(t, network)
		window.Resize(fyne.NewSize(520, 180))
		test.AssertRendersToImage(t, fmt.Sprintf("network-%s.png", appearance), window.Canvas())
	}
}
