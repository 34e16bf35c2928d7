package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	// systemServers is where Unix systems say which DNS servers to ask.
	systemServers = "/etc/resolv.conf"
	// serverWithin is how long one server has for one answer; the next is asked then.
	serverWithin = 2 * time.Second
	// maximumServers bounds how many servers of a list are asked, as systems' own resolvers do.
	maximumServers = 3
	// maximumDomains bounds in how many domains a name without a dot is looked for, as systems' own resolvers do.
	maximumDomains = 6
	// maximumAliases bounds how many aliases (CNAME) are followed, one after the other.
	maximumAliases = 8
	// payload is the largest answer asked for by UDP: it fits into one packet nearly everywhere. A larger one comes by TCP.
	payload = 1232
)

// DNS asks DNS servers. It follows aliases, and asks again by TCP where an answer is cut.
type DNS struct {
	// servers gives the servers to ask, HOST:PORT, in their order, and the domains in which a name without a dot is looked for.
	servers func() (servers, search []string, err error)
	udp     dns.Client
	tcp     dns.Client
}

// At asks the given servers, HOST:PORT each, the next where one does not answer.
func At(servers ...string) *DNS {
	return newDNS(func() ([]string, []string, error) { return servers, nil, nil })
}

// OfSystem asks as the system does: the servers of /etc/resolv.conf as they are at each question, or where there is no such file, as
// on Windows, the system's own resolver.
func OfSystem() Resolver {
	if _, err := os.Stat(systemServers); err != nil {
		return system{}
	}
	return newDNS(func() (servers, search []string, err error) {
		config, err := dns.ClientConfigFromFile(systemServers)
		if err != nil {
			return nil, nil, fmt.Errorf("read which DNS servers this system asks: %w", err)
		}
		for _, server := range config.Servers {
			servers = append(servers, net.JoinHostPort(server, config.Port))
		}
		return servers, config.Search, nil
	})
}

func newDNS(servers func() ([]string, []string, error)) *DNS {
	return &DNS{servers: servers, udp: dns.Client{Net: "udp", Timeout: serverWithin}, tcp: dns.Client{Net: "tcp", Timeout: serverWithin}}
}

// Lookup asks for the addresses of one family.
func (d *DNS) Lookup(ctx context.Context, host string, family Family) ([]netip.Addr, error) {
	servers, search, err := d.servers()
	if err != nil {
		return nil, err
	}
	if len(servers) == 0 {
		return nil, errors.New("this system names no DNS server; set DNSServer")
	}
	servers = servers[:min(len(servers), maximumServers)]
	var candidates []string
	if !strings.Contains(host, ".") { // such as nas: it lies in one of the system's domains
		for _, domain := range search[:min(len(search), maximumDomains)] {
			if domain = strings.Trim(domain, "."); domain != "" {
				candidates = append(candidates, dns.Fqdn(host+"."+domain))
			}
		}
	}
	candidates = append(candidates, dns.Fqdn(host))
	unknown := 0
	for _, candidate := range candidates {
		addresses, err := d.follow(ctx, servers, candidate, family)
		switch {
		case errors.Is(err, ErrUnknownHost):
			unknown++
		case err != nil || len(addresses) > 0:
			return addresses, err
		}
	}
	if unknown == len(candidates) {
		return nil, ErrUnknownHost
	}
	return nil, nil
}

// follow asks for a whole name, and for what it is an alias of where the servers do not say it.
func (d *DNS) follow(ctx context.Context, servers []string, name string, family Family) ([]netip.Addr, error) {
	for range maximumAliases {
		answer, err := d.ask(ctx, servers, name, family)
		if err != nil {
			return nil, err
		}
		addresses, last := read(answer, name, family)
		switch {
		case len(addresses) > 0:
			return addresses, nil
		case answer.Rcode == dns.RcodeNameError:
			return nil, ErrUnknownHost
		case last == name:
			return nil, nil
		case last == "":
			return nil, errAliases
		}
		name = last
	}
	return nil, errAliases
}

var errAliases = fmt.Errorf("more than %d aliases (CNAME), one after the other", maximumAliases)

// read gives the addresses in an answer, and the last name in the chain of aliases that begins with the one that was asked for. Records of
// other names do not count. Last is empty where the chain is too long or a circle.
func read(answer *dns.Msg, name string, family Family) (addresses []netip.Addr, last string) {
	last = name
	for range maximumAliases {
		next := ""
		for _, record := range answer.Answer {
			if !sameName(record.Header().Name, last) || record.Header().Class != dns.ClassINET {
				continue
			}
			switch record := record.(type) {
			case *dns.A:
				if address, ok := netip.AddrFromSlice(record.A.To4()); ok && family == IPv4 {
					addresses = append(addresses, address)
				}
			case *dns.AAAA:
				if address, ok := netip.AddrFromSlice(record.AAAA.To16()); ok && family == IPv6 {
					addresses = append(addresses, address)
				}
			case *dns.CNAME:
				next = record.Target
			}
		}
		if len(addresses) > 0 || next == "" {
			return addresses, last
		}
		last = next
	}
	return nil, ""
}

func sameName(a, b string) bool { return strings.EqualFold(dns.Fqdn(a), dns.Fqdn(b)) }

// ask asks one server after the other until one answers. A server that fails has not answered.
func (d *DNS) ask(ctx context.Context, servers []string, name string, family Family) (*dns.Msg, error) {
	question := new(dns.Msg)
	kind := dns.TypeA
	if family == IPv6 {
		kind = dns.TypeAAAA
	}
	question.SetQuestion(name, kind)
	question.SetEdns0(payload, false)
	var failures []string
	for _, server := range servers {
		answer, err := d.askOne(ctx, question, server)
		if err == nil {
			return answer, nil
		}
		failures = append(failures, fmt.Sprintf("DNS server %s: %v", server, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.New(strings.Join(failures, "; "))
}

func (d *DNS) askOne(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	answer, _, err := d.udp.ExchangeContext(ctx, question, server)
	if err == nil && answer.Truncated {
		answer, _, err = d.tcp.ExchangeContext(ctx, question, server)
	}
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return nil, fmt.Errorf("no answer within %s", serverWithin)
	case err != nil:
		return nil, err
	case !answer.Response || len(answer.Question) != 1 || answer.Question[0].Qtype != question.Question[0].Qtype || !sameName(answer.Question[0].Name, question.Question[0].Name):
		return nil, errors.New("an answer to another question")
	case answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError:
		return nil, fmt.Errorf("it says %s", dns.RcodeToString[answer.Rcode])
	}
	return answer, nil
}

// system asks the system's own resolver.
type system struct{}

// Lookup asks for the addresses of one family.
func (system) Lookup(ctx context.Context, host string, family Family) ([]netip.Addr, error) {
	network := "ip4"
	if family == IPv6 {
		network = "ip6"
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	var answer *net.DNSError
	if errors.As(err, &answer) && answer.IsNotFound { // it does not tell a name without addresses of the family from no name
		return nil, nil
	}
	return addresses, err
}
