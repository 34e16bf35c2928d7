package administration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// fakeAlarms notes what it is given.
type fakeAlarms struct {
	settings engine.AlarmSettings
	secrets  engine.AlarmSecrets
	told     []engine.Finding
	tested   []engine.AlarmReceiver
}

func (a *fakeAlarms) Configure(settings engine.AlarmSettings, secrets engine.AlarmSecrets) {
	a.settings, a.secrets = settings, secrets
}
func (a *fakeAlarms) Tell(f engine.Finding) { a.told = append(a.told, f) }
func (a *fakeAlarms) Test(_ context.Context, receiver engine.AlarmReceiver) engine.AlarmTestResult {
	a.tested = append(a.tested, receiver)
	return engine.AlarmTestResult{Receiver: receiver}
}
func (a *fakeAlarms) Status() []engine.AlarmReceiverStatus { return nil }
func (a *fakeAlarms) Lost() uint64                         { return 3 }

const webhookKey = "correct horse battery staple"

func withAlarms(t *testing.T) (*fixture, *fakeAlarms) {
	t.Helper()
	f, alarms := newFixture(t), new(fakeAlarms)
	f.Config.Alarms = alarms
	return f, alarms
}

func TestTheKeyOfAWebhookIsKeptAndNeverGiven(t *testing.T) {
	f, keeper := withAlarms(t)
	edit := engine.AlarmEdit{Settings: engine.AlarmSettings{Webhook: &engine.WebhookReceiver{URL: "https://alarms.example"}}, Secrets: engine.AlarmSecrets{WebhookKey: webhookKey}}
	alarms, err := f.PutAlarms(t.Context(), edit)
	if err != nil {
		t.Fatal(err)
	}
	if !alarms.WebhookKey || alarms.Settings.Revision != 1 || alarms.Lost != 3 || keeper.secrets.WebhookKey != webhookKey {
		t.Errorf("%+v, the keeper has %v", alarms, keeper.settings)
	}
	// An edit that gives none leaves it, at the same address.
	alarms.Settings.Switch(engine.LegOpen, true)
	if alarms, err = f.PutAlarms(t.Context(), engine.AlarmEdit{Settings: alarms.Settings}); err != nil || !alarms.WebhookKey || keeper.secrets.WebhookKey != webhookKey || !keeper.settings.Wants(engine.LegOpen) {
		t.Errorf("%+v, %v", alarms, err)
	}
	// Nothing that anybody can read has it: neither what is given, nor the audit, nor the database, nor a backup.
	entries, err := f.Audit(t.Context(), engine.AuditQuery{})
	if err != nil || len(entries) < 2 || entries[0].What != "alarms.set" {
		t.Fatalf("%+v, %v", entries, err)
	}
	text, err := json.Marshal(struct {
		Alarms  engine.Alarms
		Entries []engine.AuditEntry
	}{alarms, entries})
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := f.Store.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	database, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := f.Backup(t.Context(), []byte("a passphrase of some length"), &archive); err != nil {
		t.Fatal(err)
	}
	for name, holds := range map[string][]byte{"what is given": text, "the database": database, "the backup": archive.Bytes()} {
		for _, secret := range []string{webhookKey, "Y29ycmVjdCBob3JzZS"} { // the second is its beginning in base64
			if bytes.Contains(holds, []byte(secret)) {
				t.Errorf("%s holds the key", name)
			}
		}
	}
	if !bytes.Contains(database, []byte("https://alarms.example")) {
		t.Error("the copy is not looked at")
	}
	// A receiver that goes takes its key along.
	alarms.Settings.Webhook = nil
	if alarms, err = f.PutAlarms(t.Context(), engine.AlarmEdit{Settings: alarms.Settings}); err != nil || alarms.WebhookKey || keeper.secrets.WebhookKey != "" {
		t.Errorf("%+v, %v", alarms, err)
	}
}

func TestAnEditOfAlarmsIsRefusedWhereItCannotHold(t *testing.T) {
	f, keeper := withAlarms(t)
	put := func(url, key string, revision int64) error {
		_, err := f.PutAlarms(t.Context(), engine.AlarmEdit{
			Settings: engine.AlarmSettings{Revision: revision, Webhook: &engine.WebhookReceiver{URL: url}}, Secrets: engine.AlarmSecrets{WebhookKey: key},
		})
		return err
	}
	if err := put("https://alarms.example", "", 0); err == nil || !strings.Contains(err.Error(), "a key is needed") {
		t.Error("without a key:", err)
	}
	if err := put("https://alarms.example", "short", 0); err == nil || strings.Contains(err.Error(), "short") {
		t.Error("with a short key:", err)
	}
	if err := put("ftp://alarms.example", webhookKey, 0); err == nil {
		t.Error("with a wrong address")
	}
	if err := put("https://alarms.example", webhookKey, 0); err != nil {
		t.Fatal(err)
	}
	if err := put("https://alarms.example", webhookKey, 0); !errors.Is(err, engine.ErrOutdated) {
		t.Error("of an older copy:", err)
	}
	if err := put("https://mallory.example", "", 1); err == nil || !strings.Contains(err.Error(), "a key of its own") {
		t.Error("with the kept key for another address:", err)
	}
	if _, err := f.PutAlarms(t.Context(), engine.AlarmEdit{Settings: engine.AlarmSettings{Revision: 1}, Secrets: engine.AlarmSecrets{WebhookKey: webhookKey}}); err == nil {
		t.Error("a key for no webhook is taken")
	}
	if keeper.settings.Webhook.URL != "https://alarms.example" {
		t.Errorf("%+v", keeper.settings)
	}
}

func TestAlarmsAreTestedWhereTheyAreSetUp(t *testing.T) {
	f, keeper := withAlarms(t)
	if _, err := f.TestAlarms(t.Context(), ""); !errors.Is(err, engine.ErrNotFound) {
		t.Error(err)
	}
	if _, err := f.PutAlarms(t.Context(), engine.AlarmEdit{Settings: engine.AlarmSettings{Syslog: &engine.SyslogReceiver{Address: "logs.example:514", Transport: engine.SyslogUDP}}}); err != nil {
		t.Fatal(err)
	}
	if results, err := f.TestAlarms(t.Context(), ""); err != nil || len(results) != 1 || len(keeper.tested) != 1 {
		t.Errorf("%+v, %v", results, err)
	}
	if _, err := f.TestAlarms(t.Context(), engine.AlarmWebhook); !errors.Is(err, engine.ErrNotFound) {
		t.Error(err)
	}
	f.Config.Alarms = nil
	if _, err := f.TestAlarms(t.Context(), ""); !errors.Is(err, engine.ErrNoBroker) {
		t.Error(err)
	}
}

// A broker whose authority is another one cannot open what is kept, and says so instead of sending unsigned.
func TestAKeyThatCannotBeOpenedIsSaid(t *testing.T) {
	f, keeper := withAlarms(t)
	if _, err := f.PutAlarms(t.Context(), engine.AlarmEdit{Settings: engine.AlarmSettings{Webhook: &engine.WebhookReceiver{URL: "https://alarms.example"}}, Secrets: engine.AlarmSecrets{WebhookKey: webhookKey}}); err != nil {
		t.Fatal(err)
	}
	other, err := identity.NewAuthority(engine.NewID(), moment)
	if err != nil {
		t.Fatal(err)
	}
	f.Config.Authority = func() (*identity.Authority, error) { return other, nil }
	*keeper = fakeAlarms{}
	if err := f.ConfigureAlarms(t.Context()); !errors.Is(err, identity.ErrKeptSecret) || keeper.settings.Any() {
		t.Errorf("%v, %+v", err, keeper.settings)
	}
}

func TestAChangeThatTurnsEncryptionOffIsToldOnceItIsDone(t *testing.T) {
	f, keeper := withAlarms(t)
	rule := encryptRule("all")
	if _, err := f.Apply(t.Context(), engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
		t.Fatal(err)
	}
	remove := engine.Change{RemoveRule: f.rule(t, "all").ID}
	effect, err := f.Apply(t.Context(), remove, engine.Confirmation{})
	if !errors.Is(err, engine.ErrNeedsConfirmation) || len(keeper.told) != 0 {
		t.Fatalf("before it is confirmed: %v, %+v", err, keeper.told)
	}
	if _, err := f.Apply(t.Context(), remove, effect.Confirm()); err != nil {
		t.Fatal(err)
	}
	if len(keeper.told) != 1 || keeper.told[0].Kind != engine.EncryptionOff || !strings.Contains(keeper.told[0].Text, "turned encryption off for") {
		t.Errorf("%+v", keeper.told)
	}
}
