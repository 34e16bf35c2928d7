package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSettingsOfAlarmsAreChecked(t *testing.T) {
	syslog := func(address, transport, ca string) AlarmSettings {
		return AlarmSettings{Syslog: &SyslogReceiver{Address: address, Transport: SyslogTransport(transport), CA: ca}}
	}
	webhook := func(url string) AlarmSettings { return AlarmSettings{Webhook: &WebhookReceiver{URL: url}} }
	for name, test := range map[string]struct {
		settings AlarmSettings
		field    string // empty: it is taken
	}{
		"nothing":                     {AlarmSettings{}, ""},
		"syslog over UDP":             {syslog("logs.example:514", "udp", ""), ""},
		"syslog over TLS":             {syslog("[2001:db8::1]:6514", "tls", ""), ""},
		"syslog without a port":       {syslog("logs.example", "udp", ""), "address"},
		"syslog on port 0":            {syslog("logs.example:0", "udp", ""), "address"},
		"syslog by pigeon":            {syslog("logs.example:514", "pigeon", ""), "transport"},
		"certificates without TLS":    {syslog("logs.example:514", "tcp", "x"), "ca"},
		"certificates that are none":  {syslog("logs.example:514", "tls", "x"), "ca"},
		"too many certificates":       {syslog("logs.example:514", "tls", strings.Repeat("x", MaximumAlarmCA+1)), "ca"},
		"a key among certificates":    {syslog("logs.example:514", "tls", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "ca"},
		"a webhook":                   {webhook("https://alarms.example/lockwire?team=a"), ""},
		"a webhook at an address":     {webhook("http://127.0.0.1:8080/"), ""},
		"a file":                      {webhook("file:///etc/shadow"), "url"},
		"another scheme":              {webhook("gopher://alarms.example/"), "url"},
		"a webhook without a host":    {webhook("https:///lockwire"), "url"},
		"a password in the address":   {webhook("https://ann:secret@alarms.example/"), "url"},
		"a line end in the address":   {webhook("https://alarms.example/\r\nX: y"), "url"},
		"a fragment":                  {webhook("https://alarms.example/#here"), "url"},
		"a wrong port":                {webhook("https://alarms.example:99999/"), "url"},
		"an endless address":          {webhook("https://alarms.example/" + strings.Repeat("a", 2048)), "url"},
		"a kind that there is not":    {AlarmSettings{On: []FindingKind{"boredom"}}, "on"},
		"a kind twice":                {AlarmSettings{Off: []FindingKind{LegOpen, LegOpen}}, "off"},
		"a kind that is both":         {AlarmSettings{On: []FindingKind{LegOpen}, Off: []FindingKind{LegOpen}}, "off"},
		"kinds that are on and off":   {AlarmSettings{On: []FindingKind{LegOpen}, Off: []FindingKind{PlainOnPublic}}, ""},
		"certificates of the webhook": {AlarmSettings{Webhook: &WebhookReceiver{URL: "https://alarms.example", CA: "x"}}, "ca"},
	} {
		err := test.settings.Check()
		field, _ := errors.AsType[*FieldError](err)
		if (err == nil) != (test.field == "") || field != nil && field.Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEachKindIsSwitchedByItself(t *testing.T) {
	var s AlarmSettings
	if !s.Wants(PlainOnPublic) || !s.Wants(ExemptionEnding) || s.Wants(LegOpen) {
		t.Error("the defaults are other ones")
	}
	s.Switch(PlainOnPublic, false)
	s.Switch(PlainOnPublic, false)
	s.Switch(LegOpen, true)
	if s.Wants(PlainOnPublic) || !s.Wants(LegOpen) || len(s.Off) != 1 || len(s.On) != 1 {
		t.Errorf("%+v", s)
	}
	s.Switch(PlainOnPublic, true)
	s.Switch(LegOpen, false)
	if len(s.On)+len(s.Off) != 0 {
		t.Errorf("what is as by default is kept: %+v", s)
	}
	for _, kind := range []FindingKind{EncryptionOff, AutomaticOff, PlainOnPublic, SessionsRefused, ComponentLost, ExemptionEnding, CertificateEnding, AuthorityEnding} {
		if !kind.AlarmsByDefault() {
			t.Errorf("%s is off where nobody has chosen", kind)
		}
	}
	if len(FindingKinds()) != len(slices.Compact(FindingKinds())) || len(FindingKinds()) != len(findingKinds) {
		t.Error("kinds are missing")
	}
}

func TestSecretsOfAlarmsNeverPrintThemselves(t *testing.T) {
	secrets := AlarmSecrets{WebhookKey: "correct horse"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, of := range []any{secrets, &secrets, AlarmEdit{Secrets: secrets}} {
			if text := fmt.Sprintf(format, of); strings.Contains(text, "horse") {
				t.Errorf("%s: %s", format, text)
			}
		}
	}
	for _, short := range []string{"", "short", strings.Repeat("x", MaximumWebhookKey+1)} {
		if err := CheckWebhookKey(short); err == nil || short != "" && strings.Contains(err.Error(), short) {
			t.Errorf("%q: %v", short, err)
		}
	}
}

func TestAChangeThatMakesPairsPlainIsAFinding(t *testing.T) {
	var e Effect
	e.Change = "change"
	if _, lost := EncryptionOffFinding(&e, "uid 0 (root)", findingMoment); lost {
		t.Error("a change that takes nothing away")
	}
	for i := range 5 {
		l := LinkEffect{Source: fmt.Sprintf("a%d", i), Target: "vault"}
		l.Before.Mode, l.After.Mode = Sealed, Plain
		e.Links = append(e.Links, l)
	}
	e.MoreLose = 2
	f, lost := EncryptionOffFinding(&e, "uid 0 (root)", findingMoment)
	if !lost || f.Severity != Critical || f.Text != "uid 0 (root) turned encryption off for 7 pairs: a0 to vault, a1 to vault, a2 to vault and 4 more." {
		t.Errorf("%+v", f)
	}
}

func TestAReceiverThatTakesNoAlarmIsAFinding(t *testing.T) {
	s := &Situation{Snapshot: Snapshot{When: findingMoment}, Checked: &Checked{Alarms: []AlarmReceiverStatus{{Receiver: AlarmSyslog}, {Receiver: AlarmWebhook, Failing: findingMoment, Problem: "it answers 500"}}}}
	findings := s.Findings()
	if len(findings) != 1 || findings[0].Kind != AlarmsUndelivered || !strings.HasSuffix(findings[0].Text, ": it answers 500.") || findings[0].Command != "lockwired alarms test webhook" {
		t.Errorf("%+v", findings)
	}
}
