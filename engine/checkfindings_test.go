package engine

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestACheckFinds(t *testing.T) {
	checked := func(c Checked) func(*Situation) {
		return func(s *Situation) { c.Version = "1.2.0+abc"; s.Checked = &c }
	}
	fault := func(f RuleFault) func(*Situation) {
		f.Rule, f.Name = "rule", "lab link"
		return checked(Checked{Rules: []RuleFault{f}})
	}
	day := func(text string) *Date {
		d, err := ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return &d
	}
	trusted := func(until *Date) func(*Situation) {
		return func(s *Situation) {
			s.Rules.Rules = []Rule{{ID: "rule", Name: "lab link", Enabled: true, Exempt: &Exemption{Reason: "MACsec", Until: until}}}
		}
	}
	trustedAndLimited := func(until *Date) func(*Situation) {
		return func(s *Situation) {
			trusted(until)(s)
			s.Rules.Rules[0].Throttle = &Throttle{Limit: Limit{Value: 5, Unit: MegabitsPerSecond}}
		}
	}
	const gigabyte = 1_000_000_000
	ago := func(days int) time.Time { return findingMoment.Add(-time.Duration(days) * 24 * time.Hour) }
	for name, test := range map[string]struct {
		make     func(*Situation)
		kind     FindingKind // empty: nothing is found
		severity Severity
		text     string
		place    FindingPlace
		thing    ID
		command  string
	}{
		"receipts that do not verify": {func(s *Situation) {
			s.Checked = &Checked{Receipts: &ReceiptsCheck{Verdict: ReceiptsVerdict{Checked: findingMoment, FaultCount: 2, Faults: []ReceiptFault{{Text: "Entry 3 is missing."}}}}}
		}, ReceiptsWrong, Critical, "The receipts do not verify: 2 faults. Entry 3 is missing.", AtBroker, "", "lockwired receipts verify"},
		"receipts that cannot be checked": {func(s *Situation) { s.Checked = &Checked{Receipts: &ReceiptsCheck{Problem: "the disk fails"}} },
			ReceiptsWrong, Warning, "could not be checked: the disk fails", AtBroker, "", "lockwired receipts verify"},
		"receipts that verify": {func(s *Situation) {
			s.Checked = &Checked{Receipts: &ReceiptsCheck{Verdict: ReceiptsVerdict{Checked: findingMoment}}}
		}, "", "", "", "", "", ""},
		"a rule that says nothing": {fault(RuleFault{Kind: RuleSilent}), RuleIdle, Advice, "lab link neither encrypts", AtRule, "rule", "lockwired rules show 'lab link'"},
		"a rule about loopback":    {fault(RuleFault{Kind: RuleUnreachable, Encrypts: true}), RuleIdle, Warning, "no address in its source or target that any component can have", AtRule, "rule", "lockwired rules edit 'lab link'"},
		"a limit without hours":    {fault(RuleFault{Kind: RuleHourless}), RuleIdle, Advice, "no hour of its week is on", AtRule, "rule", "lockwired rules show 'lab link'"},
		"a private trusted link":   {fault(RuleFault{Kind: RuleNothingPublic}), RuleIdle, Advice, "has no public address in it", AtRule, "rule", "lockwired rules show 'lab link'"},
		"a beaten trusted link":    {fault(RuleFault{Kind: RuleBeaten, Others: []string{"all"}}), RuleContradicted, Warning, "never acts: all that it is about is encrypted by the rule all", AtRule, "rule", "lockwired rules remove 'lab link'"},
		"one of a rule that limits": {func(s *Situation) {
			trustedAndLimited(day("2027-12-31"))(s)
			fault(RuleFault{Kind: RuleBeaten, Others: []string{"all"}})(s)
		}, RuleContradicted, Warning, "never acts", AtRule, "rule", "lockwired rules edit 'lab link' --exempt none"},
		"one that is beaten on a route": {fault(RuleFault{Kind: RuleBeatenHere, Others: []string{"all", "most"}, Route: "nightly", Source: "files", Target: "vault"}), RuleContradicted, Advice, "does not act on the route nightly, files to vault: it is encrypted by the rules all, most", AtRule, "rule", "lockwired rules show 'lab link'"},
		"a covered rule":                {fault(RuleFault{Kind: RuleRepeated, Others: []string{"all"}}), RuleCovered, Advice, "is covered by the rule all: without it every decision is the same, at every hour", AtRule, "rule", "lockwired rules remove 'lab link'"},
		"a name of nobody":              {fault(RuleFault{Kind: RuleEmptyName, Entry: "component:gone", Encrypts: true}), RuleNameEmpty, Warning, "component:gone in the rule lab link stands for nothing: no component that is not revoked is called gone", AtRule, "rule", "lockwired rules edit 'lab link'"},
		"a tag of nobody, of a limit":   {fault(RuleFault{Kind: RuleEmptyName, Entry: "tag:x"}), RuleNameEmpty, Advice, "no component with an address carries the tag x", AtRule, "rule", "lockwired rules edit 'lab link'"},
		"a rule without a pair":         {fault(RuleFault{Kind: RuleWithoutPair}), RuleUnmatched, Advice, "matches no two components that there are now", AtRule, "rule", "lockwired rules remove 'lab link'"},
		"a fault of a newer broker":     {make: fault(RuleFault{Kind: "bewitched"})},
		"a plain route": {checked(Checked{Routes: []RouteFault{{Route: "r", Name: "nightly run", SourceName: "files", TargetName: "cloud box", Why: "the rule Internet is off"}}}), RoutePlain, Critical,
			"The route nightly run would be plain from files to cloud box, although one of the two has a public address: the rule Internet is off.", AtRoute, "r", "lockwired rules add NAME --source component:files --target 'component:cloud box' --encrypt"},
		"one by a trusted link":   {checked(Checked{Routes: []RouteFault{{Route: "r", Name: "nightly", Exempt: true}}}), RouteExempt, Advice, "would be plain", AtRoute, "r", "lockwired routes show nightly"},
		"a way around":            {checked(Checked{Around: []AroundFault{{Route: "r", Name: "nightly", TargetName: "vault", At: []string{"0.0.0.0:8000"}}}}), AroundLockwire, Warning, "nightly listens on vault also at 0.0.0.0:8000", AtRoute, "r", "lockwired routes test nightly --connect"},
		"the authority":           {checked(Checked{AuthorityEnds: findingMoment.Add(100 * 24 * time.Hour)}), AuthorityEnding, Critical, "The authority of this installation ends on", AtBroker, "", ""},
		"the authority, in years": {make: checked(Checked{AuthorityEnds: findingMoment.Add(1000 * 24 * time.Hour)})},
		"little space":            {checked(Checked{Space: &Space{Free: gigabyte - 1}}), SpaceLow, Warning, "MB are free", AtBroker, "", ""},
		"hardly any space":        {checked(Checked{Space: &Space{Free: 1000}}), SpaceLow, Critical, "1.00 kB are free", AtBroker, "", ""},
		"a record that outgrows":  {checked(Checked{Space: &Space{Free: 2 * gigabyte, Record: gigabyte, Since: ago(10)}}), RecordGrowing, Warning, "The record has grown to 1.00 GB", AtBroker, "", ""},
		"one that does not":       {make: checked(Checked{Space: &Space{Free: 4 * gigabyte, Record: gigabyte, Since: ago(10)}})},
		"one that is new":         {make: checked(Checked{Space: &Space{Free: 2 * gigabyte, Record: gigabyte, Since: ago(1)}})},
		"a clock": {func(s *Situation) {
			c := attached("vault")
			c.ClockAhead = -3 * time.Minute
			s.Components = []ComponentStatus{c}
		}, ClockOff, Warning, "The clock of vault is 3m0s behind the broker's.", AtComponent, "vault", "timedatectl"},
		"an old version": {func(s *Situation) {
			old, same := attached("vault"), attached("files")
			old.Report.Version, same.Report.Version = "1.1.9+0123", "1.2.0+ffff"
			s.Components = []ComponentStatus{same, old}
			checked(Checked{})(s)
		}, VersionOther, Warning, "vault runs Lockwire 1.1.9, the broker 1.2.0.", AtComponent, "vault", "lockwired components show vault"},
		"a tenant's certificate": {func(s *Situation) {
			s.Tenants = []TenantStatus{{Tenant: Tenant{ID: "t", Name: "Miller & Co", CertificateExpires: findingMoment.Add(time.Hour)}}, {Tenant: Tenant{ID: "off", Disabled: true, CertificateExpires: findingMoment}}}
		}, TenantCertEnding, Warning, "The certificate of the tenant Miller & Co ends on", AtTenant, "t", "lockwired tenants show 'Miller & Co'"},
		"that at a provider": {func(s *Situation) {
			s.Providers = []ProviderStatus{{Provider: Provider{ID: "p", Name: "cloud"}, CertificateExpires: findingMoment.Add(-time.Hour)}}
		}, ProviderCertEnding, Warning, "for the provider cloud ended on", AtProvider, "p", "lockwired providers show cloud"},
		"a trusted link without an end":  {trusted(nil), ExemptionEndless, Advice, "has no end. Its reason: MACsec.", AtRule, "rule", "lockwired rules edit 'lab link' --until DAY"},
		"a trusted link that is over":    {trusted(day("2026-12-31")), ExemptionOver, Advice, "ended after 2026-12-31", AtRule, "rule", "lockwired rules remove 'lab link'"},
		"one of a rule that limits, too": {trustedAndLimited(day("2026-12-31")), ExemptionOver, Advice, "ended after 2026-12-31", AtRule, "rule", "lockwired rules edit 'lab link' --exempt none"},
		"a trusted link that ends soon":  {trusted(day("2027-02-03")), ExemptionEnding, Warning, "ends after 2027-02-03", AtRule, "rule", "lockwired rules show 'lab link'"},
		"a trusted link for a long time": {make: trusted(day("2027-12-31"))},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Situation{Snapshot: Snapshot{When: findingMoment}}
			test.make(s)
			findings := s.Findings()
			if test.kind == "" {
				if len(findings) != 0 {
					t.Errorf("it finds %+v", findings)
				}
				return
			}
			if len(findings) != 1 {
				t.Fatalf("it finds %+v", findings)
			}
			f := findings[0]
			if f.Kind != test.kind || f.Severity != test.severity || !strings.Contains(f.Text, test.text) || f.Place != test.place || f.Thing != test.thing || f.Command != test.command {
				t.Errorf("it finds %+v", f)
			}
			if pressing := len(Pressing(findings)) == 1; pressing != (test.severity != Advice) {
				t.Errorf("pressing is %v", pressing)
			}
		})
	}
}

func TestEachKindOfFindingSaysWhatItMeansAndWhatToDo(t *testing.T) {
	for _, about := range findingKinds {
		f := Finding{Kind: about.kind}
		for _, sentence := range []string{f.Means(), f.Fix()} {
			if !strings.HasSuffix(sentence, ".") {
				t.Errorf("%s says %q", about.kind, sentence)
			}
		}
		if about.many == "" || !slices.Contains(Severities, about.severity) {
			t.Errorf("%s: %+v", about.kind, about)
		}
	}
	if f := (Finding{Kind: QuotaEnding, Remedy: "Ask for more today."}); f.Fix() != "Ask for more today." {
		t.Errorf("a finding's own remedy is not told: %q", f.Fix())
	}
}

// TestWhatAFindingMeansHoldsForEachOfItsKind: a name that DNS answered before stands for the last answer, and the older version may be the broker's.
func TestWhatAFindingMeansHoldsForEachOfItsKind(t *testing.T) {
	for kind, means := range map[FindingKind]string{NameUnresolved: "Where DNS never answered, ", VersionOther: "The older of the two has faults"} {
		if !strings.HasPrefix(kind.Means(), means) {
			t.Errorf("%s means %q", kind, kind.Means())
		}
	}
}

func TestACheckSortsBySeverityAndCounts(t *testing.T) {
	findings := []Finding{{Kind: RuleCovered}, {Kind: LegOpen}, {Kind: AuthorityEnding}, {Kind: RuleNameEmpty, Severity: Advice}}
	rankFindings(findings)
	BySeverity(findings)
	var got []string
	for _, f := range findings {
		got = append(got, string(f.Kind))
	}
	if want := []string{"authority ending", "leg open", "rule name empty", "rule covered"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	if got, want := CountSeverities(findings), "1 critical finding, 1 warning, 2 pieces of advice"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
