package engine

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Bounds on the settings of alarms.
const (
	maximumAlarmURL = 2048
	// MaximumAlarmCA bounds the certificates for a receiver, in bytes of PEM.
	MaximumAlarmCA = 64 << 10

	// MinimumWebhookKey and MaximumWebhookKey bound a webhook's key, in bytes.
	MinimumWebhookKey = 16
	MaximumWebhookKey = 256
)

// AlarmSettings say where alarms go, and of what there are any.
type AlarmSettings struct {
	// Revision is that of these settings; an edit of an older copy is refused.
	Revision int64            `json:"revision"`
	Syslog   *SyslogReceiver  `json:"syslog,omitempty"`
	Webhook  *WebhookReceiver `json:"webhook,omitempty"`
	// On and Off are the kinds of findings that differ from AlarmsByDefault.
	On  []FindingKind `json:"on,omitempty"`
	Off []FindingKind `json:"off,omitempty"`
}

// SyslogTransport is how a syslog server is reached.
type SyslogTransport string

const (
	SyslogUDP SyslogTransport = "udp"
	SyslogTCP SyslogTransport = "tcp"
	SyslogTLS SyslogTransport = "tls"
)

// SyslogReceiver is a syslog server that takes RFC 5424.
type SyslogReceiver struct {
	Address   string          `json:"address"` // HOST:PORT
	Transport SyslogTransport `json:"transport"`
	// CA are certificates in PEM that the server's must come from; empty means those of the broker's system.
	CA string `json:"ca,omitempty"`
}

// WebhookReceiver is a web server that takes alarms in JSON.
type WebhookReceiver struct {
	URL string `json:"url"`
	CA  string `json:"ca,omitempty"` // as that of SyslogReceiver
}

// AlarmSecrets are what receivers are told that nobody else may know. An empty one in an edit leaves what is kept.
type AlarmSecrets struct {
	// WebhookKey signs what goes to the webhook.
	WebhookKey string `json:"webhookKey,omitempty"`
}

// String keeps secrets out of what is printed.
func (AlarmSecrets) String() string { return "(secrets of alarms)" }

// GoString keeps them out as well.
func (s AlarmSecrets) GoString() string { return s.String() }

// AlarmEdit replaces the settings of alarms that were read, and sets the secrets that are given.
type AlarmEdit struct {
	Settings AlarmSettings `json:"settings"`
	Secrets  AlarmSecrets  `json:"secrets"`
}

// Any tells whether there is a receiver.
func (s *AlarmSettings) Any() bool { return s.Syslog != nil || s.Webhook != nil }

// Has tells whether a receiver is set up.
func (s *AlarmSettings) Has(receiver AlarmReceiver) bool {
	switch receiver {
	case AlarmSyslog:
		return s.Syslog != nil
	case AlarmWebhook:
		return s.Webhook != nil
	}
	return false
}

// Where says where alarms for a receiver go; empty where it is not set up.
func (s *AlarmSettings) Where(receiver AlarmReceiver) string {
	switch {
	case receiver == AlarmSyslog && s.Syslog != nil:
		return s.Syslog.Address + " over " + strings.ToUpper(string(s.Syslog.Transport))
	case receiver == AlarmWebhook && s.Webhook != nil:
		return s.Webhook.URL
	}
	return ""
}

// Wants tells whether findings of a kind become alarms.
func (s *AlarmSettings) Wants(kind FindingKind) bool {
	switch {
	case slices.Contains(s.Off, kind):
		return false
	case slices.Contains(s.On, kind):
		return true
	}
	return kind.AlarmsByDefault()
}

// Switch turns a kind on or off.
func (s *AlarmSettings) Switch(kind FindingKind, on bool) {
	without := func(kinds []FindingKind) []FindingKind {
		return slices.DeleteFunc(slices.Clone(kinds), func(k FindingKind) bool { return k == kind })
	}
	s.On, s.Off = without(s.On), without(s.Off)
	switch {
	case on == kind.AlarmsByDefault():
	case on:
		s.On = append(s.On, kind)
	default:
		s.Off = append(s.Off, kind)
	}
}

// Check gives a *FieldError for what cannot be kept.
func (s *AlarmSettings) Check() error {
	if s.Syslog != nil {
		if err := s.Syslog.check(); err != nil {
			return err
		}
	}
	if s.Webhook != nil {
		if err := s.Webhook.check(); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		field string
		kinds []FindingKind
	}{{"on", s.On}, {"off", s.Off}} {
		for i, kind := range list.kinds {
			if _, err := ParseFindingKind(string(kind)); err != nil {
				return fieldError("alarms", list.field, err)
			}
			if slices.Contains(list.kinds[:i], kind) || list.field == "off" && slices.Contains(s.On, kind) {
				return fieldError("alarms", list.field, fmt.Errorf("the kind %q stands twice", kind))
			}
		}
	}
	return nil
}

func (r *SyslogReceiver) check() error {
	if err := CheckHostPort(r.Address); err != nil {
		return fieldError("syslog", "address", err)
	}
	switch r.Transport {
	case SyslogUDP, SyslogTCP:
		if r.CA != "" {
			return fieldError("syslog", "ca", errors.New("only transport tls has certificates"))
		}
	case SyslogTLS:
		return fieldError("syslog", "ca", checkCertificates(r.CA))
	default:
		return fieldError("syslog", "transport", fmt.Errorf("%q is no transport; write udp, tcp or tls", abbreviate(string(r.Transport), 16)))
	}
	return nil
}

func (r *WebhookReceiver) check() error {
	if err := checkAlarmURL(r.URL); err != nil {
		return fieldError("webhook", "url", err)
	}
	return fieldError("webhook", "ca", checkCertificates(r.CA))
}

func checkAlarmURL(text string) error {
	if len(text) > maximumAlarmURL {
		return fmt.Errorf("it has more than %d characters", maximumAlarmURL)
	}
	at, err := url.Parse(text)
	switch {
	case err != nil || at.Hostname() == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return errors.New("it is not a web address; write one such as https://alarms.example.org/lockwire")
	case at.Scheme != "https" && at.Scheme != "http":
		return errors.New("only https and http are dialled")
	case at.User != nil:
		return errors.New("a name and password in the address would be shown to every administrator; the webhook's key proves who sends")
	case at.Fragment != "":
		return errors.New("what stands after # is never sent")
	}
	host := at.Host
	if at.Port() == "" {
		host = strings.TrimSuffix(host, ":") + ":443"
	}
	return CheckHostPort(host)
}

// checkCertificates checks certificates in PEM; none at all are fine.
func checkCertificates(text string) error {
	if len(text) > MaximumAlarmCA {
		return fmt.Errorf("more than %d bytes are too many", MaximumAlarmCA)
	}
	if text == "" {
		return nil
	}
	for rest := []byte(text); len(strings.TrimSpace(string(rest))) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return errors.New("it holds something else than certificates in PEM")
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return errors.New("it holds something that is no certificate")
		}
	}
	return nil
}

// CheckWebhookKey checks the key of a webhook. It never repeats it.
func CheckWebhookKey(key string) error {
	if len(key) < MinimumWebhookKey || len(key) > MaximumWebhookKey {
		return fieldError("webhook", "key", fmt.Errorf("%d to %d characters are needed", MinimumWebhookKey, MaximumWebhookKey))
	}
	return nil
}
