package engine

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Role says what a component does in the backup infrastructure.
type Role string

const (
	Proxy           Role = "proxy"
	Repository      Role = "repository"
	Gateway         Role = "gateway"
	Tape            Role = "tape"
	Agent           Role = "agent"
	Server          Role = "server"
	ProviderGateway Role = "provider-gateway"
)

// Roles are all roles, in the order in which a screen offers them.
var Roles = []Role{Proxy, Repository, Gateway, Tape, Agent, Server, ProviderGateway}

// ParseRole reads a role's name.
func ParseRole(text string) (Role, error) {
	if role := Role(text); slices.Contains(Roles, role) {
		return role, nil
	}
	return "", fmt.Errorf("%q is not a role; use one of %v", abbreviate(text, 32), Roles)
}

func checkRole(text string) error {
	_, err := ParseRole(text)
	return err
}

// Component is a machine of the backup infrastructure that runs the agent: what the store keeps of it.
type Component struct {
	ID ID `json:"id"`
	// Revision grows by one with each edit of name, tags or limit, so that an edit of an outdated copy is noticed.
	Revision int64    `json:"revision,omitempty"`
	Name     string   `json:"name"`
	Role     Role     `json:"role"`
	Tags     []string `json:"tags"`
	// Tenant is the customer whose machine it is, TenantComponent its id in the customer's own installation; both empty for a component of
	// this installation.
	Tenant          ID `json:"tenant,omitempty"`
	TenantComponent ID `json:"tenantComponent,omitempty"`
	// LocalLimit holds for all traffic that the component sends; nil where there is none. A provider gateway's is what it carries each way,
	// which its tenants share.
	LocalLimit *Limit    `json:"localLimit,omitempty"`
	Joined     time.Time `json:"joined"`
	// Key is the enrolled public key; Revoked is zero while it counts.
	Key                KeyID     `json:"-"`
	CertificateExpires time.Time `json:"certificateExpires"`
	Revoked            time.Time `json:"revoked,omitzero"`
	// Drain is an administrator's order to take no new connection; nil where there is none. Revision does not count it.
	Drain *Drain `json:"drain,omitempty"`
	// Report is what the component said last; it stands while the component is offline.
	Report Report `json:"report"`
	// SeenFrom is the address from which the broker saw it attach last.
	SeenFrom netip.Addr `json:"seenFrom,omitzero"`
	LastSeen time.Time  `json:"lastSeen,omitzero"`
}

// Sighting is what the broker itself knows of a component, as opposed to what administrators set.
type Sighting struct {
	Report   Report
	SeenFrom netip.Addr
	LastSeen time.Time
}

// Report is what a component says of itself when it attaches, and again whenever it changes.
type Report struct {
	Version string `json:"version,omitempty"`
	// ChannelVersion is the version of the data channel that it speaks; 0 where it does not say.
	ChannelVersion int `json:"channelVersion,omitempty"`
	// OS and Architecture are Go's names, such as linux and amd64.
	OS           string `json:"os,omitempty"`
	Architecture string `json:"architecture,omitempty"`
	// Interfaces are what the rules see, Advertised what --advertise names; both count.
	Interfaces []Address `json:"interfaces,omitempty"`
	// Endpoints are where the component's data port can be dialled.
	Endpoints  []netip.AddrPort `json:"endpoints,omitempty"`
	Advertised bool             `json:"advertised,omitempty"` // Endpoints come from --advertise
	// Machine is the hash of the operating system's machine id and Boot that of this start of it; both empty where unknown.
	Machine string `json:"machine,omitempty"`
	Boot    string `json:"boot,omitempty"`
	// ByHand tells that interfaces or machine id were given by hand.
	ByHand bool `json:"byHand,omitempty"`
	// Drain tells that the component takes no new connection because of an order on its own machine, or because its agent is being
	// stopped; nil where it does, and while it is not attached.
	Drain *Drain `json:"drain,omitempty"`
	// AllowedBackends are the HOST:PORT and CIDR:PORTS that the component lets a route dial.
	AllowedBackends []string  `json:"allowedBackends,omitempty"`
	Processor       Processor `json:"processor"`
	// FIPS tells that the agent runs in strict FIPS mode, where AES-256-GCM is the only cipher.
	FIPS bool `json:"fips,omitempty"`
	// ProvableErasure tells that the agent can erase keys from memory so that no copy is left.
	ProvableErasure bool `json:"provableErasure,omitempty"`
	// LinkSpeed is that of the fastest network interface that is up, in bytes per second; 0 where the system does not say.
	LinkSpeed uint64 `json:"linkSpeed,omitempty"`
	// Calibration is what the component measured of its processor; nil where it has not yet.
	Calibration *Calibration `json:"calibration,omitempty"`
}

// Processor describes a component's CPU.
type Processor struct {
	Name  string `json:"name,omitempty"`
	Cores int    `json:"cores,omitempty"`
	// AES names the instructions that speed AES up, such as AES-NI and VAES; empty where there are none.
	AES []string `json:"aes,omitempty"`
}

// HasAES tells whether the CPU has AES instructions.
func (p Processor) HasAES() bool { return len(p.AES) > 0 }

// Addresses are all addresses of the component that can count for the rules, each once: interfaces, what it advertises, and the one from which the broker sees it.
func (c *Component) Addresses() []Address {
	var all []Address
	add := func(a Address) {
		a.Address = PlainAddress(a.Address)
		if Classify(a.Address) == IgnoredAddress || slices.ContainsFunc(all, func(b Address) bool { return b.Address == a.Address }) {
			return
		}
		all = append(all, a)
	}
	for _, a := range c.Report.Interfaces {
		add(a)
	}
	if c.Report.Advertised {
		for _, endpoint := range c.Report.Endpoints {
			add(Address{Address: endpoint.Addr(), Origin: Advertised})
		}
	}
	if c.SeenFrom.IsValid() {
		add(Address{Address: c.SeenFrom, Origin: SeenByBroker})
	}
	return all
}

// ComponentStatus is a component as it is now.
type ComponentStatus struct {
	Component
	Online bool `json:"online"`
	// Load is what the component measured in its last second; zero while it is offline.
	Load Load `json:"load"`
	// Sessions counts its live ones.
	Sessions int `json:"sessions"`
	// Group is the key exchange group of its control stream, such as X25519MLKEM768.
	Group string `json:"group,omitempty"`
	// Problem says in words why the component cannot be reached or used; empty where nothing is known to be wrong.
	Problem string `json:"problem,omitempty"`
	// Headroom is how much more sealed traffic it can carry; unknown while it is offline.
	Headroom Headroom `json:"headroom,omitzero"`
	// ClockAhead is by how much its clock is ahead of the broker's, negative where it is behind; 0 where that is less than ClockTold, or not known.
	ClockAhead time.Duration `json:"clockAhead,omitempty"`
}

// Load is how busy a component's machine is.
type Load struct {
	// Cores are the shares in use of each core, 0 to 1.
	Cores []float64 `json:"cores,omitempty"`
	// Agent is the agent's own part, in cores.
	Agent float64 `json:"agent"`
	// Memory is the agent's resident memory in bytes.
	Memory uint64 `json:"memory"`
	// Costs are what the agent's sessions of the last minutes took; those that it had none of are absent.
	Costs []EndCost `json:"costs,omitempty"`
}

// Busy is the number of cores in use: the sum of their shares.
func (l *Load) Busy() float64 {
	var sum float64
	for _, core := range l.Cores {
		sum += core
	}
	return sum
}

// Mean is the mean share of the cores in use; 0 where none is known.
func (l *Load) Mean() float64 {
	if len(l.Cores) == 0 {
		return 0
	}
	return l.Busy() / float64(len(l.Cores))
}

// AdministratorRole says what an administrator elsewhere may do.
type AdministratorRole string

const (
	MayView   AdministratorRole = "view"
	MayChange AdministratorRole = "change"
)

// Administrator is somebody who reaches the broker over the network with a certificate.
type Administrator struct {
	ID                 ID                `json:"id"`
	Name               string            `json:"name"`
	Role               AdministratorRole `json:"role"`
	Key                KeyID             `json:"-"`
	Joined             time.Time         `json:"joined"`
	CertificateExpires time.Time         `json:"certificateExpires"`
	Revoked            time.Time         `json:"revoked,omitzero"`
}
