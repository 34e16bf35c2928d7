package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"lockwire/engine"
)

// answers is an administration that answers some questions itself, and leaves the others to a real one.
type answers struct {
	engine.Administration
	token  func(engine.TokenRequest) (engine.Token, error)
	tested func(context.Context, engine.RouteTest) ([]engine.RouteTestResult, error)
	backup func(context.Context, []byte, io.Writer) error

	forecast  func(context.Context, engine.ForecastQuestion) (engine.Forecast, error)
	calibrate func(context.Context, engine.ID) error
}

func (a *answers) Forecast(ctx context.Context, question engine.ForecastQuestion) (engine.Forecast, error) {
	if a.forecast == nil {
		return a.Administration.Forecast(ctx, question)
	}
	return a.forecast(ctx, question)
}

func (a *answers) Calibrate(ctx context.Context, component engine.ID) error {
	if a.calibrate == nil {
		return a.Administration.Calibrate(ctx, component)
	}
	return a.calibrate(ctx, component)
}

func (a *answers) NewToken(_ context.Context, request engine.TokenRequest) (engine.Token, error) {
	return a.token(request)
}

func (a *answers) TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
	return a.tested(ctx, test)
}

func (a *answers) Backup(ctx context.Context, passphrase []byte, to io.Writer) error {
	return a.backup(ctx, passphrase, to)
}

// linked is a stage with a source, a target and a route between them, and its state.
func linked(t testing.TB) (*stage, *answers, *State) {
	t.Helper()
	s := newStage(t)
	s.link(t)
	a := &answers{Administration: s.local}
	s.Admin = a
	return s, a, fullState(t, s)
}

func fullState(t testing.TB, s *stage) *State {
	t.Helper()
	state := s.state(t)
	routes, err := s.local.Routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	state.Routes = routes
	state.Installation.ID, state.Installation.Addresses = engine.NewID(), []string{"broker.example.org:6170"}
	return state
}

func top(s *stage) string {
	overlay := s.Window.Canvas().Overlays().Top()
	if overlay == nil {
		return ""
	}
	return textOf(overlay)
}

func mustContain(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in\n%s", w, text)
		}
	}
}

func TestAComponentThatJoinsIsSeenUntilItIsOnlineAndItsTokenIsForgotten(t *testing.T) {
	s, a, state := linked(t)
	const secret = "abcdefghijklmnop"
	var asked engine.TokenRequest
	a.token = func(request engine.TokenRequest) (engine.Token, error) {
		asked = request
		return engine.Token{Secret: secret, Expires: testMoment.Add(15 * time.Minute)}, nil
	}
	page := NewComponentsPage(s.Console).(*ComponentsPage)
	s.Window.SetContent(page.Content())
	page.Update(state)
	press(t, s.Window, "Add component…")
	if !page.adding.make.Disabled() {
		t.Error("a token can be made without a name")
	}
	test.Type(page.adding.name, "newcomer")
	test.Type(page.adding.backends, "127.0.0.1:8000\n[::1]:9000")
	press(t, s.Window, "Make the token")
	if asked.Name != "newcomer" || asked.Kind != engine.JoinComponent || asked.Role != engine.Agent || len(asked.Addresses) != 1 {
		t.Errorf("asked for %+v", asked)
	}
	shown := top(s)
	mustContain(t, shown, "sudo lockwire-agent join --service --allow-backend 127.0.0.1:8000 --allow-backend '[::1]:9000'", secret, "15 min", "6170")
	for line := range strings.SplitSeq(shown, "\n") {
		if strings.Contains(line, "lockwire-agent") && strings.Contains(line, secret) {
			t.Error("the token stands in a command line")
		}
	}
	newcomer := engine.ComponentStatus{Component: testComponent(t, "newcomer", "10.0.0.9")}
	joined := *state
	joined.Components = append(joined.Components[:len(joined.Components):len(joined.Components)], newcomer)
	page.Update(&joined)
	mustContain(t, top(s), "Joined, but not ready", "lockwire-agent status")
	if page.adding.arrival.color != ColorPlain {
		t.Error("a component that has joined is not amber")
	}
	newcomer.Online = true
	online := *state
	online.Components = append(online.Components[:len(online.Components):len(online.Components)], newcomer)
	page.Update(&online)
	mustContain(t, top(s), "Online: newcomer is here", "6171")
	if page.adding.arrival.color != ColorSealed || strings.Contains(top(s), secret) {
		t.Error("a component that is online is not green, or its token still stands there")
	}
	press(t, s.Window, "Close")
	if top(s) != "" {
		t.Error("the dialog stays")
	}
}

func TestATokenIsGoneFromTheDialogWhenItIsClosed(t *testing.T) {
	s, a, state := linked(t)
	a.token = func(engine.TokenRequest) (engine.Token, error) {
		return engine.Token{Secret: "abcdefghijklmnop", Expires: testMoment.Add(time.Minute)}, nil
	}
	d := showAddComponent(s.Console, state)
	test.Type(d.name, "newcomer")
	press(t, s.Window, "Make the token")
	late := *state
	late.When = testMoment.Add(2 * time.Minute)
	d.update(&late)
	mustContain(t, top(s), "Nobody came before the token expired", "It expired at")
	d.dialog.onEsc()
	if d.secret.Text != "" || top(s) != "" {
		t.Error("the token is still in the dialog")
	}
}

func TestBackendsToOfferAreCheckedWhileTyping(t *testing.T) {
	for text, right := range map[string]bool{
		"127.0.0.1:8000": true, "10.0.0.0/8:5432-5440,9000": true, "[::1]:9000": true, "[fd00::/8]:9000": true, "vault.example.org:443": true,
		"127.0.0.1": false, "127.0.0.1:": false, "127.0.0.1:70000": false, "10.0.0.0/40:80": false, "a b:80;reboot": false, "$(reboot):80": false, "x:1-2-3": false,
	} {
		if _, err := parseBackends(text); (err == nil) != right {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestARevocationSaysWhichSessionsEnd(t *testing.T) {
	s, _, state := linked(t)
	target := componentByName(state, "vault")
	state.Sessions = []engine.Session{{ID: engine.NewID(), Source: "x", SourceName: "fileserver", Target: target.ID, TargetName: "vault", RouteName: "nightly", State: engine.SessionLive}}
	page := NewComponentsPage(s.Console).(*ComponentsPage)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.Open(string(target.ID))
	press(t, s.Window, "Revoke…")
	mustContain(t, top(s), "1 live session ends", "nightly: fileserver to vault")
	press(t, s.Window, "Cancel")
	if c := componentByName(s.state(t), "vault"); !c.Revoked.IsZero() {
		t.Error("cancelled, and revoked all the same")
	}
	press(t, s.Window, "Revoke…")
	press(t, s.Window, "Revoke")
	if c := componentByName(s.state(t), "vault"); c.Revoked.IsZero() {
		t.Error("not revoked")
	}
}

func componentByName(state *State, name string) *engine.ComponentStatus {
	for i := range state.Components {
		if state.Components[i].Name == name {
			return &state.Components[i]
		}
	}
	return nil
}

func TestWhatChangesThingsIsAbsentForWhoMayOnlyView(t *testing.T) {
	s, _, state := linked(t)
	state.Installation.Role = engine.MayView
	for _, c := range []struct {
		page Page
		id   engine.ID
		not  []string
	}{
		{NewComponentsPage(s.Console), state.Components[0].ID, []string{"Add component…", "Revoke…", "Rename…"}},
		{NewRoutesPage(s.Console), state.Routes[0].ID, []string{"Add route…", "Remove…", "Test…"}},
		{NewSettingsPage(s.Console), "", []string{"Back up now…", "Add administrator…"}},
	} {
		s.Window.SetContent(c.page.Content())
		c.page.Update(state)
		if opener, ok := c.page.(Opener); ok && c.id != "" {
			opener.Open(string(c.id))
		}
		for _, not := range c.not {
			if strings.Contains(textOf(c.page.Content()), not) {
				t.Errorf("%s shows %q", c.page.Name(), not)
			}
		}
	}
}

func TestARouteIsAddedWithItsServiceAndEndsWithTheLineForTheTool(t *testing.T) {
	s, _, state := linked(t)
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	press(t, s.Window, "PostgreSQL")
	if !w.save.Disabled() {
		t.Error("a route without source and target can be saved")
	}
	w.sources.SetSelected([]string{"fileserver"})
	w.target.SetSelected("vault")
	w.listen.SetText("127.0.0.1")
	mustContain(t, w.listenField.problem(), "127.0.0.1:8000")
	w.listen.SetText("127.0.0.1:5432")
	w.backend.SetText("127.0.0.1:5432")
	press(t, s.Window, "Add route")
	// the target's report allows no backend
	mustContain(t, top(s), "Save this route all the same?", "allow-backend add 127.0.0.1:5432")
	if services, _ := s.local.Services(t.Context()); len(services) != 1 {
		t.Errorf("a service stays behind while its route waits: %v", services)
	}
	press(t, s.Window, "Save it")
	mustContain(t, top(s), "pg_basebackup -h 127.0.0.1 -p 5432")
	routes, err := s.local.Routes(t.Context())
	if err != nil || len(routes) != 2 {
		t.Fatalf("%d routes, %v", len(routes), err)
	}
	made := routes[1]
	if made.Name == "nightly" {
		made = routes[0]
	}
	if made.Name != "PostgreSQL to vault" || made.Flow != engine.Pull || made.Backend != "127.0.0.1:5432" || made.TargetName != "vault" || !made.Enabled {
		t.Errorf("made %+v", made)
	}
}

func TestAnOpenLegIsWarnedAboutWhileTyping(t *testing.T) {
	s, _, state := linked(t)
	w := newRouteWizard(s.Console, state, nil, nil, nil)
	press(t, s.Window, "restic REST server")
	w.listen.SetText("0.0.0.0:8000")
	if !w.warning.Visible() {
		t.Error("no warning about a listener that other machines reach")
	}
	w.listen.SetText("127.0.0.1:8001")
	if w.warning.Visible() {
		t.Error("the warning stays")
	}
}

func TestARouteThatIsLedElsewhereLeavesNoServiceBehind(t *testing.T) {
	s, _, _ := linked(t)
	services, err := s.local.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	services[0].Name = "nightly"
	if _, err := s.local.PutService(t.Context(), services[0]); err != nil {
		t.Fatal(err)
	}
	state := fullState(t, s)
	w := newRouteWizard(s.Console, state, services, &state.Routes[0], nil)
	w.backend.SetText("127.0.0.1:9999")
	press(t, s.Window, "Save")
	press(t, s.Window, "Save it")
	after, err := s.local.Services(t.Context())
	if err != nil || len(after) != 1 || after[0].Name != "nightly" || after[0].Backend != "127.0.0.1:9999" {
		t.Errorf("%+v, %v", after, err)
	}
}

func TestATestOfARouteSaysWhatItFoundAndWhatToDo(t *testing.T) {
	s, a, state := linked(t)
	a.tested = func(_ context.Context, asked engine.RouteTest) ([]engine.RouteTestResult, error) {
		if asked.Bytes != 64<<20 || asked.Compare {
			t.Errorf("asked for %+v", asked)
		}
		return []engine.RouteTestResult{{ComponentName: "fileserver", DataPort: true, Endpoint: "10.0.0.2:6171", Backend: true, Around: []string{"10.0.0.2:8000"},
			RouteTransfer: engine.RouteTransfer{Mode: engine.Sealed, Bytes: 64 << 20, Elapsed: time.Second, SourceCPU: time.Second / 10, TargetCPU: time.Second / 10}}}, nil
	}
	showRouteTest(s.Console, state.Routes[0]).compare.SetChecked(false)
	press(t, s.Window, "Start the test")
	mustContain(t, top(s), "10.0.0.2:6171", "without Lockwire at 10.0.0.2:8000", "Bind it to 127.0.0.1", "sealed", "67.11 MB in 1.00 s", "1.49")
}

func TestATestComparesSealedWithPlain(t *testing.T) {
	s, a, state := linked(t)
	a.tested = func(_ context.Context, asked engine.RouteTest) ([]engine.RouteTestResult, error) {
		if !asked.Compare {
			t.Error("no comparison was asked for")
		}
		return []engine.RouteTestResult{{ComponentName: "fileserver", DataPort: true, Endpoint: "10.0.0.2:6171", Backend: true,
			RouteTransfer: engine.RouteTransfer{Mode: engine.Plain, Bytes: 1e9, Elapsed: time.Second, SourceCPU: 300 * time.Millisecond, TargetCPU: 200 * time.Millisecond},
			Other:         &engine.RouteTransfer{Mode: engine.Sealed, Bytes: 1e9, Elapsed: 1250 * time.Millisecond, SourceCPU: 700 * time.Millisecond}}}, nil
	}
	showRouteTest(s.Console, state.Routes[0])
	press(t, s.Window, "Start the test")
	mustContain(t, top(s), "8.0 Gbit/s", "6.4 Gbit/s", "Sealed is 20 % slower", "the source takes +0.40 CPU seconds per GB", "target not known")
}

func TestATestThatIsCancelledEnds(t *testing.T) {
	s, a, state := linked(t)
	var later []func()
	s.Background = func(work func(context.Context) error, done func(error)) {
		later = append(later, func() { done(work(context.Background())) })
	}
	var ended error
	a.tested = func(ctx context.Context, _ engine.RouteTest) ([]engine.RouteTestResult, error) {
		ended = ctx.Err()
		return nil, ctx.Err()
	}
	showRouteTest(s.Console, state.Routes[0])
	press(t, s.Window, "Start the test")
	press(t, s.Window, "Cancel the test")
	for _, run := range later {
		run()
	}
	if !errors.Is(ended, context.Canceled) {
		t.Errorf("the test ended with %v", ended)
	}
	mustContain(t, top(s), "Start the test")
}

func TestABackupIsWrittenWholeOrNotAtAll(t *testing.T) {
	s, a, state := linked(t)
	path := filepath.Join(t.TempDir(), "backup.tar")
	fail := errors.New("the disk is full")
	a.backup = func(_ context.Context, passphrase []byte, to io.Writer) error {
		if string(passphrase) != "correct horse battery" {
			t.Errorf("the passphrase is %q", passphrase)
		}
		if _, err := io.WriteString(to, "archive"); err != nil {
			return err
		}
		return fail
	}
	b := showBackup(s.Console, state)
	test.Type(b.first, "correct horse battery")
	test.Type(b.second, "correct horse")
	if !b.next.Disabled() {
		t.Error("two passphrases that differ are taken")
	}
	test.Type(b.second, " battery")
	b.write(path)
	mustContain(t, top(s), "the disk is full")
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	fail = nil
	b.write(path)
	mustContain(t, top(s), "The backup is written", path)
	if text, err := os.ReadFile(path); err != nil || string(text) != "archive" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestAutomaticEncryptionIsTurnedOffOnlyAfterItsEffectWasSeen(t *testing.T) {
	s := newStage(t)
	s.link(t)
	components, err := s.local.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public, err := engine.ParseAddress("203.0.113.9")
	if err != nil {
		t.Fatal(err)
	}
	c := components[1].Component
	c.Report.Interfaces = append(c.Report.Interfaces, engine.Address{Address: public, Origin: engine.FromInterface})
	if err := s.local.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(c) }); err != nil {
		t.Fatal(err)
	}
	page := NewSettingsPage(s.Console).(*SettingsPage)
	s.Window.SetContent(page.Content())
	page.Update(fullState(t, s))
	page.automatic.SetChecked(true)
	mustContain(t, top(s), "1 link loses encryption", "fileserver")
	press(t, s.Window, "Cancel")
	if page.automatic.Checked || s.state(t).Rules.Settings.DisablePublicIPTrafficEncryption != 0 {
		t.Error("cancelled, and set all the same")
	}
	page.automatic.SetChecked(true)
	press(t, s.Window, "Change it")
	if s.state(t).Rules.Settings.DisablePublicIPTrafficEncryption != 1 {
		t.Error("not set")
	}
}

func TestASettingThatTheEngineRefusesIsToldBesideItsField(t *testing.T) {
	s, _, state := linked(t)
	page := NewSettingsPage(s.Console).(*SettingsPage)
	s.Window.SetContent(page.Content())
	page.Update(state)
	page.linger.entry.SetText("abc")
	mustContain(t, page.linger.field.problem(), "abc", "such as 15")
	page.timeZone.entry.SetText("Europe/Nowhere")
	if page.timeZone.field.problem() == "" || page.timeZone.save.Visible() {
		t.Error("an unknown time zone can be saved")
	}
	page.linger.entry.SetText("60")
	page.linger.submit()
	if got := s.state(t).Rules.Settings.LingerSeconds; got != 60 {
		t.Errorf("linger is %d", got)
	}
}

func TestPagesSayWhyTheyAreEmptyBusyOrFailed(t *testing.T) {
	s := newStage(t)
	for _, page := range []Page{NewComponentsPage(s.Console), NewRoutesPage(s.Console), NewSettingsPage(s.Console)} {
		s.Window.SetContent(page.Content())
		page.Update(&State{})
		mustContain(t, textOf(page.Content()), "Reading the")
		page.Update(&State{Problem: "connection refused"})
		mustContain(t, textOf(page.Content()), "connection refused")
		if page.Name() != "settings" {
			page.Update(s.state(t))
			mustContain(t, textOf(page.Content()), "No "+strings.TrimSuffix(page.Name(), "s")+" yet")
		}
	}
}

func TestAPageBeginsWithItsFirstRowAndThenLeavesTheChoiceToItsUser(t *testing.T) {
	s, _, state := linked(t)
	state.Sessions = []engine.Session{liveSession(engine.Sealed)}
	sessions := NewSessionsPage(s.Console).(*sessionsPage)
	components := NewComponentsPage(s.Console).(*ComponentsPage)
	routes := NewRoutesPage(s.Console).(*RoutesPage)
	for _, c := range []struct {
		page     Page
		selected func() bool
		none     func()
	}{
		{sessions, func() bool { return sessions.live.SelectionSize() == 1 }, func() { sessions.live.Select("") }},
		{components, func() bool { return components.chosen() != nil }, func() { components.table.choose("") }},
		{routes, func() bool { return routes.chosen() != nil }, func() { routes.table.choose("") }},
	} {
		s.Window.SetContent(c.page.Content())
		c.page.Update(state)
		if !c.selected() {
			t.Errorf("%s begins with nothing selected", c.page.Name())
		}
		c.none()
		c.page.Update(state)
		if c.selected() {
			t.Errorf("%s selects what its user had left", c.page.Name())
		}
	}
	asked := NewComponentsPage(s.Console).(*ComponentsPage)
	last := state.Components[len(state.Components)-1].ID
	asked.Open(string(last))
	asked.Update(state)
	if got := asked.chosen(); got == nil || got.ID != last {
		t.Errorf("it was asked for %s before anything was read, and shows %+v", last, got)
	}
}
