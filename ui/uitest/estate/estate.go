// Package estate makes up large installations, for tests and measurements of the console at scale. The same size gives the same estate.
package estate

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"lockwire/engine"
)

// Size is how many of each an estate has. Rules count the predefined one.
type Size struct{ Components, Rules, Routes, Sessions int }

// Sizes that the console is looked at in.
var (
	// Large is what the console is to stay quick with.
	Large = Size{Components: 500, Rules: 1000, Routes: 2000, Sessions: 10_000}
	// Middle is a company with several sites.
	Middle = Size{Components: 60, Rules: 200, Routes: 150, Sessions: 300}
)

// Estate is a made-up installation at one moment.
type Estate struct {
	Made       time.Time
	Components []engine.ComponentStatus
	Services   []engine.Service
	Routes     []engine.RouteStatus
	Rules      engine.RuleSet
	Sessions   []engine.Session
}

// id names a thing of a kind by its number.
func id(kind byte, number int) engine.ID {
	var b [16]byte
	b[0], b[6], b[8] = kind, 0x70, 0x80
	binary.BigEndian.PutUint32(b[12:], uint32(number))
	return engine.IDFromBytes(b)
}

// The kinds of ids.
const (
	ofComponent byte = iota + 1
	ofRule
	ofService
	ofRoute
	ofSession
	ofReceipt
	ofChange
)

// New makes an estate as it is at a moment.
func New(size Size, now time.Time) *Estate {
	e := &Estate{Made: now}
	e.addComponents(size.Components)
	e.addRules(size.Rules)
	e.addRoutes(size.Routes)
	e.addSessions(size.Sessions)
	return e
}

// sites is over how many sites the components are spread, each with a network of its own.
const sites = 24

// kinds are what the components are, as often as they are written here.
var kinds = []struct {
	role engine.Role
	name string
}{
	{engine.Server, "sql"}, {engine.Server, "files"}, {engine.Server, "web"}, {engine.Repository, "vault"}, {engine.Agent, "desk"}, {engine.Server, "mail"},
	{engine.Server, "build"}, {engine.Proxy, "proxy"}, {engine.Server, "registry"}, {engine.Agent, "branch"}, {engine.Server, "erp"}, {engine.Tape, "tape"},
}

// keeperAt is where a repository stands in kinds.
const keeperAt = 3

func siteOf(i int) int { return i * 7 % sites }

func addressOf(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(20 + siteOf(i)), byte(i >> 8), byte(i)})
}

func (e *Estate) addComponents(count int) {
	for i := range count {
		kind, site := kinds[i%len(kinds)], siteOf(i)
		c := engine.ComponentStatus{Component: engine.Component{
			ID: id(ofComponent, i), Name: fmt.Sprintf("%s-%03d.site%02d.example", kind.name, i, site), Role: kind.role, Revision: 1,
			Tags: []string{fmt.Sprintf("site-%02d", site), kind.name}, Joined: e.Made.Add(-time.Duration(i+1) * time.Hour), CertificateExpires: e.Made.Add(5 * 24 * time.Hour),
			SeenFrom: addressOf(i), LastSeen: e.Made,
		}, Online: i%29 != 28, Group: "X25519MLKEM768"}
		if i%40 == 7 {
			c.LocalLimit = &engine.Limit{Value: 400, Unit: engine.MegabitsPerSecond}
		}
		cores := 4 << (i % 4)
		c.Report = engine.Report{
			Version: "0.1.0", ChannelVersion: engine.ChannelVersion, OS: "linux", Architecture: "amd64", LinkSpeed: 1_250_000_000,
			Interfaces: []engine.Address{{Address: addressOf(i), Origin: engine.FromInterface, Interface: "eth0"}},
			Endpoints:  []netip.AddrPort{netip.AddrPortFrom(addressOf(i), 6171)}, Machine: fmt.Sprintf("machine %d", i), Boot: "1",
			AllowedBackends: []string{"127.0.0.1:8000-8100"},
			Processor:       engine.Processor{Name: "Intel Xeon Gold 6338", Cores: cores, AES: []string{"AES-NI", "VAES"}},
		}
		if i%17 == 3 {
			public := netip.AddrFrom4([4]byte{198, 51, 100, byte(i/17 + 1)})
			c.Report.Interfaces = append(c.Report.Interfaces, engine.Address{Address: public, Origin: engine.FromInterface, Interface: "eth1"})
		}
		e.calibrate(&c, i)
		e.Components = append(e.Components, c)
	}
}
