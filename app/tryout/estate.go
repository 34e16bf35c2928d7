package tryout

import (
	"net/netip"
	"slices"
	"time"

	"lockwire/engine"
)

// member is a machine of the estate. The public addresses are of the networks for documentation: nothing is sent to them.
type member struct {
	name      string
	role      engine.Role
	addresses []netip.Addr
	tags      []string
}

// The machines of the estate.
const (
	fileServer   = "File server"
	database     = "Database"
	branchOffice = "Branch office"
	backupProxy  = "Backup proxy"
	backupVault  = "Backup vault"
	tapeLibrary  = "Tape library"
	secondSite   = "Second site"
)

func addresses(texts ...string) (all []netip.Addr) {
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

var members = []member{
	{fileServer, engine.Server, addresses("10.20.0.10"), []string{"office"}},
	{database, engine.Agent, addresses("10.30.0.20"), []string{"production"}},
	{branchOffice, engine.Agent, addresses("198.51.100.20"), []string{"branch"}},
	{backupProxy, engine.Proxy, addresses("10.30.0.30"), []string{"production"}},
	{backupVault, engine.Repository, addresses("192.168.50.5"), nil},
	{tapeLibrary, engine.Tape, addresses("192.168.60.7"), nil},
	{secondSite, engine.Repository, addresses("192.168.70.9", "203.0.113.40"), nil},
}

// job is a route of the estate with the traffic over it.
type job struct {
	route          string
	source, target string
	traffic        traffic
	// pause is the time between two connections. It is longer than the linger, so that each has a session of its own, and a rule that was
	// switched shows with the next one.
	pause time.Duration
	// forbidden leaves the backend out of the target's allow-list: the sessions are refused.
	forbidden bool
}

const pause = 3 * time.Second

// jobs are made anew for each try-out: they keep what they have sent.
func jobs() []job {
	return []job{
		{route: "Nightly files", source: fileServer, target: backupVault, pause: pause, traffic: &wholeFile{size: 256 << 20, rate: 10 << 20}},
		{route: "Database stream", source: database, target: backupVault, pause: pause, traffic: &stream{rate: 4 << 20, lasts: 10 * time.Minute}},
		{route: "Branch documents", source: branchOffice, target: backupVault, pause: pause, traffic: &smallFiles{perSecond: 25, lasts: 4 * time.Minute}},
		{route: "Restore desk", source: backupProxy, target: backupVault, pause: pause, traffic: &restore{size: 64 << 20, rate: 1 << 20}},
		{route: "Copy to tape", source: backupVault, target: tapeLibrary, pause: pause, traffic: &stream{rate: 1 << 20, lasts: 6 * time.Minute}},
		{route: "Copy to the second site", source: backupVault, target: secondSite, pause: pause, traffic: &stream{rate: 512 << 10, lasts: 6 * time.Minute}},
		{route: "Old archive", source: database, target: tapeLibrary, pause: 30 * time.Second, traffic: &stream{rate: 1 << 20, lasts: time.Minute}, forbidden: true},
	}
}

// rules of the estate, besides the predefined one, which seals what the branch office sends from its public address. Nothing is said of the
// copy to tape, which is plain for that reason.
func rules(now time.Time) []engine.Rule {
	component := func(name string) []engine.Selector {
		return []engine.Selector{{Kind: engine.SelectComponent, Name: name}}
	}
	role := func(role engine.Role) []engine.Selector {
		return []engine.Selector{{Kind: engine.SelectRole, Name: string(role)}}
	}
	year, month, day := now.AddDate(0, 6, 0).Date()
	return []engine.Rule{
		{Name: "Files to the vault", Enabled: true, Encrypt: true, Source: component(fileServer), Target: component(backupVault),
			Comment: "Made by the try-out. Turn it off, and the next session is plain."},
		{Name: "Database uplink", Enabled: true, Encrypt: true, Source: component(database), Target: component(backupVault),
			Throttle: &engine.Throttle{Limit: engine.Limit{Value: 16, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true},
			Comment:  "Made by the try-out. The database sends twice as fast as this lets it: raise the limit, and watch."},
		{Name: "Proxies to repositories", Enabled: true, Encrypt: true, Source: role(engine.Proxy), Target: role(engine.Repository), Comment: "Made by the try-out."},
		{Name: "Leased line", Enabled: true, Source: component(backupVault), Target: component(secondSite),
			Exempt:  &engine.Exemption{Reason: "MACsec on the leased line", Until: &engine.Date{Year: year, Month: month, Day: day}},
			Comment: "Made by the try-out: a trusted link, plain although the second site has a public address."},
	}
}

// backendsOf gives the addresses that a machine's agent may dial, of all jobs' backends.
func backendsOf(name string, jobs []job, backends []string) (allowed []string) {
	for i, j := range jobs {
		if j.target == name && !j.forbidden && !slices.Contains(allowed, backends[i]) {
			allowed = append(allowed, backends[i])
		}
	}
	return allowed
}
