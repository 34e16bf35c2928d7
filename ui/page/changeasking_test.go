package page

import (
	"fmt"
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
	cut := engine.NewAsk(engine.AskCut, "1 live session is cut", "id")
	effect := engine.Effect{StaleSessions: []engine.StaleSession{{ID: "id", Source: "fileserver", Target: "vault"}}, Cut: &cut}
	for _, fate := range []string{letFinish, cutNow} {
		var got engine.Confirmation
		askEffect(c, "Save?", "Save the rule", effect, "", letFinish, nil, func(c engine.Confirmation) { got = c })
		if words := screen.Text(c.Window.Canvas().Overlays().Top()); !strings.Contains(words, "fileserver to vault") {
			t.Errorf("the question says %q", words)
		}
		choose(t, c.Window, fate)
		screen.Press(t, c.Window, "Save the rule")
		if got.Cut != map[string]string{letFinish: "", cutNow: cut.Digest}[fate] || len(got.Asks) != 0 {
			t.Errorf("%s: %+v", fate, got)
		}
	}
}

// lostLinks are links that lose encryption, behind as many that gain it and stand before them by name.
func lostLinks(n int) engine.Effect {
	plain, sealed := engine.SessionDecision{Decision: engine.Decision{Mode: engine.Plain}}, engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}
	var effect engine.Effect
	for i := range n {
		effect.Links = append(effect.Links, engine.LinkEffect{Source: fmt.Sprintf("a%04d", i), Target: "vault", Before: plain, After: sealed})
	}
	for i := range n {
		effect.Links = append(effect.Links, engine.LinkEffect{Source: fmt.Sprintf("b%04d", i), Target: "vault", Before: sealed, After: plain})
	}
	return effect
}

func TestAQuestionListsAHundredLostLinksAndCountsTheRest(t *testing.T) {
	c := &Console{Window: screen.New(t, kit.Theme{Appearance: kit.Light})}
	for n, want := range map[int]string{ShownLinks: "100 links lose encryption", ShownLinks + 1: "and 1 more link that loses encryption", 3000: "and 2,900 more links that lose encryption"} {
		askEffect(c, "Save?", "Save the rule", lostLinks(n), "", letFinish, nil, func(engine.Confirmation) {})
		words := screen.Text(c.Window.Canvas().Overlays().Top())
		if !strings.Contains(words, fmt.Sprintf("b%04d to vault", ShownLinks-1)) || strings.Contains(words, fmt.Sprintf("b%04d to vault", ShownLinks)) || !strings.Contains(words, want) {
			t.Errorf("of %d lost links not the first %d are listed, or %q is not said", n, ShownLinks, want)
		}
		screen.Press(t, c.Window, "Cancel")
	}
}

func TestWhatSavingChangesShowsLostLinksFirst(t *testing.T) {
	effect := lostLinks(ShownLinks)
	screen.New(t, kit.Theme{Appearance: kit.Light})
	var words string
	for _, part := range EffectParts(&effect) {
		words += screen.Text(part) + "\n"
	}
	if !strings.Contains(words, fmt.Sprintf("b%04d to vault", ShownLinks-1)) || strings.Contains(words, "a0000 to vault") {
		t.Errorf("links that lose encryption are left out for others: %.300q", words)
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
