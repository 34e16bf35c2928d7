//go:build linux

package hosts

import (
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

const gatewayPort = 6180

// provider is a service provider and its tenant, with a firewall between them that lets one port through:
//
//	broker, source (the tenant) ── router, firewall ── standby (the gateway), target (the provider's broker and repository)
type provider struct {
	tenant, provider *installation
	gateway          *agent
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("nft is missing (Debian's package nftables)")
	}
	n := newNetwork(t, v4, "")
	firewall(t, n)
	programs := releasePrograms(t)
	install := func(n *network, name string) *installation {
		i := &installation{t: t, root: t, network: n, programs: programs}
		i.folder = newFolder(t, name) + "/data"
		i.startBroker(n.broker)
		i.lockwired("settings", "set", "LingerSeconds", fmt.Sprint(lingerSeconds))
		return i
	}
	p := &provider{tenant: install(n, "tenant"), provider: install(&network{router: n.router, broker: n.target, source: n.standby, target: n.target, standby: n.standby}, "provider")}

	at := p.provider
	at.target = at.newAgent("repository", n.target)
	at.join(at.target)
	p.gateway = at.newAgent("gateway", n.standby)
	p.gateway.options = []string{"--listen", fmt.Sprintf(":%d", gatewayPort)}
	token := at.lockwired("components", "token", "gateway", "--role", string(engine.ProviderGateway), "--broker-address", n.target.on(brokerPort))
	joining := at.joinCommand(p.gateway)
	joining.input = strings.NewReader(token)
	must(t, commandWithin, joining)
	for _, a := range []*agent{at.target, p.gateway} {
		at.startAgent(a)
	}
	at.awaitAttached(attachWithin, at.target, p.gateway)

	p.tenant.source = p.tenant.newAgent("source", n.source)
	p.tenant.join(p.tenant.source)
	p.tenant.startAgent(p.tenant.source)
	p.tenant.awaitAttached(attachWithin, p.tenant.source)
	return p
}

// firewall lets the tenant's side reach the gateway's port, and nothing else of the provider's.
func firewall(t *testing.T, n *network) {
	t.Helper()
	if _, err := output(t, commandWithin, command{on: n.router, name: "nft", arguments: []string{"nft", "list", "ruleset"}}); err != nil {
		t.Skipf("this system has no firewall to test with: %v", err)
	}
	rules := fmt.Sprintf(`table inet firewall {
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established,related accept
		iifname { "broker", "source" } oifname { "broker", "source" } accept
		iifname { "target", "standby" } oifname { "target", "standby" } accept
		ip daddr %s tcp dport %d accept
	}
}`, n.standby.address, gatewayPort)
	must(t, commandWithin, command{on: n.router, name: "nft", arguments: []string{"nft", "-f", "-"}, input: strings.NewReader(rules)})
}

// link makes the tenant one, as both administrators do it.
func (p *provider) link(service string) {
	t := p.tenant.t
	t.Helper()
	p.provider.lockwired("tenants", "add", "smith", "--service", service)
	link := p.provider.lockwired("tenants", "link", "smith", "--gateway", p.gateway.on.on(gatewayPort))
	must(t, commandWithin, p.tenant.lockwiredCommand([]byte(link), "providers", "add", "vault", "--link-file", "-"))
	fingerprint := ask[engine.ProviderStatus](p.tenant, "providers", "show", "vault").Key.Fingerprint()
	p.provider.lockwired("tenants", "confirm", "smith", fingerprint)
	eventually(t, attachWithin, "the tenant may begin sessions", func() error {
		status := ask[engine.ProviderStatus](p.tenant, "providers", "show", "vault")
		if status.State != engine.TenantActive || len(status.Services) != 1 {
			return fmt.Errorf("it is %q with %d services: %s", status.State, len(status.Services), status.Problem)
		}
		return nil
	})
}

// A backup to a service provider and back, on separate hosts: the firewall sees TLS to one port, and the gateway itself sees no plaintext either.
func TestBackupsToAProviderGoThroughOnePort(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	n := p.tenant.network
	for name, address := range map[string]string{"the provider's broker": n.target.on(brokerPort), "the repository": n.target.on(dataPort), "another port of the gateway": n.standby.on(dataPort)} {
		if conn, err := n.source.dial(address, 2*time.Second); err == nil {
			conn.Close()
			t.Errorf("the firewall lets %s be reached", name)
		}
	}
	stored := newFolder(t, "restic")
	server := start(t, command{on: n.target, name: "rclone serve restic", arguments: []string{
		"rclone", "serve", "restic", "--addr", loopback(resticBackend), "--config", stored + "/none.conf", stored,
	}})
	awaitPort(t, n.target, loopback(resticBackend), server)
	p.provider.lockwired("services", "add", "restic", "--target", "repository", "--backend", loopback(resticBackend))

	atFirewall := startCapture(t, n)
	atGateway := startCaptureOn(t, n, n.standby, n.target, n.standby)
	p.link("restic")
	p.tenant.lockwired("routes", "add", "copies", "--source", "source", "--listen", loopback(resticListen), "--provider", "vault", "--service", "restic")
	eventually(t, time.Minute, "the source listens", func() error { return p.tenant.listening("copies") })
	r := &restic{n: n, repository: fmt.Sprintf("rest:http://%s/", loopback(resticListen)),
		set: []string{"RESTIC_PASSWORD=of the test only", "RESTIC_CACHE_DIR=" + newFolder(t, "cache")}}
	eventually(t, attachWithin, "the repository is made", func() error { // the component may have to join the provider first
		_, err := output(t, toolWithin, r.command("init"))
		return err
	})
	marker := newMarker()
	r.roundTrip(t, marker)
	words := append(r.words(marker), marker)
	for name, capture := range map[string]*capture{"the firewall": atFirewall, "the gateway": atGateway} {
		found := capture.end(t, words...)
		for _, word := range words {
			if found.packets[word] != 0 {
				t.Errorf("%d packets on %s hold %q", found.packets[word], name, word)
			}
		}
		p.checkTLS(t, name, &found)
	}

	own := p.tenant.awaitReceipts("copies", 1)
	for at := range own {
		p.checkSealed(t, &own[at])
	}
}

// checkTLS fails unless all that passes between tenant and provider is TLS with the gateway's port.
func (p *provider) checkTLS(t *testing.T, where string, found *sighting) {
	t.Helper()
	n := p.tenant.network
	isTenants := func(a netip.Addr) bool { return a == n.broker.address || a == n.source.address }
	isProviders := func(a netip.Addr) bool { return a == n.target.address || a == n.standby.address }
	gateway := netip.AddrPortFrom(n.standby.address, gatewayPort)
	carried := uint64(0)
	for way, said := range found.spoken {
		switch {
		case isTenants(way.from.Addr()) && isProviders(way.to.Addr()):
			if way.to != gateway || !strings.HasPrefix(string(said.first), "\x16\x03\x01") {
				t.Errorf("%s: %v says to %v first %x", where, way.from, way.to, said.first[:min(8, len(said.first))])
			}
		case isProviders(way.from.Addr()) && isTenants(way.to.Addr()):
			if way.from != gateway || !strings.HasPrefix(string(said.first), "\x16\x03\x03") {
				t.Errorf("%s: %v says to %v first %x", where, way.from, way.to, said.first[:min(8, len(said.first))])
			}
		default:
			continue
		}
		carried += said.bytes
	}
	if carried < largeFile { // a capture that missed it would find no plaintext either
		t.Errorf("%s: only %d bytes were captured between tenant and provider", where, carried)
	}
}

// checkSealed fails unless a session is in the record of both, sealed for the gateway's sake. The provider's receipt is written once its
// own two ends have confirmed, which can be later than the tenant's.
func (p *provider) checkSealed(t *testing.T, own *engine.Receipt) {
	t.Helper()
	if own.Decision.Mode != engine.Sealed || own.Decision.By != engine.ByProviderGateway {
		t.Errorf("receipt %s: %s by %s", own.ID, own.Decision.Mode, own.Decision.By)
	}
	if own.AllFlows == 0 {
		return // one that was refused there never became a session
	}
	eventually(t, receiptWithin, "the provider has the receipt, too", func() error {
		for _, r := range ask[[]engine.Receipt](p.provider, "receipts", "list") {
			if r.ID != own.ID {
				continue
			}
			if r.Decision.Mode != engine.Sealed || r.Decision.By != engine.ByProviderGateway || r.TenantName != "smith" {
				t.Errorf("the provider's receipt %s: %s by %s, of tenant %q", r.ID, r.Decision.Mode, r.Decision.By, r.TenantName)
			}
			if r.Traffic.ToTarget != own.Traffic.ToTarget || r.Traffic.ToSource != own.Traffic.ToSource {
				t.Errorf("receipt %s: %d and %d bytes here, %d and %d at the provider", r.ID, own.Traffic.ToTarget, own.Traffic.ToSource, r.Traffic.ToTarget, r.Traffic.ToSource)
			}
			return nil
		}
		return fmt.Errorf("it has none of session %s", own.ID)
	})
}
