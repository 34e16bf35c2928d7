package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// RefusalsWithin is how far back a refused session needs attention, MaximumRefusals how many receipts of them are looked at.
	RefusalsWithin  = 24 * time.Hour
	MaximumRefusals = 200
	// certificateSoon is how long before its end a certificate that nobody renewed is pointed out. Agents and consoles renew theirs far
	// earlier, while they are attached.
	certificateSoon = 36 * time.Hour
	// RenewalGrace is how long after its end a certificate may still be shown to get a new one: a machine that was off for a month comes
	// back without anybody's help, and one that was off for longer has to join again.
	RenewalGrace = 30 * 24 * time.Hour
	// graceSoon is how long before the end of that time it is pointed out for a component that is away.
	graceSoon = 7 * 24 * time.Hour
)

// Situation is what findings are found in.
type Situation struct {
	Snapshot
	Rules RuleSet
	// Administrators are those who reach the broker from elsewhere.
	Administrators []Administrator
	// Refusals are the receipts that RefusalsQuery picks.
	Refusals []Receipt
	// Low are the components that can hardly carry more, as LowHeadroom tells them.
	Low map[ID]bool
	// Checked is what the broker found when it was asked to check; nil where it was not asked.
	Checked *Checked
}

// RefusalsQuery picks the receipts that findings look at.
func RefusalsQuery(now time.Time) ReceiptQuery {
	return ReceiptQuery{State: SessionRefused, From: now.Add(-RefusalsWithin), Limit: MaximumRefusals}
}

// Findings gives all that needs attention, the worst first. It is the one list: the overview shows what is pressing of it, a check all.
func (s *Situation) Findings() []Finding {
	findings := s.recordFindings()
	findings = append(findings, s.refusalFindings()...)
	findings = append(findings, s.sessionFindings()...)
	findings = append(findings, s.componentFindings()...)
	findings = append(findings, s.routeFindings()...)
	findings = append(findings, s.providerFindings()...)
	findings = append(findings, s.tenantFindings()...)
	findings = append(findings, s.ruleFindings()...)
	findings = append(findings, s.administratorFindings()...)
	findings = append(findings, s.partnerCertificates()...)
	findings = append(findings, s.checkFindings()...)
	rankFindings(findings)
	return findings
}

func (s *Situation) recordFindings() []Finding {
	if s.RecordProblem == "" {
		return nil
	}
	return []Finding{{
		Kind: RecordUnwritable, Name: "record", Place: AtBroker,
		Text: "The broker cannot write its record, so no new session begins: " + s.RecordProblem,
	}}
}

// refusalFindings are of each route and source the newest refusal, unless a session came through since.
func (s *Situation) refusalFindings() []Finding {
	type end struct{ route, source ID }
	newest, counts := map[end]*Receipt{}, map[end]int{}
	for i := range s.Refusals {
		r := &s.Refusals[i]
		at := end{r.Route, r.Source}
		if counts[at]++; newest[at] == nil || newest[at].Ended.Before(r.Ended) {
			newest[at] = r
		}
	}
	through := map[end]time.Time{}
	for i := range s.Sessions {
		at := end{s.Sessions[i].Route, s.Sessions[i].Source}
		if through[at].Before(s.Sessions[i].Began) {
			through[at] = s.Sessions[i].Began
		}
	}
	routes := map[ID]bool{}
	for i := range s.Routes {
		routes[s.Routes[i].ID] = true
	}
	var findings []Finding
	for at, r := range newest {
		if !routes[at.route] || through[at].After(r.Ended) {
			continue
		}
		findings = append(findings, refusalFinding(r, counts[at]))
	}
	slices.SortFunc(findings, func(a, b Finding) int { return strings.Compare(string(a.Thing), string(b.Thing)) })
	return findings
}

// RefusalFinding is that of one refusal, at the moment when it happens.
func RefusalFinding(r *Receipt) Finding { return ranked(refusalFinding(r, 1)) }

// refusalFinding is that of the newest of several refusals.
func refusalFinding(r *Receipt, count int) Finding {
	how := "was refused"
	if count > 1 {
		how = fmt.Sprintf("was refused again and again (%d receipts in a day), the last time", count)
	}
	return Finding{
		Kind: SessionsRefused, Name: fmt.Sprintf("refused %s %s", r.Route, r.Source), Place: AtReceipt, Thing: r.ID, When: r.Ended,
		Text:    fmt.Sprintf("%s to %s over %s %s at %s: %s", r.SourceName, r.TargetName, r.RouteName, how, momentInWords(r.Ended), r.Reason),
		Command: "lockwired receipts show " + string(r.ID),
	}
}

// PlainFinding tells whether a session that has just begun is plain and touches a public address, and gives what is to be said of it.
func PlainFinding(session *Session) (Finding, bool) {
	finding := plainFinding(session)
	return ranked(finding), finding.Kind != ""
}

// plainFinding has no kind where the session is sealed or touches no public address.
func plainFinding(session *Session) Finding {
	finding := Finding{Place: AtSession, Thing: session.ID, Name: "session " + string(session.ID)}
	if session.Decision.Mode != Plain || len(session.Decision.Triggers) == 0 {
		return finding
	}
	finding.Kind, finding.Command = PlainOnPublic, "lockwired sessions show "+string(session.ID)
	finding.Text = fmt.Sprintf("The session %s to %s is plain, and touches a public address.", session.SourceName, session.TargetName)
	if exempt := session.Decision.ExemptionsInWords(); session.Decision.By == ByExempt && !session.Stale {
		finding.Severity = Advice // as somebody decided, with a reason
		finding.Text = fmt.Sprintf("The session %s to %s is plain, and touches a public address: trusted link %s.", session.SourceName, session.TargetName, exempt)
	}
	if session.Stale && session.Now != nil {
		finding.Text += fmt.Sprintf(" Under today's rules it would be %s.", session.Now.Mode)
		finding.Command = "lockwired sessions cut " + string(session.ID)
	}
	return finding
}

func (s *Situation) sessionFindings() []Finding {
	var findings []Finding
	for i := range s.Sessions {
		session := &s.Sessions[i]
		if session.TurnedAway > 0 {
			findings = append(findings, Finding{
				Kind: ConnectionsReset, Name: "connections " + string(session.ID), Place: AtSession, Thing: session.ID,
				Text:    fmt.Sprintf("Over the route %s, %s to %s: %s.", session.RouteName, session.SourceName, session.TargetName, TurnedAwayWords(session.TurnedAway)),
				Command: "lockwired sessions show " + string(session.ID),
			})
		}
		finding := plainFinding(session)
		switch {
		case finding.Kind != "":
		case session.Stale && session.Now != nil:
			finding.Kind, finding.Command = SessionStale, "lockwired sessions cut "+string(session.ID)
			finding.Text = fmt.Sprintf("The session %s to %s is %s; under today's rules it would be %s.", session.SourceName, session.TargetName, session.Decision.Mode, session.Now.Mode)
			finding.Remedy = "It goes on as it began. Cut it, and the next connection begins a session under today's rules."
		default:
			continue
		}
		findings = append(findings, finding)
	}
	return findings
}

func (s *Situation) componentFindings() []Finding {
	routes, carries := s.enabledRoutesOf(), CarriesOf(s.Sessions)
	var findings []Finding
	for i := range s.Components {
		c := &s.Components[i]
		if !c.Revoked.IsZero() {
			continue
		}
		finding := Finding{Place: AtComponent, Thing: c.ID, Name: "component " + string(c.ID), Command: "lockwired components show " + InShell(c.Name)}
		switch {
		case !c.Online && (c.Drain == nil || c.Sessions > 0): // one that was drained may be away for the work that is planned
			offlineFinding(&finding, c, routes[c.ID])
		case c.Online && c.Problem != "":
			finding.Kind, finding.Text = ComponentTroubled, fmt.Sprintf("%s: %s", c.Name, c.Problem)
		}
		if finding.Kind != "" {
			findings = append(findings, finding)
		}
		if c.Draining() != nil {
			findings = append(findings, s.drainFinding(c, carries[c.ID]))
		}
		if ending, found := certificateFinding(c, s.When); found {
			findings = append(findings, ending)
		}
		if off, found := clockFinding(c); found {
			findings = append(findings, off)
		}
		if c.Online && c.Headroom.Known() && s.Low[c.ID] {
			findings = append(findings, Finding{
				Kind: HeadroomLow, Name: "headroom " + string(c.ID), Place: AtHeadroom, Thing: c.ID,
				Text:    fmt.Sprintf("%s can hardly carry more: about %s of headroom are left, limited by %s.", c.Name, RateInWords(c.Headroom.BytesPerSecond), c.Headroom.LimitedBy.ofComponent()),
				Command: "lockwired headroom list",
			})
		}
	}
	return findings
}

// drainFinding says that a component takes no new connection, what it still carries, and how that is undone.
func (s *Situation) drainFinding(c *ComponentStatus, carries Carries) Finding {
	finding := Finding{
		Kind: ComponentDraining, Name: "drain " + string(c.ID), Place: AtComponent, Thing: c.ID, When: c.Draining().Since,
		Text: c.Name + " drains: " + c.DrainWords(s.When, carries) + ".", Command: "lockwired components drain --undo " + InShell(c.Name),
	}
	if c.Drain == nil {
		finding.Command = "lockwire-agent drain --undo"
	}
	if !c.Online {
		finding.Text += " It is not attached now."
	}
	return finding
}

// certificateFinding says that a component did not renew its certificate. One that is away can still do so for a while after it has ended.
func certificateFinding(c *ComponentStatus, now time.Time) (Finding, bool) {
	finding := Finding{Kind: CertificateEnding, Name: "certificate " + string(c.ID), Place: AtComponent, Thing: c.ID, Command: "lockwire-agent status"}
	last := c.CertificateExpires.Add(RenewalGrace)
	switch {
	case c.CertificateExpires.IsZero():
		return finding, false
	case c.Online && c.CertificateEndsSoon(now):
		finding.Text = fmt.Sprintf("The certificate of %s ends on %s and was not renewed.", c.Name, momentInWords(c.CertificateExpires))
		finding.Remedy = "Its agent renews it by itself; its log says why it does not."
	case !c.Online && !now.Before(last):
		finding.Text = fmt.Sprintf("The certificate of %s ended on %s, too long ago to be renewed.", c.Name, momentInWords(c.CertificateExpires))
		finding.Remedy = "Revoke the component, make a token of the same name, and have the machine join with it."
		finding.Command = "lockwired components revoke " + InShell(c.Name)
	case !c.Online && last.Sub(now) < graceSoon:
		finding.Text = fmt.Sprintf("The certificate of %s ended on %s and can be renewed until %s.", c.Name, momentInWords(c.CertificateExpires), momentInWords(last))
		finding.Remedy = "Start its agent before, and it renews it by itself; later it has to join again with a new token."
	default:
		return finding, false
	}
	return finding, true
}

// administratorFindings are of those who are away and so did not renew their certificates: a console that is attached does that by itself.
func (s *Situation) administratorFindings() []Finding {
	var findings []Finding
	for i := range s.Administrators {
		a := &s.Administrators[i]
		if !a.CertificateEndsSoon(s.When) {
			continue
		}
		finding := Finding{Kind: AccessEnding, Name: "administrator " + string(a.ID), Place: AtAdministrator, Thing: a.ID, Command: "lockwired administrators list"}
		last := a.CertificateExpires.Add(RenewalGrace)
		finding.Text = fmt.Sprintf("The certificate of the administrator %s %s on %s and was not renewed.", a.Name, endsOrEnded(a.CertificateExpires, s.When), momentInWords(a.CertificateExpires))
		if s.When.Before(last) {
			finding.Remedy = fmt.Sprintf("It is renewed when %s attaches, until %s at the latest. Revoke it where the access is not needed any more.", a.Name, momentInWords(last))
		} else {
			finding.Remedy = "It cannot be renewed any more. Revoke it, and make a new token where the access is still needed."
			finding.Command = "lockwired administrators revoke " + InShell(a.Name)
		}
		findings = append(findings, finding)
	}
	return findings
}

// offlineFinding says how bad it is that a component is not attached.
func offlineFinding(finding *Finding, c *ComponentStatus, routes int) {
	finding.When, finding.Command = c.LastSeen, "lockwire-agent status"
	missed := ""
	switch {
	case c.Report.Version == "" && c.LastSeen.IsZero():
		finding.Kind, finding.When = ComponentNeverCame, c.Joined
	case c.Sessions > 0:
		finding.Kind, missed = ComponentLost, ", and it carried "+CountInWords(c.Sessions, "session", "sessions")
	case routes > 0:
		finding.Kind, missed = ComponentLost, ", and it is an end of "+CountInWords(routes, "route", "routes")
	default:
		finding.Kind = ComponentOffline
	}
	why := "."
	if c.Problem != "" {
		why = ": " + c.Problem
	}
	finding.Text = c.Name + " is offline" + missed + why
}

// enabledRoutesOf counts the enabled routes of which each component is an end.
func (s *Situation) enabledRoutesOf() map[ID]int {
	routes := map[ID]int{}
	for i := range s.Routes {
		r := &s.Routes[i]
		if !r.Enabled {
			continue
		}
		routes[r.Target]++
		for _, listener := range r.Listeners {
			routes[listener.Component]++
		}
	}
	return routes
}

func (s *Situation) routeFindings() []Finding {
	var findings []Finding
	for i := range s.Routes {
		r := &s.Routes[i]
		for _, listener := range r.Listeners {
			if listener.State == ListenerFailed {
				findings = append(findings, Finding{
					Kind: ListenerDown, Name: fmt.Sprintf("listener %s %s", r.ID, listener.Component), Place: AtRoute, Thing: r.ID,
					Text:    fmt.Sprintf("The route %s does not listen on %s: %s", r.Name, listener.ComponentName, listener.Problem),
					Command: "lockwired routes list",
				})
			}
		}
		if r.Enabled && len(r.OpenLegs) > 0 {
			findings = append(findings, Finding{
				Kind: LegOpen, Name: "open leg " + string(r.ID), Place: AtRoute, Thing: r.ID,
				Text:    fmt.Sprintf("The route %s has an open leg: %s", r.Name, r.OpenLegs[0]),
				Command: "lockwired routes edit " + InShell(r.Name),
			})
		}
	}
	return findings
}

func (s *Situation) ruleFindings() []Finding {
	var findings []Finding
	if inForce := s.Rules.InForce(); inForce.DisablePublicIPTrafficEncryption == 1 {
		finding := Finding{
			Kind: AutomaticOff, Name: "automatic encryption", Place: AtSettings,
			Text:    "Automatic encryption of traffic that touches a public address is turned off.",
			Command: "lockwired settings set " + OverrideSetting + " 0",
		}
		if by := s.Rules.OverrideSetBy(); by != "" {
			finding.Text, finding.Command = "Automatic encryption of traffic that touches a public address is turned off, "+by+".", "lockwired override show"
		}
		findings = append(findings, finding)
	}
	if p := s.Rules.Prescribed; p.Problem != "" {
		findings = append(findings, Finding{
			Kind: PrescriptionWrong, Name: "prescription", Place: AtSettings,
			Text:    fmt.Sprintf("The override is set by %s, and what stands there cannot be taken: %s.", p.By, strings.TrimSuffix(p.Problem, ".")),
			Command: "lockwired override show",
		})
	}
	for i := range s.Rules.Rules {
		rule := &s.Rules.Rules[i]
		findings = append(findings, s.nameFindings(rule)...)
		if exemption, found := s.exemptionFinding(rule); found {
			findings = append(findings, exemption)
		}
	}
	return findings
}

// nameFindings are of the hosts in a rule of which DNS does not say what they stand for.
func (s *Situation) nameFindings(rule *Rule) []Finding {
	if !rule.Enabled || len(s.Hosts) == 0 {
		return nil
	}
	var findings []Finding
	for _, host := range rule.Troubled(s.Hosts) {
		findings = append(findings, Finding{
			Kind: NameUnresolved, Name: "host " + host.Name + " " + string(rule.ID), Place: AtRule, Thing: rule.ID,
			Text:    fmt.Sprintf("host:%s in the rule %s: %s.", host.Name, rule.Name, host.Words),
			Command: "lockwired names list " + InShell("host:"+host.Name),
		})
	}
	return findings
}

// CertificateEndsSoon tells whether a component's certificate has ended or is about to, although its agent renews it far earlier.
func (c *Component) CertificateEndsSoon(now time.Time) bool {
	return c.Revoked.IsZero() && !c.CertificateExpires.IsZero() && c.CertificateExpires.Sub(now) < certificateSoon
}

// CertificateEndsSoon tells whether an administrator's certificate has ended or is about to, which those who are attached renew far earlier.
func (a *Administrator) CertificateEndsSoon(now time.Time) bool {
	return a.Revoked.IsZero() && !a.CertificateExpires.IsZero() && a.CertificateExpires.Sub(now) < certificateSoon
}

// ofComponent says what limits a component.
func (b Bottleneck) ofComponent() string {
	switch b {
	case LimitedByProcessor, LimitedByNetwork:
		return "its " + string(b)
	}
	return string(b)
}

// momentInWords writes a moment in the local time zone.
func momentInWords(t time.Time) string { return t.Local().Format(time.DateTime) }

// CountInWords writes a number with the right form of a word.
func CountInWords(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// InShell writes a word of a command line so that a shell takes it as one, whatever it holds.
func InShell(word string) string {
	plain := word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("-_.:/@%+,=", r)
	})
	if plain && word[0] != '-' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
