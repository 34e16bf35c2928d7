//go:build linux

package hosts

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// host is one machine of a network: a network namespace.
type host struct {
	name      string // as the tests call it
	namespace string
	address   netip.Addr // private; none for the router
}

// network is four hosts and the router between them.
type network struct {
	router, broker, source, target, standby *host
	// unused is the source's public address, which nothing uses; invalid where it has none.
	unused netip.Addr
}

// family is what the private addresses of a network are made of.
type family int

const (
	v4 family = iota
	v6
)

var networks atomic.Int64

// newNetwork makes the hosts. unused is the second address of the source, such as 203.0.113.7, or empty.
func newNetwork(t *testing.T, f family, unused string) *network {
	t.Helper()
	needHosts(t)
	number := networks.Add(1)
	n := &network{}
	add := func(name string) *host {
		h := &host{name: name, namespace: fmt.Sprintf("%s-%d-%s", run.name, number, name)}
		ip(t, "netns", "add", h.namespace)
		t.Cleanup(func() {
			if err := removeNamespace(h.namespace); err != nil {
				t.Error(err)
			}
		})
		ip(t, "-n", h.namespace, "link", "set", "lo", "up")
		return h
	}
	n.router = add("router")
	for _, key := range []string{"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"} {
		inNamespace(t, n.router, func() error { return os.WriteFile("/proc/sys/"+key, []byte("1"), 0) })
	}
	for i, to := range []**host{&n.broker, &n.source, &n.target, &n.standby} {
		h := add([]string{"broker", "source", "target", "standby"}[i])
		n.connect(t, h, f, i+1)
		*to = h
	}
	if unused != "" {
		n.unused = netip.MustParseAddr(unused)
		n.connectUnused(t)
	}
	return n
}

// connect gives a host its private network, number of its own, and its way to the others.
func (n *network) connect(t *testing.T, h *host, f family, number int) {
	t.Helper()
	subnet, bits, version := fmt.Sprintf("10.77.%d.", number), 24, "-4"
	if f == v6 {
		subnet, bits, version = fmt.Sprintf("fd77:%d::", number), 64, "-6"
	}
	h.address = netip.MustParseAddr(subnet + "2")
	veth(t, h, "private", n.router, h.name)
	addAddress(t, h, "private", netip.PrefixFrom(h.address, bits))
	addAddress(t, n.router, h.name, netip.PrefixFrom(netip.MustParseAddr(subnet+"1"), bits))
	ip(t, version, "-n", h.namespace, "route", "add", "default", "via", subnet+"1")
}

// connectUnused gives the source its public interface: up, with a network of its own, and no route leads over it.
func (n *network) connectUnused(t *testing.T) {
	t.Helper()
	bits, router := 24, n.unused.Prev()
	if n.unused.Is6() {
		bits = 64
	}
	veth(t, n.source, "public", n.router, "unused")
	addAddress(t, n.source, "public", netip.PrefixFrom(n.unused, bits))
	addAddress(t, n.router, "unused", netip.PrefixFrom(router, bits))
}

// veth makes a cable between two hosts.
func veth(t *testing.T, a *host, nameAtA string, b *host, nameAtB string) {
	t.Helper()
	ip(t, "-n", a.namespace, "link", "add", nameAtA, "type", "veth", "peer", "name", nameAtB, "netns", b.namespace)
	for _, end := range []struct {
		at   *host
		name string
	}{{a, nameAtA}, {b, nameAtB}} {
		ip(t, "-n", end.at.namespace, "link", "set", end.name, "up")
	}
}

func addAddress(t *testing.T, h *host, device string, prefix netip.Prefix) {
	t.Helper()
	arguments := []string{"-n", h.namespace, "address", "add", prefix.String(), "dev", device}
	if prefix.Addr().Is6() {
		arguments = append(arguments, "nodad") // nobody else can have it, and the search would take seconds
	}
	ip(t, arguments...)
}

func ip(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := exec.Command("ip", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
}

// on gives HOST:PORT at the host's address.
func (h *host) on(port int) string { return netip.AddrPortFrom(h.address, uint16(port)).String() }

// inNamespace calls f on a thread of this process that is on the host. What f opens stays there. f must not start goroutines.
func inNamespace(t *testing.T, h *host, f func() error) {
	t.Helper()
	if err := withNamespace(h, f); err != nil {
		t.Fatalf("on %s: %v", h.name, err)
	}
}

func withNamespace(h *host, f func() error) error {
	to, err := os.Open("/run/netns/" + h.namespace)
	if err != nil {
		return err
	}
	defer to.Close()
	runtime.LockOSThread()
	back, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer back.Close()
	if err := unix.Setns(int(to.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter the namespace: %w", err)
	}
	failed := f()
	if err := unix.Setns(int(back.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("leave the namespace: %w", err) // the thread stays locked, so that it ends with its goroutine
	}
	runtime.UnlockOSThread()
	return failed
}

// listen opens a TCP port on the host. The address must be a literal one.
func (h *host) listen(t *testing.T, address string) net.Listener {
	t.Helper()
	var listener net.Listener
	inNamespace(t, h, func() (err error) {
		listener, err = net.Listen("tcp", address)
		return err
	})
	t.Cleanup(func() { listener.Close() })
	return listener
}

// dial connects from the host. The address must be a literal one, so that the socket is made on this thread.
func (h *host) dial(address string, within time.Duration) (conn *net.TCPConn, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	err = withNamespace(h, func() error {
		made, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			conn = made.(*net.TCPConn)
		}
		return err
	})
	return conn, err
}

// send sends one UDP packet from the host.
func (h *host) send(t *testing.T, to, text string) {
	t.Helper()
	inNamespace(t, h, func() error {
		conn, err := net.Dial("udp", to)
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = conn.Write([]byte(text))
		return err
	})
}
