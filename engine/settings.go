package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings are what an administrator can set for the whole installation. Their JSON is that of a rule set's file.
type Settings struct {
	// DisablePublicIPTrafficEncryption, 0 or 1: 1 turns automatic encryption off. It never beats a rule.
	DisablePublicIPTrafficEncryption int `json:"DisablePublicIPTrafficEncryption"`
	// CutSessionsThatShouldBeSealed, 0 or 1: 1 cuts a live plain session as soon as its decision says sealed.
	CutSessionsThatShouldBeSealed int `json:"CutSessionsThatShouldBeSealed,omitempty"`
	// TimeZone is the broker's, in which schedules without one of their own are read; empty is the system's.
	TimeZone string `json:"TimeZone,omitempty"`
	// LingerSeconds is how long a session without a flow waits for the next one; 0 means DefaultLinger.
	LingerSeconds int `json:"LingerSeconds,omitempty"`
	// MultipleUploadStreams is how many streams one sealed connection may have at once; 0 and 1 mean a single one.
	MultipleUploadStreams int `json:"MultipleUploadStreams,omitempty"`
	// DNSServer is what host: names are asked of: one address or ADDRESS:PORT, or several with commas between them; empty is the system's.
	DNSServer string `json:"DNSServer,omitempty"`
}

// OverrideSetting is the name of the setting that turns automatic encryption off.
const OverrideSetting = "DisablePublicIPTrafficEncryption"

const (
	// DefaultLinger is how long a session without a flow waits for the next one.
	DefaultLinger = 15 * time.Second
	// AgeCap is how long a session takes new flows at the most; then its one-time key is destroyed.
	AgeCap = 24 * time.Hour

	maximumLingerSeconds = 600
)

// Linger is the time that a session without a flow waits for the next one.
func (s *Settings) Linger() time.Duration {
	if s.LingerSeconds == 0 {
		return DefaultLinger
	}
	return time.Duration(s.LingerSeconds) * time.Second
}

// maximumDNSServers is how many DNS servers can be named; the next is asked where one does not answer.
const maximumDNSServers = 3

const dnsPort = 53

// DNSServers are the DNS servers that are set, as HOST:PORT; none means the system's.
func (s *Settings) DNSServers() []string {
	servers, err := parseDNSServers(s.DNSServer)
	if err != nil {
		return nil // Check refuses it
	}
	return servers
}

func parseDNSServers(text string) ([]string, error) {
	var servers []string
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for entry := range strings.SplitSeq(text, ",") {
		if len(servers) == maximumDNSServers {
			return nil, fmt.Errorf("at most %d servers", maximumDNSServers)
		}
		entry = strings.TrimSpace(entry)
		server, _ := netip.ParseAddrPort(entry)
		if address, err := ParseAddress(entry); err == nil {
			server = netip.AddrPortFrom(address, dnsPort)
		}
		if !server.IsValid() || server.Port() == 0 || server.Addr().Zone() != "" {
			return nil, fmt.Errorf("%q is not an address; write one such as 10.0.0.53, or with a port such as 10.0.0.53:5353", abbreviate(entry, 64))
		}
		servers = append(servers, server.String())
	}
	return servers, nil
}

// Location is the broker's time zone.
func (s *Settings) Location() *time.Location {
	if location, err := LoadTimeZone(s.TimeZone); err == nil {
		return location
	}
	return time.Local
}

// Setting describes one setting by its name in files and on the command line.
type Setting struct {
	Name  string
	Words string // short, in a sentence
	About string
	get   func(*Settings) string
	set   func(*Settings, string) error
}

// SettingWords are the words of a setting; its name where there is none of it.
func SettingWords(name string) string {
	for _, setting := range settings {
		if setting.Name == name {
			return setting.Words
		}
	}
	return name
}

// SettingNames lists every setting, in the order in which it is shown.
func SettingNames() []Setting { return slices.Clone(settings) }

var settings = []Setting{
	{
		"DisablePublicIPTrafficEncryption", "automatic encryption turned off", "1 turns off automatic encryption of traffic that touches a public address (default 0); it never beats a rule",
		func(s *Settings) string { return strconv.Itoa(s.DisablePublicIPTrafficEncryption) },
		func(s *Settings, text string) error { return setNumber(&s.DisablePublicIPTrafficEncryption, text) },
	},
	{
		"CutSessionsThatShouldBeSealed", "cutting of sessions that should be sealed", "1 cuts a live plain session as soon as the rules say that it should be sealed (default 0)",
		func(s *Settings) string { return strconv.Itoa(s.CutSessionsThatShouldBeSealed) },
		func(s *Settings, text string) error { return setNumber(&s.CutSessionsThatShouldBeSealed, text) },
	},
	{
		"TimeZone", "time zone", "time zone of schedules that name none, such as Europe/Berlin (default: the broker's system)",
		func(s *Settings) string { return s.TimeZone },
		func(s *Settings, text string) error { s.TimeZone = text; return nil },
	},
	{
		"LingerSeconds", "linger, in seconds", "how long a session without a connection waits for the next one (default 15)",
		func(s *Settings) string { return strconv.Itoa(int(s.Linger().Seconds())) },
		func(s *Settings, text string) error { return setNumber(&s.LingerSeconds, text) },
	},
	{
		"MultipleUploadStreams", "multiple upload streams", "how many streams one sealed connection may have at once, 2 to 100, usually 5; 0 is a single one (default 0)",
		func(s *Settings) string { return strconv.Itoa(s.MultipleUploadStreams) },
		func(s *Settings, text string) error { return setNumber(&s.MultipleUploadStreams, text) },
	},
	{
		"DNSServer", "DNS server", "address, or ADDRESS:PORT, of the DNS server that host: names in rules are asked of, or up to three with commas between them (default: the system's)",
		func(s *Settings) string { return s.DNSServer },
		func(s *Settings, text string) error { s.DNSServer = strings.TrimSpace(text); return nil },
	},
}

func setNumber(field *int, text string) error {
	number, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", abbreviate(text, 32))
	}
	*field = number
	return nil
}

// Get gives a setting as text; ErrNotFound for a name that is none.
func (s *Settings) Get(name string) (string, error) {
	for _, setting := range settings {
		if setting.Name == name {
			return setting.get(s), nil
		}
	}
	return "", fmt.Errorf("setting %q: %w", abbreviate(name, 64), ErrNotFound)
}

// Set changes a setting from text and checks the result; ErrNotFound for a name that is none.
func (s *Settings) Set(name, text string) error {
	for _, setting := range settings {
		if setting.Name != name {
			continue
		}
		changed := *s
		if err := setting.set(&changed, text); err != nil {
			return &FieldError{Field: name, Err: err}
		}
		if err := changed.Check(); err != nil {
			return err
		}
		*s = changed
		return nil
	}
	return fmt.Errorf("setting %q: %w", abbreviate(name, 64), ErrNotFound)
}

// Changed names the settings that another copy has differently.
func (s *Settings) Changed(other *Settings) []string {
	var names []string
	for _, setting := range settings {
		if setting.get(s) != setting.get(other) {
			names = append(names, setting.Name)
		}
	}
	return names
}

// Check refuses values out of range.
func (s *Settings) Check() error {
	switch {
	case s.DisablePublicIPTrafficEncryption != 0 && s.DisablePublicIPTrafficEncryption != 1:
		return &FieldError{Field: "DisablePublicIPTrafficEncryption", Err: errors.New("use 0 or 1")}
	case s.CutSessionsThatShouldBeSealed != 0 && s.CutSessionsThatShouldBeSealed != 1:
		return &FieldError{Field: "CutSessionsThatShouldBeSealed", Err: errors.New("use 0 or 1")}
	case s.LingerSeconds < 0 || s.LingerSeconds > maximumLingerSeconds:
		return &FieldError{Field: "LingerSeconds", Err: fmt.Errorf("use 0 to %d", maximumLingerSeconds)}
	}
	if err := checkStreams(s.MultipleUploadStreams); err != nil {
		return &FieldError{Field: "MultipleUploadStreams", Err: err}
	}
	if _, err := parseDNSServers(s.DNSServer); err != nil {
		return &FieldError{Field: "DNSServer", Err: err}
	}
	if s.TimeZone != "" {
		if _, err := LoadTimeZone(s.TimeZone); err != nil {
			return &FieldError{Field: "TimeZone", Err: err}
		}
	}
	return nil
}
