package overview

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lockwire/assets"
	"lockwire/ui/chart"
	"lockwire/ui/kit"
	"lockwire/ui/uitest/screen"
)

func TestTheMapLooksAsItShould(t *testing.T) {
	for _, appearance := range []kit.Appearance{kit.Light, kit.Dark} {
		screen.New(t, kit.Theme{Appearance: kit.Light})
		fyne.CurrentApp().Settings().SetTheme(kit.Theme{Appearance: appearance})
		network := chart.NewNetwork()
		network.Set([]chart.Node{
			{ID: "1", Name: "fileserver", Detail: "server", Icon: theme.ComputerIcon(), Color: theme.ColorNameForeground},
			{ID: "2", Name: "a server with a name that is too long", Detail: "offline", Icon: theme.ComputerIcon(), Color: kit.ColorMuted},
			{ID: "3", Name: "vault", Detail: "repository", Icon: theme.StorageIcon(), Color: theme.ColorNameForeground, Right: true},
		}, []chart.Line{
			{From: "1", To: "3", Color: kit.ColorSealed, Width: 6, Label: "1.2 Gbit/s", Icon: theme.NewColoredResource(assets.LockClosed, kit.ColorSealed)},
			{From: "2", To: "3", Color: kit.ColorPlain, Width: 2, Label: "80 Mbit/s", Icon: theme.NewColoredResource(assets.LockOpen, kit.ColorPlain)},
		})
		window := test.NewTempWindow(t, network)
		window.Resize(fyne.NewSize(520, 180))
		test.AssertRendersToImage(t, fmt.Sprintf("network-%s.png", appearance), window.Canvas())
	}
}
