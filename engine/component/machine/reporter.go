package machine

import (
	"crypto/fips140"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"

	"lockwire/engine"
	"lockwire/engine/headroom"
)

// MaximumEndpoints is how many endpoints a report may have; the wire has the same bound.
const MaximumEndpoints = 256

// ErrManyAddresses: the machine has more addresses than a report holds. One that is left out could be the one for which the
// rules seal, so that nothing is reported, and the component is not attached, until they are named by hand.
var ErrManyAddresses = errors.New("this machine has more addresses than can be reported")

// Reporter says what a component reports of itself to all its brokers; only the backends are an attachment's own.
type Reporter struct {
	ReporterConfig
	processor engine.Processor
	dataPort  netip.AddrPort
	// calibration is nil until the processor was measured.
	calibration atomic.Pointer[engine.Calibration]
	drain       atomic.Pointer[engine.Drain]
}

// ReporterConfig is what a report says that the system does not know.
type ReporterConfig struct {
	System  System
	Version string
	// Interfaces and Machine are given by hand and replace those of the system; Advertise replaces the endpoints.
	Interfaces []netip.Addr
	Machine    string
	Advertise  []netip.AddrPort
	// ProvableErasure tells that the program can prove that no copy of a destroyed key is left.
	ProvableErasure bool
	// DataPort is where the data port really listens.
	DataPort net.Addr
}

// NewReporter checks the data port's address.
func NewReporter(config ReporterConfig) (*Reporter, error) {
	tcp, ok := config.DataPort.(*net.TCPAddr)
	if !ok {
		return nil, fmt.Errorf("the data port listens on %v, which is not TCP", config.DataPort)
	}
	return &Reporter{ReporterConfig: config, processor: headroom.Processor(), dataPort: tcp.AddrPort()}, nil
}

// SetDrain sets why the component takes no new connection, of its own accord; nil where it takes them.
func (r *Reporter) SetDrain(drain *engine.Drain) { r.drain.Store(drain) }

// Drain is what SetDrain set.
func (r *Reporter) Drain() *engine.Drain { return r.drain.Load() }

// Report asks the system anew.
func (r *Reporter) Report(backends BackendList) (engine.Report, error) {
	report := engine.Report{
		Version: r.Version, ChannelVersion: engine.ChannelVersion, OS: runtime.GOOS, Architecture: runtime.GOARCH,
		Processor: r.processor, FIPS: fips140.Enforced(), ProvableErasure: r.ProvableErasure,
		AllowedBackends: backends.Entries(),
		LinkSpeed:       r.System.LinkSpeed(),
		Calibration:     r.calibration.Load(),
		Machine:         Hashed(MachineLabel, r.System.MachineID()),
		Boot:            Hashed(BootLabel, r.System.BootID()),
		Drain:           r.drain.Load(),
		ByHand:          r.Machine != "" || len(r.Interfaces) > 0,
	}
	if r.Machine != "" {
		report.Machine = Hashed(ByHandLabel, r.Machine)
	}
	var err error
	if report.Interfaces, err = r.addresses(); err != nil {
		return engine.Report{}, err
	}
	report.Endpoints, report.Advertised = r.endpoints(report.Interfaces)
	return report, nil
}

func (r *Reporter) addresses() ([]engine.Address, error) {
	if len(r.Interfaces) == 0 {
		return r.systemAddresses()
	}
	var all []engine.Address
	for _, address := range r.Interfaces {
		all = append(all, engine.Address{Address: engine.PlainAddress(address), Origin: engine.GivenByHand})
	}
	return SortAddresses(all), nil
}

func (r *Reporter) systemAddresses() ([]engine.Address, error) {
	all, err := r.System.Interfaces()
	if err != nil || len(all) <= engine.MaximumAddresses {
		return all, err
	}
	// Each container of a machine brings link-local ones, which the rules do not see.
	all = slices.DeleteFunc(all, func(a engine.Address) bool { return engine.Classify(a.Address) == engine.IgnoredAddress })
	if len(all) > engine.MaximumAddresses {
		return nil, fmt.Errorf("%w: it has %d, and %d are possible; start the agent with --interface for each that its backups use",
			ErrManyAddresses, len(all), engine.MaximumAddresses)
	}
	return all, nil
}

// endpoints are where the data port can be dialled from elsewhere: what is advertised, else the address that it listens on,
// else every interface. A machine without any network names its loopback address.
func (r *Reporter) endpoints(interfaces []engine.Address) (endpoints []netip.AddrPort, advertised bool) {
	if len(r.Advertise) > 0 {
		return r.Advertise, true
	}
	address, port := engine.PlainAddress(r.dataPort.Addr()), r.dataPort.Port()
	if !r.dataPort.Addr().IsUnspecified() {
		return []netip.AddrPort{netip.AddrPortFrom(address, port)}, false
	}
	onlyIPv4 := r.dataPort.Addr().Is4()
	for _, one := range interfaces {
		endpoint := netip.AddrPortFrom(one.Address, port)
		if engine.Classify(one.Address) == engine.IgnoredAddress || onlyIPv4 && one.Address.Is6() || slices.Contains(endpoints, endpoint) {
			continue
		}
		endpoints = append(endpoints, endpoint)
	}
	if len(endpoints) == 0 {
		endpoints = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)}
	}
	return endpoints[:min(len(endpoints), MaximumEndpoints)], false
}

// SameReport tells whether two reports of one component say the same.
func SameReport(a, b engine.Report) bool {
	return slices.Equal(a.Interfaces, b.Interfaces) && slices.Equal(a.Endpoints, b.Endpoints) &&
		slices.Equal(a.AllowedBackends, b.AllowedBackends) && a.Machine == b.Machine && a.Drain == b.Drain && a.Boot == b.Boot &&
		a.LinkSpeed == b.LinkSpeed && a.Calibration == b.Calibration
}
