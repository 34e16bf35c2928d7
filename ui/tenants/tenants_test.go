package tenants

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// opened is the page with one stored tenant, which is selected.
func opened(t *testing.T, edit func(*engine.Tenant)) (*uitest.Stage, *uitest.Answers, *view) {
	t.Helper()
	s, a, _ := uitest.Linked(t)
	tenant := engine.Tenant{ID: engine.NewID(), Revision: 1, Name: "smith"}
	if edit != nil {
		edit(&tenant)
	}
	if err := s.Local.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutTenant(tenant) }); err != nil {
		t.Fatal(err)
	}
	p := New(s.Console).(*view)
	s.Show(t, p)
	return s, a, p
}

func stored(t *testing.T, s *uitest.Stage) engine.TenantStatus {
	t.Helper()
	tenants, err := s.Local.Tenants(t.Context())
	if err != nil || len(tenants) != 1 {
		t.Fatalf("%d tenants, %v", len(tenants), err)
	}
	return tenants[0]
}

func TestATenantIsAddedWithWhatItMayDo(t *testing.T) {
	s, _, _ := uitest.Linked(t)
	p := New(s.Console).(*view)
	s.Show(t, p)
	screen.MustContain(t, screen.Text(p.Content()), "No tenant yet", "A tenant is a customer")
	services, err := s.Local.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := newEdit(s.Console, engine.Tenant{}, services, nil, nil)
	if !e.save.Disabled() {
		t.Error("a tenant without a name can be added")
	}
	test.Type(e.name, "smith")
	for field, entry := range map[string]*struct {
		entry        interface{ SetText(string) }
		wrong, right string
	}{"limit": {e.limit, "fast", "200"}, "quota": {e.quota, "much", "2TB"}, "until": {e.until, "soon", "2099-12-31"}} {
		entry.entry.SetText(entry.wrong)
		if !e.save.Disabled() || e.fields()[field].Problem() == "" {
			t.Errorf("%s %q is taken", field, entry.wrong)
		}
		entry.entry.SetText(entry.right)
	}
	e.services.Choose("restic")
	screen.Press(t, s.Window, "Add tenant")
	got := stored(t, s)
	if got.Name != "smith" || len(got.Services) != 1 || got.Services[0] != services[0].ID || *got.Limit != (engine.Limit{Value: 200, Unit: engine.MegabitsPerSecond}) || got.Quota != 2e12 || got.Until.String() != "2099-12-31" {
		t.Errorf("stored %+v", got.Tenant)
	}
	p.Update(s.State(t))
	screen.MustContain(t, screen.Text(p.Content()), "no link redeemed", "Make a link", "200 Mbit/s", "0 B of 2.00 TB (0 %)", "restic")
}

func TestAnEditOfAnOutdatedTenantWritesOverNothing(t *testing.T) {
	s, _, p := opened(t, nil)
	p.edit()
	theirs := stored(t, s).Tenant
	theirs.Quota = 5e12
	if _, err := s.Local.PutTenant(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	screen.Press(t, s.Window, "Save")
	screen.MustContain(t, uitest.Top(s), "Changed meanwhile: tenant \"smith\"")
	screen.Press(t, s.Window, "Take theirs")
	screen.Press(t, s.Window, "Save")
	if got := stored(t, s); got.Quota != 5e12 || uitest.Top(s) != "" {
		t.Errorf("it has the quota %d, and %q is shown", got.Quota, uitest.Top(s))
	}
}

// What an edit ends is listed before it is saved, as it stands at that moment.
func TestAnEditListsTheSessionsThatItEnds(t *testing.T) {
	s, _, p := opened(t, nil)
	services, err := s.Local.Services(t.Context())
	if err != nil || len(services) == 0 {
		t.Fatal(err)
	}
	tenant := stored(t, s).Tenant
	tenant.Services = []engine.ID{services[0].ID}
	if tenant, err = s.Local.PutTenant(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	state := s.State(t)
	session := engine.Session{ID: engine.NewID(), Tenant: tenant.ID, SourceName: "smith 1", TargetName: "vault-1", Target: services[0].Target, Backend: services[0].Backend, ServiceName: "restic", State: engine.SessionLive, Traffic: engine.Traffic{ToTarget: 5e6}}
	state.Sessions = []engine.Session{session}
	p.Update(state)
	e := newEdit(s.Console, tenant, services, state, nil)
	const line = "restic: smith 1 to vault-1, 5.00 MB so far"
	if words := uitest.Top(s); strings.Contains(words, line) {
		t.Errorf("nothing is changed, and it shows\n%s", words)
	}
	e.until.SetText("2020-01-01")
	screen.MustContain(t, uitest.Top(s), "1 live session ends", line)
	e.until.SetText("")
	if words := uitest.Top(s); strings.Contains(words, line) {
		t.Errorf("nothing is changed any more, and it shows\n%s", words)
	}
	e.services.Choose()
	screen.MustContain(t, uitest.Top(s), line)
	state = s.State(t) // the session ends meanwhile
	s.Console.Saw(state)
	if words := uitest.Top(s); strings.Contains(words, line) {
		t.Errorf("the session is over, and it shows\n%s", words)
	}
}

func TestALinkIsShownOnceAndSaysWhatItIsGoodFor(t *testing.T) {
	s, a, p := opened(t, nil)
	const secret = "abcdefghijklmnop"
	var asked engine.LinkRequest
	answer := error(&engine.FieldError{Field: "gateways", Err: errors.New("use --gateway")})
	a.OnLinkTenant = func(request engine.LinkRequest) (engine.TenantLink, error) {
		asked = request
		return engine.TenantLink{Text: secret, Expires: uitest.Moment.Add(7 * 24 * time.Hour)}, answer
	}
	l := showLink(s.Console, stored(t, s).Tenant)
	screen.Press(t, s.Window, "Make the link")
	if l.gatewaysField.Problem() == "" || strings.Contains(uitest.Top(s), "--gateway") || strings.Contains(uitest.Top(s), secret) {
		t.Errorf("without a gateway it shows %q", uitest.Top(s))
	}
	l.gateways.SetText("gateway.example")
	if !l.make.Disabled() {
		t.Error("a gateway without a port is taken")
	}
	l.gateways.SetText("gateway.example:6180, other.example:6180")
	answer = nil
	screen.Press(t, s.Window, "Make the link")
	if asked.Tenant != stored(t, s).ID || asked.Replace || len(asked.Gateways) != 2 {
		t.Errorf("asked for %+v", asked)
	}
	screen.MustContain(t, uitest.Top(s), secret, "Copy", "once, until 2026-06-10", "can do nothing")
	screen.Press(t, s.Window, "Close")
	if l.secret.Text != "" || uitest.Top(s) != "" || strings.Contains(screen.Text(p.Content()), secret) {
		t.Error("the link stays")
	}
}

func TestALinkThatReplacesAKeyIsMadeOnlyWhereThatIsChosen(t *testing.T) {
	s, a, _ := opened(t, func(t *engine.Tenant) { t.Key, t.Linked = engine.KeyID{1}, uitest.Moment })
	var asked engine.LinkRequest
	a.OnLinkTenant = func(request engine.LinkRequest) (engine.TenantLink, error) {
		asked = request
		return engine.TenantLink{Text: "x"}, nil
	}
	l := showLink(s.Console, stored(t, s).Tenant)
	if !l.make.Disabled() {
		t.Error("a link can be made that would be refused")
	}
	l.replace.SetChecked(true)
	screen.Press(t, s.Window, "Make the link")
	if !asked.Replace {
		t.Error("it does not replace the key")
	}
}

func TestAWrongFingerprintIsRefusedWithWords(t *testing.T) {
	key := engine.KeyID{0xab, 1}
	s, _, p := opened(t, func(t *engine.Tenant) { t.Key, t.Linked = key, uitest.Moment })
	screen.MustContain(t, screen.Text(p.Content()), "pending", key.Fingerprint(), "can do nothing yet")
	f := showConfirmation(s.Console, stored(t, s).Tenant)
	f.typed.SetText("ab01")
	if !f.confirm.Disabled() {
		t.Error("four digits can be confirmed")
	}
	f.typed.SetText(engine.KeyID{0xab, 2}.Fingerprint())
	screen.Press(t, s.Window, "Confirm")
	screen.MustContain(t, uitest.Top(s), "Not confirmed", "A digit was misread", "make a new link")
	if !stored(t, s).Confirmed.IsZero() {
		t.Fatal("it is confirmed")
	}
	f.typed.SetText(strings.ToUpper(key.Fingerprint()))
	screen.Press(t, s.Window, "Confirm")
	if stored(t, s).Confirmed.IsZero() || uitest.Top(s) != "" {
		t.Errorf("it is not confirmed: %q", uitest.Top(s))
	}
	p.Update(s.State(t))
	if strings.Contains(screen.Text(p.Content()), "Confirm…") {
		t.Error("what is confirmed can be confirmed again")
	}
}

func TestATenantIsDisabledEnabledAndRemoved(t *testing.T) {
	s, _, p := opened(t, nil)
	screen.Press(t, s.Window, "Disable…")
	screen.MustContain(t, uitest.Top(s), "Nothing is forgotten")
	screen.Press(t, s.Window, "Disable")
	if !stored(t, s).Disabled {
		t.Fatal("it is not disabled")
	}
	p.Update(s.State(t))
	screen.Press(t, s.Window, "Enable")
	if stored(t, s).Disabled {
		t.Fatal("it is not enabled")
	}
	p.Update(s.State(t))
	p.key(&fyne.KeyEvent{Name: fyne.KeyDelete})
	screen.MustContain(t, uitest.Top(s), "What it has stored stays where it is")
	screen.Press(t, s.Window, "Remove")
	if tenants, _ := s.Local.Tenants(context.Background()); len(tenants) != 0 {
		t.Errorf("%d tenants stay", len(tenants))
	}
}

func TestATenantsStateIsSaidInWords(t *testing.T) {
	s, _, state := uitest.Linked(t)
	p := New(s.Console).(*view)
	state.Tenants = uitest.Tenants()
	for i, want := range []string{"active", "pending", "active", "over its quota", "no link redeemed", "disabled", "past its last day"} {
		if words, _ := stateWords(&state.Tenants[i]); words != want {
			t.Errorf("%s is %q, wanted %q", state.Tenants[i].Name, words, want)
		}
	}
	if !p.Wanted(state) {
		t.Error("a page with tenants is not on the rail")
	}
	state.Tenants = nil
	if p.Wanted(state) {
		t.Error("the page is on the rail of an installation without tenants")
	}
	state.Components[0].Role = engine.ProviderGateway
	if !p.Wanted(state) {
		t.Error("the page is not on the rail of an installation with a gateway")
	}
}
