package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var findingMoment = time.Date(2027, 1, 30, 12, 0, 0, 0, time.UTC)

// attached is a component that has attached before and has a certificate for days.
func attached(name string) ComponentStatus {
	return ComponentStatus{Online: true, Component: Component{
		ID: ID(name), Name: name, CertificateExpires: findingMoment.Add(5 * 24 * time.Hour), LastSeen: findingMoment, Report: Report{Version: "1"},
	}}
}

func TestFindingsSayWhatIsWrongAndWhereToGo(t *testing.T) {
	offline := func(s *Situation, edit func(*ComponentStatus)) {
		c := attached("vault")
		c.Online, c.Problem = false, "it is not attached"
		edit(&c)
		s.Components = []ComponentStatus{c}
	}
	byAnn := &Drain{Since: findingMoment.Add(-time.Minute), Until: findingMoment.Add(time.Minute), By: "administrator ann"}
	route := RouteStatus{Route: Route{ID: "nightly", Name: "nightly run", Enabled: true}, Target: "vault"}
	day := func(text string) *Date { d, _ := ParseDate(text); return &d }
	for name, test := range map[string]struct {
		edit    func(*Situation)
		kind    FindingKind
		text    string
		place   FindingPlace
		thing   ID
		command string
	}{
		"the record": {func(s *Situation) { s.RecordProblem = "the disk is full" }, RecordUnwritable, "the disk is full", AtBroker, "", ""},
		"a refusal": {func(s *Situation) {
			s.Routes = []RouteStatus{{Route: Route{ID: "nightly"}}}
			s.Refusals = []Receipt{{ID: "receipt", Route: "nightly", Source: "files", SourceName: "files", TargetName: "vault", RouteName: "nightly", Reason: "vault is away", Ended: findingMoment}}
		}, SessionsRefused, "files to vault over nightly was refused at", AtReceipt, "receipt", "lockwired receipts show receipt"},
		"a component that carried something": {func(s *Situation) { offline(s, func(c *ComponentStatus) { c.Sessions = 2 }) },
			ComponentLost, "vault is offline, and it carried 2 sessions: it is not attached", AtComponent, "vault", "lockwire-agent status"},
		"a component with a route": {func(s *Situation) { offline(s, func(*ComponentStatus) {}); s.Routes = []RouteStatus{route} },
			ComponentLost, "vault is offline, and it is an end of 1 route: it is not attached", AtComponent, "vault", "lockwire-agent status"},
		"a component without either":  {func(s *Situation) { offline(s, func(*ComponentStatus) {}) }, ComponentOffline, "vault is offline: it is not attached", AtComponent, "vault", "lockwire-agent status"},
		"one whose reason is unknown": {func(s *Situation) { offline(s, func(c *ComponentStatus) { c.Problem = "" }) }, ComponentOffline, "vault is offline.", AtComponent, "vault", "lockwire-agent status"},
		"one that never attached": {func(s *Situation) {
			offline(s, func(c *ComponentStatus) { c.Report, c.LastSeen = Report{}, time.Time{} })
		}, ComponentNeverCame, "vault is offline", AtComponent, "vault", "lockwire-agent status"},
		"a second machine": {func(s *Situation) {
			c := attached("vault")
			c.Problem = "a second machine tried to attach"
			s.Components = []ComponentStatus{c}
		}, ComponentTroubled, "vault: a second machine", AtComponent, "vault", "lockwired components show vault"},
		"a certificate": {func(s *Situation) {
			c := attached("vault")
			c.CertificateExpires = findingMoment.Add(time.Hour)
			s.Components = []ComponentStatus{c}
		}, CertificateEnding, "certificate of vault ends on", AtComponent, "vault", "lockwire-agent status"},
		"an administrator who is away": {func(s *Situation) {
			s.Administrators = []Administrator{{ID: "ann", Name: "Ann B.", CertificateExpires: findingMoment.Add(35 * time.Hour)}, {ID: "bob", CertificateExpires: findingMoment.Add(37 * time.Hour)},
				{ID: "eve", CertificateExpires: findingMoment, Revoked: findingMoment}}
		}, AccessEnding, "certificate of the administrator Ann B. ends on 2027-01-31", AtAdministrator, "ann", "lockwired administrators list"},
		"an administrator who is away for too long": {func(s *Situation) {
			s.Administrators = []Administrator{{ID: "ann", Name: "Ann B.", CertificateExpires: findingMoment.Add(-30 * 24 * time.Hour)}}
		}, AccessEnding, "ended on 2026-12-31", AtAdministrator, "ann", "lockwired administrators revoke 'Ann B.'"},
		"a drain": {func(s *Situation) {
			c := attached("vault")
			c.Drain = byAnn
			s.Components, s.Sessions = []ComponentStatus{c}, []Session{{Source: "files", Target: "vault", Flows: 2}, {Source: "vault", Target: "x", Flows: 1}}
		}, ComponentDraining, "(administrator ann); it still carries 3 connections in 2 sessions, what still runs at " + momentInWords(byAnn.Until) + " is cut", AtComponent, "vault", "lockwired components drain --undo vault"},
		"a drain of the machine's own": {func(s *Situation) {
			c := attached("vault")
			c.Report.Drain = &Drain{Since: findingMoment, By: "lockwire-agent drain, on that machine"}
			s.Components = []ComponentStatus{c}
		}, ComponentDraining, "on that machine); it carries nothing any more", AtComponent, "vault", "lockwire-agent drain --undo"},
		"a drained component that is away": {func(s *Situation) {
			offline(s, func(c *ComponentStatus) { c.Drain = byAnn })
			s.Routes = []RouteStatus{route}
		}, ComponentDraining, "It is not attached now", AtComponent, "vault", "lockwired components drain --undo vault"},
		"too many connections": {func(s *Situation) {
			s.Sessions = []Session{{ID: "s", RouteName: "nightly run", SourceName: "files", TargetName: "vault", TurnedAway: 17, Decision: SessionDecision{Decision: Decision{Mode: Sealed}}}}
		}, ConnectionsReset, "nightly run, files to vault: 17 connections were reset, because a session carries at most 4096 at a time", AtSession, "s", "lockwired sessions show s"},
		"a listener": {func(s *Situation) {
			r := route
			r.Listeners = []Listener{{Component: "files", ComponentName: "files", State: ListenerFailed, Problem: "the port is taken"}}
			s.Routes = []RouteStatus{r}
		}, ListenerDown, "nightly run does not listen on files: the port is taken", AtRoute, "nightly", "lockwired routes list"},
		"a plain session on a public address": {func(s *Situation) {
			s.Sessions = []Session{{ID: "s", SourceName: "files", TargetName: "vault", Decision: SessionDecision{Decision: Decision{Mode: Plain, Triggers: []Trigger{{}}}}}}
		}, PlainOnPublic, "files to vault is plain, and touches a public address", AtSession, "s", "lockwired sessions show s"},
		"the same, by a trusted link": {func(s *Situation) {
			s.Sessions = []Session{{ID: "s", SourceName: "files", TargetName: "vault", Decision: SessionDecision{Decision: Decision{Mode: Plain, By: ByExempt, Triggers: []Trigger{{}}, Exemptions: []AppliedExemption{{Rule: "lab", Reason: "MACsec"}}}}}}
		}, PlainOnPublic, `files to vault is plain, and touches a public address: trusted link "lab" (MACsec).`, AtSession, "s", "lockwired sessions show s"},
		"the same, stale": {func(s *Situation) {
			s.Sessions = []Session{{ID: "s", Stale: true, Now: &SessionDecision{Decision: Decision{Mode: Sealed}}, Decision: SessionDecision{Decision: Decision{Mode: Plain, Triggers: []Trigger{{}}}}}}
		}, PlainOnPublic, "Under today's rules it would be sealed.", AtSession, "s", "lockwired sessions cut s"},
		"a stale session": {func(s *Situation) {
			s.Sessions = []Session{{ID: "s", SourceName: "files", TargetName: "vault", Stale: true, Now: &SessionDecision{Decision: Decision{Mode: Sealed}}, Decision: SessionDecision{Decision: Decision{Mode: Plain}}}}
		}, SessionStale, "is plain; under today's rules it would be sealed", AtSession, "s", "lockwired sessions cut s"},
		"low headroom": {func(s *Situation) {
			c := attached("vault")
			c.Headroom = Headroom{BytesPerSecond: 1_975_000, Cost: Cost{PerGB: 1}, LimitedBy: LimitedByProcessor}
			s.Components, s.Low = []ComponentStatus{c}, map[ID]bool{"vault": true}
		}, HeadroomLow, "vault can hardly carry more: about 15.8 Mbit/s of headroom are left, limited by its processor.", AtHeadroom, "vault", "lockwired headroom list"},
		"the override": {func(s *Situation) { s.Rules.Settings.DisablePublicIPTrafficEncryption = 1 },
			AutomaticOff, "is turned off", AtSettings, "", "lockwired settings set DisablePublicIPTrafficEncryption 0"},
		"the override of the registry": {func(s *Situation) { s.Rules.Prescribed = Prescribed(1, "the registry of the broker's machine") },
			AutomaticOff, "is turned off, set by the registry of the broker's machine.", AtSettings, "", "lockwired override show"},
		"a value of the registry that is none": {func(s *Situation) {
			s.Rules.Settings.DisablePublicIPTrafficEncryption, s.Rules.Prescribed = 1, Prescribed(0, "the registry")
			s.Rules.Prescribed.Problem = "the value is 2, neither 0 nor 1; it counts as 0"
		}, PrescriptionWrong, "neither 0 nor 1", AtSettings, "", "lockwired override show"},
		"a trusted link": {func(s *Situation) {
			s.Rules.Rules = []Rule{{ID: "rule", Name: "lab link", Enabled: true, Exempt: &Exemption{Until: day("2027-02-03")}}}
		}, ExemptionEnding, "The trusted link lab link ends after 2027-02-03", AtRule, "rule", "lockwired rules show 'lab link'"},
		"a name that does not resolve": {func(s *Situation) {
			host := func(name string) []Selector { return []Selector{{Kind: SelectHost, Name: name}} }
			s.Rules.Rules = []Rule{{ID: "rule", Name: "to the NAS", Enabled: true, Source: host("nas.example"), Target: host("other.example")}, {ID: "off", Name: "off", Source: host("nas.example")}}
			s.Hosts = TroubledHosts([]string{"nas.example", "other.example"}, map[string]HostAnswer{"nas.example": {Asked: findingMoment, Problem: "DNS knows no such name"}, "other.example": {}, "tried.example": {Asked: findingMoment}}, findingMoment)
		}, NameUnresolved, "host:nas.example in the rule to the NAS: never resolved (DNS knows no such name): a rule that encrypts counts it as matching everything", AtRule, "rule", "lockwired names list host:nas.example"},
		"an open leg": {func(s *Situation) {
			r := route
			r.OpenLegs = []string{"it listens on 10.0.0.1:1"}
			s.Routes = []RouteStatus{r}
		},
			LegOpen, "nightly run has an open leg: it listens on 10.0.0.1:1", AtRoute, "nightly", "lockwired routes edit 'nightly run'"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Situation{Snapshot: Snapshot{When: findingMoment}}
			test.edit(s)
			findings := s.Findings()
			if len(findings) != 1 {
				t.Fatalf("it finds %+v", findings)
			}
			f := findings[0]
			if f.Kind != test.kind || !strings.Contains(f.Text, test.text) || f.Place != test.place || f.Thing != test.thing || f.Command != test.command || f.Name == "" {
				t.Errorf("%+v", f)
			}
			if f.Kind.Rank() >= len(findingKinds) || f.Kind.Harm() == "" {
				t.Errorf("the kind %s has no rank", f.Kind)
			}
		})
	}
}

func TestNothingIsFoundWhereAllIsWell(t *testing.T) {
	until, _ := ParseDate("2027-06-01")
	over, _ := ParseDate("2027-01-01")
	revoked := attached("old")
	revoked.Online, revoked.Revoked = false, findingMoment
	s := &Situation{
		Snapshot: Snapshot{When: findingMoment, Components: []ComponentStatus{attached("files"), attached("vault"), revoked}, Routes: []RouteStatus{{Route: Route{ID: "nightly", Enabled: true}, Target: "vault"}},
			Sessions: []Session{{ID: "s", Decision: SessionDecision{Decision: Decision{Mode: Plain}}}, {ID: "t", Decision: SessionDecision{Decision: Decision{Mode: Sealed, Triggers: []Trigger{{}}}}}}},
		Rules: RuleSet{Rules: []Rule{{Enabled: true, Exempt: &Exemption{Until: &until}}, {Enabled: true, Exempt: &Exemption{Until: &over}}, {Enabled: true, Exempt: &Exemption{}}}},
	}
	if findings := Pressing(s.Findings()); len(findings) != 0 {
		t.Errorf("%+v", findings)
	}
}

func TestRefusalIsFoundOnceForARouteAndSourceUntilOneComesThrough(t *testing.T) {
	refused := func(id ID, ago time.Duration) Receipt {
		return Receipt{ID: id, Route: "nightly", Source: "files", SourceName: "files", TargetName: "vault", RouteName: "nightly", Reason: "no answer", Ended: findingMoment.Add(-ago)}
	}
	s := &Situation{Snapshot: Snapshot{When: findingMoment, Routes: []RouteStatus{{Route: Route{ID: "nightly"}}}}, Refusals: []Receipt{refused("new", time.Hour), refused("old", 2*time.Hour)}}
	findings := s.Findings()
	if len(findings) != 1 || findings[0].Thing != "new" || findings[0].Name != "refused nightly files" || !strings.Contains(findings[0].Text, "again and again (2 receipts in a day)") {
		t.Fatalf("%+v", findings)
	}
	s.Sessions = []Session{{Route: "nightly", Source: "other", Began: findingMoment}, {Route: "nightly", Source: "files", Began: findingMoment.Add(-90 * time.Minute)}}
	if findings := s.Findings(); len(findings) != 1 {
		t.Errorf("after sessions of another source and from before: %+v", findings)
	}
	s.Sessions[1].Began = findingMoment.Add(-time.Minute)
	if findings := s.Findings(); len(findings) != 0 {
		t.Errorf("after one came through: %+v", findings)
	}
	s.Sessions, s.Routes = nil, nil
	if findings := s.Findings(); len(findings) != 0 {
		t.Errorf("of a route that is gone: %+v", findings)
	}
}

// TestTheLostRepositoryStandsAboveManyThatNeverAttached is the case of C3: 33 components that never attached buried it.
func TestTheLostRepositoryStandsAboveManyThatNeverAttached(t *testing.T) {
	s := &Situation{Snapshot: Snapshot{When: findingMoment}}
	for i := range 33 {
		name := fmt.Sprintf("new-%02d", i)
		s.Components = append(s.Components, ComponentStatus{Component: Component{ID: ID(name), Name: name}})
	}
	lost := attached("repository")
	lost.Online, lost.Sessions = false, 1
	open := RouteStatus{Route: Route{ID: "open", Name: "open", Enabled: true}, OpenLegs: []string{"it listens on 10.0.0.1:1"}}
	s.Components, s.Routes = append(s.Components, lost), []RouteStatus{open}
	groups := GroupFindings(s.Findings())
	var texts []string
	for _, g := range groups {
		texts = append(texts, g.Text)
	}
	want := []string{"repository is offline, and it carried 1 session.", "The route open has an open leg: it listens on 10.0.0.1:1", "33 components have joined and never attached."}
	if !slices.Equal(texts, want) {
		t.Errorf("it says\n%s", strings.Join(texts, "\n"))
	}
	if last := groups[len(groups)-1]; len(last.Findings) != 33 {
		t.Errorf("the group has %d findings", len(last.Findings))
	}
}

func TestFindingsAreRankedByWhatHurts(t *testing.T) {
	var findings []Finding
	for i := range slices.Backward(findingKinds) {
		kind := findingKinds[i].kind
		findings = append(findings, Finding{Kind: kind, When: findingMoment.Add(-time.Hour)}, Finding{Kind: kind, When: findingMoment})
	}
	rankFindings(findings)
	for i, f := range findings {
		if f.Kind != findingKinds[i/2].kind || f.When.Equal(findingMoment) != (i%2 == 0) {
			t.Fatalf("at %d stands %+v", i, f)
		}
	}
	for _, harm := range []Harm{HarmNow, HarmPlain, HarmAhead} {
		if !slices.ContainsFunc(findingKinds, func(k aboutKind) bool { return k.harm == harm }) {
			t.Errorf("no kind does %s", harm)
		}
	}
}

func TestFewFindingsOfAKindHaveALineEach(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, aloneUpTo: aloneUpTo, aloneUpTo + 1: 1, 50: 1} {
		if got := len(GroupFindings(slices.Repeat([]Finding{{Kind: SessionStale, Text: "x"}}, n))); got != want {
			t.Errorf("%d findings are %d lines, not %d", n, got, want)
		}
	}
}

func TestCommandsTakeAnyNameAsOneWord(t *testing.T) {
	for word, want := range map[string]string{
		"vault": "vault", "lab link": "'lab link'", "a'b": `'a'\''b'`, "$(reboot)": "'$(reboot)'", "-x": "'-x'", "": "''", "ü": "'ü'",
	} {
		if got := InShell(word); got != want {
			t.Errorf("%q is written %s, not %s", word, got, want)
		}
	}
}

// The certificate of a component that is away can be renewed for a while after it has ended. What matters is the end of that.
func TestAComponentThatIsAwayIsWarnedOfTheEndOfItsCertificatesRenewal(t *testing.T) {
	for name, test := range map[string]struct {
		ends       time.Duration // from now, of the certificate
		text, next string        // empty: nothing is found
	}{
		"it still holds":          {time.Hour, "", ""},
		"long to the end of it":   {-22 * 24 * time.Hour, "", ""},
		"days to the end of it":   {-24 * 24 * time.Hour, "can be renewed until", "lockwire-agent status"},
		"it cannot any more":      {-RenewalGrace, "too long ago to be renewed", "lockwired components revoke vault"},
		"it has not for a year":   {-365 * 24 * time.Hour, "too long ago to be renewed", "lockwired components revoke vault"},
		"a certificate not known": {0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := attached("vault")
			c.Online, c.CertificateExpires = false, findingMoment.Add(test.ends)
			if test.ends == 0 {
				c.CertificateExpires = time.Time{}
			}
			s := &Situation{Snapshot: Snapshot{When: findingMoment, Components: []ComponentStatus{c}}}
			findings := slices.DeleteFunc(s.Findings(), func(f Finding) bool { return f.Kind != CertificateEnding })
			if len(findings) == 0 != (test.text == "") {
				t.Fatalf("it finds %+v", findings)
			}
			if len(findings) == 1 && (!strings.Contains(findings[0].Text, test.text) || findings[0].Command != test.next || findings[0].Remedy == "") {
				t.Errorf("%+v", findings[0])
			}
		})
	}
}
