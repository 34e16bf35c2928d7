package page

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest/screen"
)

func TestLookOfWhatSavingARuleWillChange(t *testing.T) {
	panel := NewEffectPanel(&Console{Window: screen.New(t, kit.Theme{Appearance: kit.Light})}, nil)
	window := test.NewTempWindow(t, container.NewPadded(panel.Content))
	window.Resize(fyne.NewSize(400, 620))
	sealed, plain := engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed, By: engine.ByRule, Rules: []string{"Branch uplink"}}}, engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain}}
	panel.show(EffectParts(&engine.Effect{
		Matched: 3, Pairs: 12, OtherPairs: 2,
		Links: []engine.LinkEffect{
			{Source: "fileserver", Target: "vault", Before: sealed, After: plain},
			{Source: "database", Target: "a component with a name that is far too long for the panel", Before: plain, After: sealed},
		},
		StaleSessions: []engine.StaleSession{{Source: "fileserver", Target: "vault", Before: sealed, After: plain}},
	})...)
	test.AssertRendersToImage(t, "effectpanel.png", window.Canvas())
}
