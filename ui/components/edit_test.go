package components

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestARevocationSaysWhichSessionsEnd(t *testing.T) {
	s, a, state := uitest.Linked(t)
	target := uitest.ComponentByName(state, "vault")
	a.OnPreview = func(effect *engine.Effect) {
		effect.EndingSessions = []engine.EndingSession{{ID: engine.NewID(), Source: "fileserver", Target: "vault", Route: "nightly", Bytes: 5_000_000}}
	}
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(target.ID))
	screen.Press(t, s.Window, "Revoke…")
	screen.MustContain(t, uitest.Top(s), "1 live session ends", "nightly: fileserver to vault, 5.00 MB so far")
	screen.Press(t, s.Window, "Cancel")
	if c := uitest.ComponentByName(s.State(t), "vault"); !c.Revoked.IsZero() {
		t.Error("cancelled, and revoked all the same")
	}
	screen.Press(t, s.Window, "Revoke…")
	screen.Press(t, s.Window, "Revoke")
	if c := uitest.ComponentByName(s.State(t), "vault"); c.Revoked.IsZero() {
		t.Error("not revoked")
	}
}

// opened is a page with vault selected, and a dialog that edits it.
func opened(t *testing.T, edit func(*view)) (*uitest.Stage, *engine.ComponentStatus) {
	t.Helper()
	s, _, state := uitest.Linked(t)
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	vault := uitest.ComponentByName(state, "vault")
	page.Open(string(vault.ID))
	edit(page)
	return s, vault
}

// fieldIn gives the topmost dialog's first field.
func fieldIn(t *testing.T, s *uitest.Stage) *kit.FormEntry {
	t.Helper()
	var found *kit.FormEntry
	screen.Walk(s.Window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		switch entry := o.(type) {
		case *kit.FormEntry:
			found = cmp.Or(found, entry)
		case *kit.PickEntry:
			found = cmp.Or(found, &entry.FormEntry)
		}
	})
	if found == nil {
		t.Fatal("there is no field")
	}
	return found
}

// TestAComponentThatSomebodyElseEditedIsShownBothWays edits each field of a component that somebody else has just edited.
func TestAComponentThatSomebodyElseEditedIsShownBothWays(t *testing.T) {
	limit := func(n uint64) *engine.Limit { return &engine.Limit{Value: n, Unit: engine.MegabitsPerSecond} }
	for name, test := range map[string]struct {
		open         func(*view)
		theirs       func(engine.ID) engine.Change
		typed, field string
		shown        []string // by the dialog
		theirText    string   // in the field after Reload
		mine         func(*engine.ComponentStatus) bool
	}{
		"name": {(*view).rename, func(id engine.ID) engine.Change {
			return engine.Change{Rename: &engine.Renaming{Component: id, Name: "theirs"}}
		},
			"mine", "name", []string{"mine", "theirs"}, "theirs", func(c *engine.ComponentStatus) bool { return c.Name == "mine" }},
		"tags": {(*view).tags, func(id engine.ID) engine.Change {
			return engine.Change{Tags: &engine.TagChange{Component: id, Tags: []string{"theirs"}}}
		}, "mine", "tags", []string{"mine", "theirs"}, "theirs", func(c *engine.ComponentStatus) bool { return slices.Equal(c.Tags, []string{"mine"}) }},
		"limit": {(*view).limit, func(id engine.ID) engine.Change {
			return engine.Change{Limit: &engine.LimitChange{Component: id, Limit: limit(7)}}
		},
			"9", "limit", []string{"9 Mbit/s", "7 Mbit/s"}, "7", func(c *engine.ComponentStatus) bool { return c.LocalLimit != nil && *c.LocalLimit == *limit(9) }},
	} {
		for _, press := range []string{"Take theirs", "Save mine over it"} {
			t.Run(name+", "+press, func(t *testing.T) {
				s, vault := opened(t, test.open)
				if _, err := s.Local.Apply(t.Context(), test.theirs(vault.ID), engine.Confirmation{}); err != nil {
					t.Fatal(err)
				}
				tick(s, "Limit what this component sends")
				fieldIn(t, s).SetText(test.typed)
				screen.Press(t, s.Window, "Save")
				screen.MustContain(t, uitest.Top(s), append([]string{"Changed meanwhile", test.field, "Mine", "Theirs"}, test.shown...)...)
				screen.Press(t, s.Window, press)
				now := componentByID(s.State(t).Components, vault.ID)
				if press == "Save mine over it" {
					if !test.mine(now) || uitest.Top(s) != "" {
						t.Errorf("stored %+v, and it shows %q", now.Component, uitest.Top(s))
					}
					return
				}
				if test.mine(now) {
					t.Fatal("it was written over")
				}
				screen.MustContain(t, uitest.Top(s), test.theirText)
				fieldIn(t, s).SetText(test.typed)
				screen.Press(t, s.Window, "Save")
				if now := componentByID(s.State(t).Components, vault.ID); !test.mine(now) || uitest.Top(s) != "" {
					t.Errorf("after Reload it cannot be saved: %+v, %q", now.Component, uitest.Top(s))
				}
			})
		}
	}
}

func componentByID(all []engine.ComponentStatus, id engine.ID) *engine.ComponentStatus {
	return &all[slices.IndexFunc(all, func(c engine.ComponentStatus) bool { return c.ID == id })]
}

// tick sets a check of the topmost dialog, where it has it.
func tick(s *uitest.Stage, label string) {
	screen.Walk(s.Window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if check, ok := o.(*widget.Check); ok && check.Text == label {
			check.SetChecked(true)
		}
	})
}

func TestWhatWasTypedOfAComponentStaysWhileTheBrokerIsAway(t *testing.T) {
	s, vault := opened(t, (*view).rename)
	fieldIn(t, s).SetText("archive")
	s.Broken = errors.New("the broker cannot be reached")
	screen.Press(t, s.Window, "Save")
	screen.MustContain(t, uitest.Top(s), "cannot be reached", "what you typed is still here")
	s.Broken = nil
	screen.Press(t, s.Window, "Close")
	screen.Press(t, s.Window, "Save")
	if now := componentByID(s.State(t).Components, vault.ID); now.Name != "archive" || uitest.Top(s) != "" {
		t.Errorf("it is called %q, and it shows %q", now.Name, uitest.Top(s))
	}
}
