package settings

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// keeper stands for the broker's keeper of alarms.
type keeper struct {
	secrets engine.AlarmSecrets
	status  []engine.AlarmReceiverStatus
	problem string
}

func (k *keeper) Configure(_ engine.AlarmSettings, secrets engine.AlarmSecrets) { k.secrets = secrets }
func (k *keeper) Tell(engine.Finding)                                           {}
func (k *keeper) Test(_ context.Context, receiver engine.AlarmReceiver) engine.AlarmTestResult {
	return engine.AlarmTestResult{Receiver: receiver, Problem: k.problem}
}
func (k *keeper) Status() []engine.AlarmReceiverStatus { return k.status }
func (k *keeper) Lost() uint64                         { return 0 }

// entryOf and checkOf find what is typed in and ticked in the dialog that is open.
func entryOf(t *testing.T, s *uitest.Stage, number int) *kit.FormEntry {
	t.Helper()
	var found []*kit.FormEntry
	screen.Walk(s.Window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if entry, is := o.(*kit.FormEntry); is {
			found = append(found, entry)
		}
	})
	if number >= len(found) {
		t.Fatalf("the dialog has %d entries", len(found))
	}
	return found[number]
}

func checkOf(t *testing.T, s *uitest.Stage, title string) *widget.Check {
	t.Helper()
	var found *widget.Check
	screen.Walk(s.Window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if check, is := o.(*widget.Check); is && check.Text == title {
			found = check
		}
	})
	if found == nil {
		t.Fatalf("the dialog has no %q", title)
	}
	return found
}

func alarmsPage(t *testing.T) (*uitest.Stage, *view, *keeper) {
	t.Helper()
	s, _, state := uitest.Linked(t)
	k := new(keeper)
	authority, err := identity.NewAuthority(engine.NewID(), uitest.Moment)
	if err != nil {
		t.Fatal(err)
	}
	s.Local.Config.Alarms = k
	s.Local.Config.Authority = func() (*identity.Authority, error) { return authority, nil }
	page := New(s.Console).(*view)
	s.Window.SetContent(page.Content())
	page.Update(state)
	return s, page, k
}

func TestAReceiverOfAlarmsIsSetUpTestedAndTakenAway(t *testing.T) {
	s, page, k := alarmsPage(t)
	screen.MustContain(t, screen.Text(page.alarms.content), "Syslog", "not set up")
	d := showSyslog(page.alarms)
	if !d.save.Disabled() {
		t.Error("nothing can be saved")
	}
	entryOf(t, s, 0).SetText("logs.example")
	screen.MustContain(t, d.fields["address"].Problem(), "is not an address with a port")
	entryOf(t, s, 0).SetText("logs.example:6514")
	screen.Press(t, s.Window, "Save")
	screen.MustContain(t, screen.Text(page.alarms.content), "logs.example:6514 over TLS")
	screen.Press(t, s.Window, "Send a test alarm")
	if strings.Contains(uitest.Top(s), "did not go through") {
		t.Error(uitest.Top(s))
	}
	k.problem = "connection refused"
	screen.Press(t, s.Window, "Send a test alarm")
	screen.MustContain(t, uitest.Top(s), "did not go through", "connection refused")
	screen.Press(t, s.Window, "Close")
	showSyslog(page.alarms)
	screen.Press(t, s.Window, "Take it away")
	if strings.Contains(screen.Text(page.alarms.content), "logs.example") {
		t.Error("it is still there")
	}
}

func TestTheKeyOfAWebhookIsTypedHiddenAndForgotten(t *testing.T) {
	s, page, k := alarmsPage(t)
	d := showWebhook(page.alarms)
	url, key := entryOf(t, s, 0), entryOf(t, s, 1)
	if !key.Password {
		t.Error("the key is shown while it is typed")
	}
	screen.MustContain(t, uitest.Top(s), "over http:// alarms can be read on the way")
	url.SetText("https://alarms.example")
	key.SetText("short")
	screen.MustContain(t, d.fields["key"].Problem(), "16 to 256")
	key.SetText("correct horse battery staple")
	screen.Press(t, s.Window, "Save")
	if k.secrets.WebhookKey != "correct horse battery staple" || key.Text != "" {
		t.Errorf("the keeper has %d characters, the field %d", len(k.secrets.WebhookKey), len(key.Text))
	}
	again := showWebhook(page.alarms)
	if text := uitest.Top(s); strings.Contains(text, "horse") || !strings.Contains(text, "empty leaves the one that is kept") {
		t.Error(text)
	}
	// What somebody else has set meanwhile is not written over.
	other := page.alarms.shown.Settings
	other.Switch(engine.LegOpen, true)
	if _, err := s.Local.PutAlarms(t.Context(), engine.AlarmEdit{Settings: other}); err != nil {
		t.Fatal(err)
	}
	screen.Press(t, s.Window, "Save")
	screen.MustContain(t, uitest.Top(s), "somebody else has changed the alarms meanwhile")
	again.dialog.Close()
}

func TestEachKindOfAlarmIsChosen(t *testing.T) {
	s, page, _ := alarmsPage(t)
	page.alarms.chooseKinds()
	checkOf(t, s, "Routes have an open leg").SetChecked(true)
	checkOf(t, s, "Sessions are plain and touch a public address").SetChecked(false)
	screen.Press(t, s.Window, "Save")
	alarms, err := s.Local.Alarms(t.Context())
	if err != nil || !alarms.Settings.Wants(engine.LegOpen) || alarms.Settings.Wants(engine.PlainOnPublic) {
		t.Errorf("%+v, %v", alarms, err)
	}
}

func TestAReceiverThatTakesNothingIsShownAndViewersChangeNothing(t *testing.T) {
	s, page, k := alarmsPage(t)
	if _, err := s.Local.PutAlarms(t.Context(), engine.AlarmEdit{Settings: engine.AlarmSettings{Syslog: &engine.SyslogReceiver{Address: "logs.example:514", Transport: engine.SyslogUDP}}}); err != nil {
		t.Fatal(err)
	}
	k.status = []engine.AlarmReceiverStatus{{Receiver: engine.AlarmSyslog, Sent: 3, LastSent: uitest.Moment, Waiting: 2, Failing: uitest.Moment, Problem: "connection refused"}}
	s.May = false
	state := uitest.FullState(t, s)
	state.When = state.When.Add(alarmsEvery + time.Second)
	page.Update(state)
	words := screen.Text(page.alarms.content)
	screen.MustContain(t, words, "No alarm gets through since", "connection refused", "3 alarms were sent", "2 alarms wait.")
	for _, button := range []string{"Send a test alarm", "Change…", "Choose what is told…"} {
		if strings.Contains(words, button) {
			t.Errorf("somebody who may only view is offered %q", button)
		}
	}
}
