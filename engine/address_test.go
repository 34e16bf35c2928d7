package engine

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for class, list := range map[AddressClass]string{
		PrivateAddress: "10.0.0.0,10.255.255.255,172.16.0.0,172.31.255.255,192.168.0.0,192.168.255.255,fc00::,fdff:ffff::1,::ffff:10.1.2.3",
		IgnoredAddress: "127.0.0.1,127.255.255.255,::1,169.254.0.1,fe80::1,febf::1,0.0.0.0,::,224.0.0.1,239.255.255.255,ff02::1,::ffff:127.0.0.1,::ffff:169.254.1.1,fe80::1%eth0",
		PublicAddress:  "9.255.255.255,11.0.0.0,172.15.255.255,172.32.0.0,192.167.255.255,192.169.0.0,100.64.0.1,203.0.113.1,8.8.8.8,fbff::1,fe00::1,2001:db8::1,2606:4700::1,::ffff:8.8.8.8,255.255.255.255",
	} {
		for text := range strings.SplitSeq(list, ",") {
			if got := Classify(netip.MustParseAddr(text)); got != class {
				t.Errorf("%s is %d, not %d", text, got, class)
			}
		}
	}
	if Classify(netip.Addr{}) != IgnoredAddress {
		t.Error("no address is not ignored")
	}
}

func TestIsShared(t *testing.T) {
	for text, want := range map[string]bool{"100.64.0.0": true, "100.127.255.255": true, "::ffff:100.64.0.1": true, "100.63.255.255": false, "100.128.0.0": false, "2001:db8::1": false} {
		if IsShared(netip.MustParseAddr(text)) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	got, err := ParseAddresses("10.0.0.1, ::ffff:10.0.0.2 ,2001:db8::1")
	if err != nil || len(got) != 3 || got[1] != netip.MustParseAddr("10.0.0.2") {
		t.Errorf("%v %v", got, err)
	}
	for _, text := range []string{"", "10.0.0.1,", "10.0.0.1;10.0.0.2", "10.0.0.0/8", "localhost", "fe80::1%eth0", "10.0.0.1:80", strings.Repeat("10.0.0.1,", MaximumAddresses) + "10.0.0.1"} {
		if got, err := ParseAddresses(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
	if got, err := ParseAddresses(strings.TrimSuffix(strings.Repeat("10.0.0.1,", MaximumAddresses), ",")); err != nil || len(got) != MaximumAddresses {
		t.Errorf("%d addresses, %v", len(got), err)
	}
}

func TestAddressSaysHowItIsKnown(t *testing.T) {
	address := netip.MustParseAddr("10.0.0.1")
	for origin, want := range map[Origin]string{"": "10.0.0.1", FromInterface: "10.0.0.1", Advertised: "10.0.0.1 (advertised)", SeenByBroker: "10.0.0.1 (seen by the broker)", GivenByHand: "10.0.0.1 (given by hand)"} {
		if got := (Address{Address: address, Origin: origin}).String(); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

func TestComponentAddressesAreInterfacesAdvertisedAndSeen(t *testing.T) {
	addr := netip.MustParseAddr
	c := Component{SeenFrom: addr("::ffff:198.51.100.9")}
	c.Report.Interfaces = []Address{{Address: addr("10.0.0.1"), Origin: FromInterface}, {Address: addr("127.0.0.1")}, {Address: addr("fe80::1%eth0")}, {Address: addr("::ffff:10.0.0.1")}}
	c.Report.Endpoints = []netip.AddrPort{netip.MustParseAddrPort("203.0.113.5:6171"), netip.MustParseAddrPort("127.0.0.1:6171"), netip.MustParseAddrPort("10.0.0.1:6171")}
	texts := func() (list []string) {
		for _, a := range c.Addresses() {
			list = append(list, a.String())
		}
		return list
	}
	if got := strings.Join(texts(), ", "); got != "10.0.0.1, 198.51.100.9 (seen by the broker)" {
		t.Error(got) // endpoints that are not advertised are the interfaces with a port
	}
	c.Report.Advertised = true
	if got := strings.Join(texts(), ", "); got != "10.0.0.1, 203.0.113.5 (advertised), 198.51.100.9 (seen by the broker)" {
		t.Error(got)
	}
	party := c.Party()
	if len(party.Addresses) != 3 || party.Name != c.Name {
		t.Errorf("%+v", party)
	}
}

func TestAddressesThatCanNeverWorkAreRefused(t *testing.T) {
	for _, text := range []string{"0.0.0.0", "::", "::ffff:0.0.0.0", "224.0.0.1", "ff02::1", "255.255.255.255", "fe80::1"} {
		if err := CheckDialled(netip.MustParseAddr(text)); err == nil {
			t.Errorf("%s can be dialled", text)
		}
		hostPort := net.JoinHostPort(text, "8000")
		if err := CheckHostPort(hostPort); err == nil {
			t.Errorf("a backend at %s", hostPort)
		}
		all := netip.MustParseAddr(text).Unmap().IsUnspecified()
		if err := CheckListen(hostPort); (err == nil) != all {
			t.Errorf("listening on %s: %v", hostPort, err)
		}
		if err := CheckListenHost(hostPort); (err == nil) != all {
			t.Errorf("the data port on %s: %v", hostPort, err)
		}
		if _, err := ParsePortRule(hostPort); err == nil {
			t.Errorf("an allow-list with %s", hostPort)
		}
	}
	for _, text := range []string{"127.0.0.1", "10.0.0.1", "2001:db8::1", "fe80::1%eth0", "169.254.1.1"} {
		if err := CheckDialled(netip.MustParseAddr(text)); err != nil {
			t.Error(err)
		}
	}
	if err := CheckListenHost(":6171"); err != nil {
		t.Error(err)
	}
}
