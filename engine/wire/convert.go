package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"lockwire/engine"
)

// ErrMalformed wraps every refusal of a message that is not as the protocol says.
var ErrMalformed = errors.New("malformed message")

func malformed(format string, arguments ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, arguments...))
}

// IDBytes writes an id for the wire; nil for no id. An id that is none is a mistake of the caller, and nil too.
func IDBytes(id engine.ID) []byte {
	b, err := id.Bytes()
	if err != nil {
		return nil
	}
	return b[:]
}

// ParseID reads an id of 16 bytes.
func ParseID(b []byte) (engine.ID, error) {
	if len(b) != 16 {
		return "", malformed("an id of %d bytes", len(b))
	}
	return engine.IDFromBytes([16]byte(b)), nil
}

// ParseKeyID reads a key id of 32 bytes.
func ParseKeyID(b []byte) (engine.KeyID, error) {
	if len(b) != 32 {
		return engine.KeyID{}, malformed("a key id of %d bytes", len(b))
	}
	return engine.KeyID(b), nil
}

// FromMode gives the wire's number of a mode, which is engine's.
func FromMode(m engine.Mode) Mode { return Mode(m) }

// FromCipher gives the wire's number of a cipher.
func FromCipher(c engine.Cipher) Cipher { return Cipher(c) }

// Engine gives the mode; an unknown number is refused, so that nothing becomes plain by mistake.
func (m Mode) Engine() (engine.Mode, error) {
	if mode := engine.Mode(m); m > 0 && m < 256 && mode.Valid() {
		return mode, nil
	}
	return 0, malformed("mode %d", int32(m))
}

// Engine gives the cipher; an unknown number is refused.
func (c Cipher) Engine() (engine.Cipher, error) {
	if cipher := engine.Cipher(c); c > 0 && c < 256 && cipher.Valid() {
		return cipher, nil
	}
	return 0, malformed("cipher %d", int32(c))
}

// Milliseconds writes a time; 0 for the zero time.
func Milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time reads a time; the zero time for 0.
func Time(milliseconds int64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds).UTC()
}

func printables(texts []string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, engine.Printable(text))
	}
	return all
}

// FromReport writes a component's report for the wire.
func FromReport(r engine.Report) *Report {
	message := &Report{
		Version: r.Version, Os: r.OS, Architecture: r.Architecture, Advertised: r.Advertised,
		Machine: r.Machine, Boot: r.Boot, ByHand: r.ByHand, Drain: FromDrain(r.Drain), AllowedBackends: r.AllowedBackends,
		Processor: r.Processor.Name, Cores: uint32(r.Processor.Cores), Aes: r.Processor.AES,
		Fips: r.FIPS, ProvableErasure: r.ProvableErasure, LinkSpeed: r.LinkSpeed, Calibration: FromCalibration(r.Calibration),
		ChannelVersion: uint32(r.ChannelVersion),
	}
	for _, a := range r.Interfaces {
		message.Interfaces = append(message.Interfaces, &Address{Address: a.Address.String(), Origin: string(a.Origin), Interface: a.Interface, HostOnly: a.HostOnly})
	}
	for _, endpoint := range r.Endpoints {
		message.Endpoints = append(message.Endpoints, endpoint.String())
	}
	return message
}

// Bounds on what a report may hold.
const (
	maximumEndpoints = 256
	maximumBackends  = 256
	maximumText      = 256 // bytes of one text

	maximumChannelVersion = 1<<16 - 1
)

// Engine checks a report and gives it in engine's terms. The origin of an address is the peer's word only so far as that
// it can say "interface" or "given by hand"; where the broker sees it, the broker says.
func (r *Report) Engine() (engine.Report, error) {
	if r == nil {
		return engine.Report{}, malformed("no report")
	}
	if len(r.Interfaces) > engine.MaximumAddresses || len(r.Endpoints) > maximumEndpoints || len(r.AllowedBackends) > maximumBackends || len(r.Aes) > 16 || r.Cores > 1<<16 {
		return engine.Report{}, malformed("a report with too many entries")
	}
	for _, text := range append([]string{r.Version, r.Os, r.Architecture, r.Machine, r.Boot, r.Processor}, append(r.AllowedBackends, r.Aes...)...) {
		if len(text) > maximumText {
			return engine.Report{}, malformed("a report with a text of %d bytes", len(text))
		}
	}
	if r.ChannelVersion > maximumChannelVersion {
		return engine.Report{}, malformed("a report with version %d of the data channel", r.ChannelVersion)
	}
	// Two of these that differ must not become equal: they can make a link plain.
	if engine.Printable(r.Machine) != r.Machine || engine.Printable(r.Boot) != r.Boot {
		return engine.Report{}, malformed("a machine id or boot that cannot be printed")
	}
	report := engine.Report{
		Version: engine.Printable(r.Version), OS: engine.Printable(r.Os), Architecture: engine.Printable(r.Architecture), Advertised: r.Advertised,
		Machine: r.Machine, Boot: r.Boot, ByHand: r.ByHand, AllowedBackends: printables(r.AllowedBackends),
		Processor: engine.Processor{Name: engine.Printable(r.Processor), Cores: int(r.Cores), AES: printables(r.Aes)},
		FIPS:      r.Fips, ProvableErasure: r.ProvableErasure, LinkSpeed: min(r.LinkSpeed, maximumSpeed),
		ChannelVersion: int(r.ChannelVersion),
	}
	var err error
	if report.Calibration, err = r.Calibration.Engine(); err != nil {
		return engine.Report{}, err
	}
	if report.Drain, err = r.Drain.Engine(); err != nil {
		return engine.Report{}, err
	}
	for _, a := range r.Interfaces {
		address, err := netip.ParseAddr(a.GetAddress())
		if err != nil || len(a.GetInterface()) > maximumText {
			return engine.Report{}, malformed("an interface's address")
		}
		origin := engine.FromInterface
		if a.GetOrigin() == string(engine.GivenByHand) {
			origin = engine.GivenByHand
		}
		report.Interfaces = append(report.Interfaces, engine.Address{
			Address: engine.PlainAddress(address), Origin: origin, Interface: engine.Printable(a.GetInterface()), HostOnly: a.GetHostOnly(),
		})
	}
	for _, text := range r.Endpoints {
		endpoint, err := netip.ParseAddrPort(text)
		if err != nil || endpoint.Port() == 0 {
			return engine.Report{}, malformed("an endpoint")
		}
		report.Endpoints = append(report.Endpoints, netip.AddrPortFrom(engine.PlainAddress(endpoint.Addr()), endpoint.Port()))
	}
	return report, nil
}

// FromDrain writes why a component takes no new connection; nil where it takes them.
func FromDrain(d *engine.Drain) *Drain {
	if d == nil {
		return nil
	}
	return &Drain{Since: Milliseconds(d.Since), Until: Milliseconds(d.Until), By: strings.ToValidUTF8(d.By[:min(len(d.By), maximumText)], "")}
}

// Engine checks a drain and gives it in engine's terms; nil for none.
func (d *Drain) Engine() (*engine.Drain, error) {
	if d == nil {
		return nil, nil
	}
	if d.Since <= 0 || d.Until < 0 || len(d.By) > maximumText {
		return nil, malformed("a drain")
	}
	return &engine.Drain{Since: Time(d.Since), Until: Time(d.Until), By: engine.Printable(d.By)}, nil
}
