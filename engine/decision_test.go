package engine

import (
	"net/netip"
	"testing"
)

func TestSameMachine(t *testing.T) {
	machine := func(change func(*Component)) *Component {
		c := &Component{Role: Proxy, Report: Report{Machine: "m", Boot: "b", Interfaces: []Address{{Address: netip.MustParseAddr("10.0.0.1")}, {Address: netip.MustParseAddr("fd00::1")}}}}
		if change != nil {
			change(c)
		}
		return c
	}
	for _, test := range []struct {
		name   string
		change func(*Component)
		same   bool
	}{
		{"equal in all", nil, true},
		{"another role", func(c *Component) { c.Role = Repository }, true},
		{"another order of addresses", func(c *Component) {
			c.Report.Interfaces[0], c.Report.Interfaces[1] = c.Report.Interfaces[1], c.Report.Interfaces[0]
		}, true},
		{"another machine id: a clone that was cleaned", func(c *Component) { c.Report.Machine = "n" }, false},
		{"no machine id", func(c *Component) { c.Report.Machine = "" }, false},
		{"another boot: a clone", func(c *Component) { c.Report.Boot = "c" }, false},
		{"no boot", func(c *Component) { c.Report.Boot = "" }, false},
		{"one more address: a container", func(c *Component) {
			c.Report.Interfaces = append(c.Report.Interfaces, Address{Address: netip.MustParseAddr("172.17.0.1")})
		}, false},
		{"as many addresses, but others", func(c *Component) { c.Report.Interfaces[0].Address = netip.MustParseAddr("10.0.0.2") }, false},
		{"a provider gateway", func(c *Component) { c.Role = ProviderGateway }, false},
		{"given by hand", func(c *Component) { c.Report.ByHand = true }, false},
		{"advertised", func(c *Component) { c.Report.Advertised = true }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := machine(nil), machine(test.change)
			if SameMachine(a, b) != test.same || SameMachine(b, a) != test.same {
				t.Errorf("not %v", test.same)
			}
		})
	}
	bare := func(c *Component) { c.Report.Interfaces = nil }
	if SameMachine(machine(bare), machine(bare)) {
		t.Error("two that report no address are one machine")
	}
	unknown := func(c *Component) { c.Report.Machine, c.Report.Boot = "", "" }
	if SameMachine(machine(unknown), machine(unknown)) {
		t.Error("two that report no machine id are one machine")
	}
}

func TestDiffers(t *testing.T) {
	limit := func(rule string, value, share uint64) *AppliedThrottle {
		return &AppliedThrottle{rule, value, MegabitsPerSecond, share}
	}
	decision := func(mode Mode, toTarget, toSource *AppliedThrottle) *SessionDecision {
		return &SessionDecision{Decision: Decision{Mode: mode}, ToTarget: toTarget, ToSource: toSource}
	}
	for _, test := range []struct {
		name    string
		a, b    *SessionDecision
		differs bool
	}{
		{"equal", decision(Sealed, nil, limit("x", 1, 9)), decision(Sealed, nil, limit("x", 1, 9)), false},
		{"another share of one limit", decision(Sealed, limit("x", 1, 9), nil), decision(Sealed, limit("x", 1, 3), nil), false},
		{"mode", decision(Sealed, nil, nil), decision(Plain, nil, nil), true},
		{"a limit", decision(Plain, limit("x", 1, 9), nil), decision(Plain, nil, nil), true},
		{"another rule's limit", decision(Plain, limit("x", 1, 9), nil), decision(Plain, limit("y", 1, 9), nil), true},
		{"another limit", decision(Plain, nil, limit("x", 1, 9)), decision(Plain, nil, limit("x", 2, 9)), true},
	} {
		if test.a.Differs(test.b) != test.differs || test.b.Differs(test.a) != test.differs {
			t.Errorf("%s: not %v", test.name, test.differs)
		}
	}
	plain, sealed := *decision(Plain, nil, nil), *decision(Sealed, nil, nil)
	effect := Effect{Links: []LinkEffect{{Before: sealed, After: plain}, {Before: plain, After: sealed}, {Before: plain, After: plain}}}
	if effect.LosesEncryption() != 1 {
		t.Errorf("%d links lose encryption", effect.LosesEncryption())
	}
}

func TestTheZeroModeIsNeitherSealedNorPlain(t *testing.T) {
	var mode Mode
	if mode.Valid() || !Sealed.Valid() || !Plain.Valid() || Mode(3).Valid() {
		t.Error("valid modes")
	}
	for _, mode := range []Mode{0, Sealed, Plain} {
		text, err := mode.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		again := Mode(9)
		if err := again.UnmarshalText(text); err != nil || again != mode {
			t.Errorf("%v was read as %v, %v", mode, again, err)
		}
	}
	if err := mode.UnmarshalText([]byte("open")); err == nil {
		t.Error("a mode that is none was read")
	}
	for _, cipher := range []Cipher{0, AES256GCM, ChaCha20Poly1305} {
		text, err := cipher.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		again := Cipher(9)
		if err := again.UnmarshalText(text); err != nil || again != cipher {
			t.Errorf("%v was read as %v, %v", cipher, again, err)
		}
	}
}

func TestADecisionSaysItsReasonInAFewWords(t *testing.T) {
	for by, want := range map[By]string{
		ByRule: "rule A, B", ByAutomatic: "automatic (public address)", ByExempt: "trusted link A, B", BySameMachine: "same machine", ByProviderGateway: "provider gateway", ByNone: "no rule",
	} {
		if got := (&Decision{By: by, Rules: []string{"A", "B"}}).Because(); got != want {
			t.Errorf("%s: %q, wanted %q", by, got, want)
		}
	}
}
