package component

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
	"lockwire/engine/component/machine"
	"lockwire/engine/headroom"
	"lockwire/engine/secret"
)

// maximumEndpoints is how many endpoints a report may have; the wire has the same bound.
const maximumEndpoints = 256

// errManyAddresses: the machine has more addresses than a report holds. One that is left out could be the one for which the
// rules seal, so that nothing is reported, and the component is not attached, until they are named by hand.
var errManyAddresses = errors.New("this machine has more addresses than can be reported")

// reporter says what a component reports of itself to all its brokers; only the backends are an attachment's own.
type reporter struct {
	system    machine.System
	version   string
	processor engine.Processor
	// interfaces and machine were given by hand; advertise replaces the endpoints.
	interfaces []netip.Addr
	machine    string
	advertise  []netip.AddrPort
	listen     netip.AddrPort // where the data port really listens
	// calibration is nil until the processor was measured.
	calibration atomic.Pointer[engine.Calibration]
	draining    atomic.Bool
}

func newReporter(c *Config, listen net.Addr) (*reporter, error) {
	tcp, ok := listen.(*net.TCPAddr)
	if !ok {
		return nil, fmt.Errorf("the data port listens on %v, which is not TCP", listen)
	}
	return &reporter{
		system: c.System, version: c.Version, processor: headroom.Processor(),
		interfaces: c.Interfaces, machine: c.Machine, advertise: c.Advertise, listen: tcp.AddrPort(),
	}, nil
}

// report asks the system anew.
func (r *reporter) report(backends BackendList) (engine.Report, error) {
	report := engine.Report{
		Version: r.version, OS: runtime.GOOS, Architecture: runtime.GOARCH,
		Processor: r.processor, FIPS: fips140.Enforced(), ProvableErasure: secret.Provable(),
		AllowedBackends: backends.Entries(),
		LinkSpeed:       r.system.LinkSpeed(),
		Calibration:     r.calibration.Load(),
		Machine:         machine.Hashed(machine.MachineLabel, r.system.MachineID()),
		Boot:            machine.Hashed(machine.BootLabel, r.system.BootID()),
		Draining:        r.draining.Load(),
		ByHand:          r.machine != "" || len(r.interfaces) > 0,
	}
	if r.machine != "" {
		report.Machine = machine.Hashed(machine.ByHandLabel, r.machine)
	}
	var err error
	if report.Interfaces, err = r.addresses(); err != nil {
		return engine.Report{}, err
	}
	report.Endpoints, report.Advertised = r.endpoints(report.Interfaces)
	return report, nil
}

func (r *reporter) addresses() ([]engine.Address, error) {
	if len(r.interfaces) == 0 {
		return r.systemAddresses()
	}
	var all []engine.Address
	for _, address := range r.interfaces {
		all = append(all, engine.Address{Address: engine.PlainAddress(address), Origin: engine.GivenByHand})
	}
	return machine.SortAddresses(all), nil
}

func (r *reporter) systemAddresses() ([]engine.Address, error) {
	all, err := r.system.Interfaces()
	if err != nil || len(all) <= engine.MaximumAddresses {
		return all, err
	}
	// Each container of a machine brings link-local ones, which the rules do not see.
	all = slices.DeleteFunc(all, func(a engine.Address) bool { return engine.Classify(a.Address) == engine.IgnoredAddress })
	if len(all) > engine.MaximumAddresses {
		return nil, fmt.Errorf("%w: it has %d, and %d are possible; start the agent with --interface for each that its backups use",
			errManyAddresses, len(all), engine.MaximumAddresses)
	}
	return all, nil
}

// endpoints are where the data port can be dialled from elsewhere: what is advertised, else the address that it listens on,
// else every interface. A machine without any network names its loopback address.
func (r *reporter) endpoints(interfaces []engine.Address) (endpoints []netip.AddrPort, advertised bool) {
	if len(r.advertise) > 0 {
		return r.advertise, true
	}
	address, port := engine.PlainAddress(r.listen.Addr()), r.listen.Port()
	if !r.listen.Addr().IsUnspecified() {
		return []netip.AddrPort{netip.AddrPortFrom(address, port)}, false
	}
	onlyIPv4 := r.listen.Addr().Is4()
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
	return endpoints[:min(len(endpoints), maximumEndpoints)], false
}
