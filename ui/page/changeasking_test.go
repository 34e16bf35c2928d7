package page

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest/screen"
)

func TestStaleSessionsAreCutOnlyWhereThatWasChosen(t *testing.T) {
	c := &Console{Window: screen.New(t, kit.Theme{Appearance: kit.Light})}
	effect := engine.Effect{StaleSessions: []engine.StaleSession{{ID: engine.NewID(), Source: "fileserver", Target: "vault"}}}
	for _, fate := range []string{letFinish, cutNow} {
		var got engine.Confirmation
		askEffect(c, "Save?", effect, "", nil, func(c engine.Confirmation) { got = c })
		if words := screen.Text(c.Window.Canvas().Overlays().Top()); !strings.Contains(words, "fileserver to vault") {
			t.Errorf("the question says %q", words)
		}
		choose(t, c.Window, fate)
		screen.Press(t, c.Window, "Change it")
		if got.CutStale != (fate == cutNow) || got.LoseEncryption {
			t.Errorf("%s: %+v", fate, got)
		}
	}
}

// choose selects an option of the radio group in the topmost dialog.
func choose(t *testing.T, window fyne.Window, option string) {
	t.Helper()
	found := false
	screen.Walk(window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if group, ok := o.(*widget.RadioGroup); ok {
			group.SetSelected(option)
			found = true
		}
	})
	if !found {
		t.Fatalf("there is nothing to choose %q from", option)
	}
}
