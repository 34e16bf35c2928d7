package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestTheFirstStartOffersItsThreeChoices(t *testing.T) {
	s := newStage(t)
	chosen := ""
	s.Window.SetContent(FirstStart(FirstStartChoices{
		Try: func() { chosen = "try" }, Broker: func() { chosen = "broker" }, Attach: func(token string) { chosen = "attach " + token },
	}))
	press(t, s.Window, "Try it")
	if chosen != "try" {
		t.Errorf("chosen: %q", chosen)
	}
	press(t, s.Window, "Run the broker here")
	if chosen != "broker" {
		t.Errorf("chosen: %q", chosen)
	}
	walk(s.Window.Content(), func(o fyne.CanvasObject) {
		if entry, ok := o.(*widget.Entry); ok && entry.Password {
			test.Type(entry, "token")
		}
	})
	press(t, s.Window, "Attach")
	if chosen != "attach token" {
		t.Errorf("chosen: %q", chosen)
	}
}

func TestClosingSaysOverHowManyRoutesBackupsWillBeRefused(t *testing.T) {
	for routes, want := range map[int]string{
		-1: "Backups over its routes will be refused", 0: "No route is turned on", 1: "Backups over 1 route will be refused", 3: "Backups over 3 routes will be refused",
	} {
		if text := closeText(routes); !strings.Contains(text, want) {
			t.Errorf("%d routes: %q", routes, text)
		}
	}
}
