package ui

import (
	"slices"
	"strings"
	"testing"

	"lockwire/assets"
	"lockwire/ui/rules"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAboutSaysTheVersionAndTheLicences(t *testing.T) {
	s := uitest.NewStage(t)
	s.Show(t, rules.New(s.Console))
	s.Console.Drawing = "by software: this display has no OpenGL"
	showAbout(s.Console, s.State(t))
	about := s.Window.Canvas().Overlays().Top()
	for _, want := range []string{"About Lockwire", "Broker", "test", "Apache-2.0", s.Console.Drawing} {
		if !strings.Contains(screen.Text(about), want) {
			t.Errorf("About does not say %q:\n%s", want, screen.Text(about))
		}
	}
	screen.Press(t, s.Window, "Licences of what is in it")
	if shown := screen.Text(s.Window.Canvas().Overlays().Top()); !strings.Contains(shown, "Copyright 2009 The Go Authors") {
		t.Errorf("the first licence is not Go's:\n%s", shown)
	}
}

func TestEachLicenceHasItsPartAndText(t *testing.T) {
	all := licencesOf(assets.Licences)
	for _, want := range []string{"Go", "fyne.io/fyne/v2 ", "google.golang.org/grpc ", "github.com/mattn/go-sqlite3 "} {
		if !slices.ContainsFunc(all, func(l licence) bool { return strings.HasPrefix(l.part, want) && len(l.text) > 500 }) {
			t.Errorf("there is no licence of %s", want)
		}
	}
}
