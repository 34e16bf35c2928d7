package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// authoritySoon is how long before its end the installation's authority is pointed out: each machine has to join anew by then.
	authoritySoon = 180 * 24 * time.Hour
	// tenantCertificateSoon is that of a certificate of a tenant's broker, and of this one at a provider. Both are renewed at half of their life.
	tenantCertificateSoon = 36 * time.Hour
	// ClockTold is the least difference between a component's clock and the broker's that is told. What a message takes on its way counts
	// for it, so that seconds say nothing.
	ClockTold = time.Minute
	// spaceLow is the free room on the disk of the data folder below which somebody is told, spaceGone where it is about to fail.
	spaceLow, spaceGone = 1_000_000_000, 100_000_000
	// growthAhead is how far ahead the growth of the record is looked at, and growthKnownAfter how old it is by then.
	growthAhead, growthKnownAfter = 30 * 24 * time.Hour, 3 * 24 * time.Hour
)

// checkFindings are those that a check alone tells of: nothing of it can be seen in a snapshot.
func (s *Situation) checkFindings() []Finding {
	if s.Checked == nil {
		return nil
	}
	findings := slices.Concat(s.ruleFaults(), s.plainRoutes(), s.waysAround(), s.spaceFindings(), s.receiptsFindings(), s.versionFindings(), s.alarmFindings())
	if ends := s.Checked.AuthorityEnds; !ends.IsZero() && ends.Sub(s.When) < authoritySoon {
		findings = append(findings, Finding{
			Kind: AuthorityEnding, Name: "authority", Place: AtBroker, When: ends,
			Text: fmt.Sprintf("The authority of this installation ends on %s, and with it all certificates.", momentInWords(ends)),
		})
	}
	return findings
}

// receiptsFindings are of a chain of receipts that does not verify, or could not be looked at.
func (s *Situation) receiptsFindings() []Finding {
	check := s.Checked.Receipts
	finding := Finding{Kind: ReceiptsWrong, Name: "receipts", Place: AtBroker, Command: "lockwired receipts verify"}
	switch {
	case check == nil:
		return nil
	case check.Problem != "":
		finding.Severity, finding.Text = Warning, fmt.Sprintf("The receipts could not be checked: %s.", check.Problem)
	case check.Verdict.FaultCount > 0:
		finding.When, finding.Text = check.Verdict.Checked, check.Verdict.String()
	default:
		return nil
	}
	return []Finding{finding}
}

// ruleFaults are of the rules that do less than they seem to.
func (s *Situation) ruleFaults() []Finding {
	var findings []Finding
	for _, fault := range s.Checked.Rules {
		finding := Finding{Kind: RuleIdle, Name: fmt.Sprintf("rule %s %s", fault.Kind, fault.Rule), Place: AtRule, Thing: fault.Rule, Command: "lockwired rules show " + InShell(fault.Name)}
		remove := "lockwired rules remove " + InShell(fault.Name)
		switch fault.Kind {
		case RuleSilent:
			finding.Text = fmt.Sprintf("The rule %s neither encrypts, nor is it a trusted link, nor has it a limit: it does nothing.", fault.Name)
		case RuleUnreachable:
			finding.Text = fmt.Sprintf("The rule %s has no address in its source or target that any component can have: loopback, link-local and multicast count for no rule.", fault.Name)
			if finding.Command = "lockwired rules edit " + InShell(fault.Name); fault.Encrypts {
				finding.Severity = Warning
			}
		case RuleHourless:
			finding.Text = fmt.Sprintf("The rule %s does nothing but limit, and no hour of its week is on.", fault.Name)
		case RuleNothingPublic:
			finding.Text = fmt.Sprintf("The trusted link %s has no public address in it. It switches off automatic encryption, which is about public addresses only.", fault.Name)
		case RuleBeaten:
			finding.Kind, finding.Command = RuleContradicted, remove
			if at := slices.IndexFunc(s.Rules.Rules, func(r Rule) bool { return r.ID == fault.Rule }); at >= 0 {
				finding.Command = withoutExemption(&s.Rules.Rules[at])
			}
			finding.Text = fmt.Sprintf("The trusted link %s never acts: all that it is about is encrypted by %s.", fault.Name, rulesInWords(fault.Others))
		case RuleBeatenHere:
			finding.Kind, finding.Severity = RuleContradicted, Advice
			finding.Name += " " + fault.Route + " " + fault.Source
			finding.Text = fmt.Sprintf("The trusted link %s does not act on the route %s, %s to %s: it is encrypted by %s.", fault.Name, fault.Route, fault.Source, fault.Target, rulesInWords(fault.Others))
		case RuleRepeated:
			finding.Kind, finding.Command = RuleCovered, remove
			finding.Text = fmt.Sprintf("The rule %s is covered by %s: without it every decision is the same, at every hour.", fault.Name, rulesInWords(fault.Others))
		case RuleEmptyName:
			finding.Kind, finding.Command = RuleNameEmpty, "lockwired rules edit "+InShell(fault.Name)
			finding.Name += " " + fault.Entry
			finding.Text = fmt.Sprintf("%s in the rule %s stands for nothing: %s.", fault.Entry, fault.Name, emptyEntryWords(fault.Entry))
			if !fault.Encrypts {
				finding.Severity = Advice
			}
		case RuleWithoutPair:
			finding.Kind, finding.Command = RuleUnmatched, remove
			finding.Text = fmt.Sprintf("The rule %s matches no two components that there are now.", fault.Name)
		default:
			continue // of a newer broker
		}
		findings = append(findings, finding)
	}
	return findings
}

func rulesInWords(names []string) string {
	if len(names) == 1 {
		return "the rule " + names[0]
	}
	return "the rules " + strings.Join(names, ", ")
}

func emptyEntryWords(entry string) string {
	switch kind, name, _ := strings.Cut(entry, ":"); kind {
	case "component":
		return fmt.Sprintf("no component that is not revoked is called %s and has an address", name)
	case "tag":
		return fmt.Sprintf("no component with an address carries the tag %s", name)
	}
	return "no component with an address has that role"
}

func (s *Situation) plainRoutes() []Finding {
	var findings []Finding
	for _, fault := range s.Checked.Routes {
		finding := Finding{
			Kind: RoutePlain, Name: fmt.Sprintf("plain %s %s", fault.Route, fault.SourceName), Place: AtRoute, Thing: fault.Route,
			Text:    fmt.Sprintf("The route %s would be plain from %s to %s, although one of the two has a public address: %s.", fault.Name, fault.SourceName, fault.TargetName, fault.Why),
			Command: fmt.Sprintf("lockwired rules add NAME --source %s --target %s --encrypt", InShell("component:"+fault.SourceName), InShell("component:"+fault.TargetName)),
		}
		if fault.Exempt {
			finding.Kind, finding.Command = RouteExempt, "lockwired routes show "+InShell(fault.Name)
		}
		findings = append(findings, finding)
	}
	return findings
}

func (s *Situation) waysAround() []Finding {
	var findings []Finding
	for _, fault := range s.Checked.Around {
		findings = append(findings, Finding{
			Kind: AroundLockwire, Name: "around " + string(fault.Route), Place: AtRoute, Thing: fault.Route,
			Text:    fmt.Sprintf("The backend of the route %s listens on %s also at %s: whether a firewall is between, a test that connects tells.", fault.Name, fault.TargetName, strings.Join(fault.At, ", ")),
			Command: "lockwired routes test " + InShell(fault.Name) + " --connect",
		})
	}
	return findings
}

// spaceFindings are of the disk of the data folder, and of what the record will take of it: nothing is ever removed from it.
func (s *Situation) spaceFindings() []Finding {
	space := s.Checked.Space
	if space == nil {
		return nil
	}
	finding := Finding{Kind: SpaceLow, Name: "space", Place: AtBroker}
	age := s.When.Sub(space.Since)
	growth := float64(space.Record) / float64(max(age, 1)) * float64(growthAhead)
	switch {
	case space.Free < spaceLow:
		finding.Text = fmt.Sprintf("%s are free on the disk of the broker's data folder.", SizeInWords(space.Free))
		if space.Free < spaceGone {
			finding.Severity = Critical
		}
	case !space.Since.IsZero() && age >= growthKnownAfter && growth > float64(space.Free):
		finding.Kind = RecordGrowing
		finding.Text = fmt.Sprintf("The record has grown to %s since %s. At this pace it takes the %s that are free on its disk within %s.", SizeInWords(space.Record),
			space.Since.Local().Format(time.DateOnly), SizeInWords(space.Free), CountInWords(int(growthAhead/(24*time.Hour)), "day", "days"))
	default:
		return nil
	}
	return []Finding{finding}
}

// alarmFindings are of receivers that take no alarm.
func (s *Situation) alarmFindings() []Finding {
	var findings []Finding
	for _, r := range s.Checked.Alarms {
		if !r.Failing.IsZero() {
			findings = append(findings, Finding{
				Kind: AlarmsUndelivered, Name: "alarms " + string(r.Receiver), Place: AtSettings, When: r.Failing, Command: "lockwired alarms test " + string(r.Receiver),
				Text: fmt.Sprintf("No alarm has reached %s since %s: %s.", r.Receiver, momentInWords(r.Failing), strings.TrimSuffix(r.Problem, ".")),
			})
		}
	}
	return findings
}

// versionFindings are of components that do not run the broker's version.
func (s *Situation) versionFindings() []Finding {
	broker := statedPart(s.Checked.Version)
	var findings []Finding
	for i := range s.Components {
		c := &s.Components[i]
		version := statedPart(c.Report.Version)
		if !c.Revoked.IsZero() || version == "" || broker == "" || version == broker {
			continue
		}
		findings = append(findings, Finding{
			Kind: VersionOther, Name: "version " + string(c.ID), Place: AtComponent, Thing: c.ID, Command: "lockwired components show " + InShell(c.Name),
			Text: fmt.Sprintf("%s runs Lockwire %s, the broker %s.", c.Name, version, broker),
		})
	}
	return findings
}

// statedPart is a version without the commit that it was built from: 1.2.3 of 1.2.3+0123abcd.
func statedPart(version string) string {
	stated, _, _ := strings.Cut(version, "+")
	return stated
}

// clockFinding says that a component's clock is not the broker's.
func clockFinding(c *ComponentStatus) (Finding, bool) {
	if !c.Online || c.ClockAhead.Abs() < ClockTold {
		return Finding{}, false
	}
	way := "ahead of"
	if c.ClockAhead < 0 {
		way = "behind"
	}
	return Finding{
		Kind: ClockOff, Name: "clock " + string(c.ID), Place: AtComponent, Thing: c.ID, Command: "timedatectl",
		Text: fmt.Sprintf("The clock of %s is %s %s the broker's.", c.Name, c.ClockAhead.Abs(), way),
	}, true
}

// partnerCertificates are those of tenants' brokers here, and of this broker at providers, that nobody renewed.
func (s *Situation) partnerCertificates() []Finding {
	var findings []Finding
	soon := func(ends time.Time) bool { return !ends.IsZero() && ends.Sub(s.When) < tenantCertificateSoon }
	for i := range s.Tenants {
		if t := &s.Tenants[i]; soon(t.CertificateExpires) && !t.Disabled && t.State != TenantEnded {
			findings = append(findings, Finding{
				Kind: TenantCertEnding, Name: "tenant certificate " + string(t.ID), Place: AtTenant, Thing: t.ID, Command: "lockwired tenants show " + InShell(t.Name),
				Text: fmt.Sprintf("The certificate of the tenant %s %s on %s and was not renewed.", t.Name, endsOrEnded(t.CertificateExpires, s.When), momentInWords(t.CertificateExpires)),
			})
		}
	}
	for i := range s.Providers {
		if p := &s.Providers[i]; soon(p.CertificateExpires) {
			findings = append(findings, Finding{
				Kind: ProviderCertEnding, Name: "provider certificate " + string(p.ID), Place: AtProvider, Thing: p.ID, Command: "lockwired providers show " + InShell(p.Name),
				Text: fmt.Sprintf("The certificate of this broker for the provider %s %s on %s and was not renewed.", p.Name, endsOrEnded(p.CertificateExpires, s.When), momentInWords(p.CertificateExpires)),
			})
		}
	}
	return findings
}

func endsOrEnded(end, now time.Time) string {
	if now.Before(end) {
		return "ends"
	}
	return "ended"
}

// exemptionFinding is of a trusted link that ends soon, has ended, or never does.
func (s *Situation) exemptionFinding(rule *Rule) (Finding, bool) {
	if !rule.Enabled || rule.Exempt == nil {
		return Finding{}, false
	}
	finding := Finding{Kind: ExemptionEnding, Name: "exemption " + string(rule.ID), Place: AtRule, Thing: rule.ID, Command: "lockwired rules show " + InShell(rule.Name)}
	end := rule.ExemptionEnds(s.Rules.Settings.Location())
	switch left := end.Sub(s.When); {
	case end.IsZero():
		finding.Kind, finding.Command = ExemptionEndless, "lockwired rules edit "+InShell(rule.Name)+" --until DAY"
		finding.Text = fmt.Sprintf("The trusted link %s has no end. Its reason: %s.", rule.Name, strings.TrimSuffix(Printable(rule.Exempt.Reason), "."))
	case left <= 0:
		finding.Kind, finding.Command = ExemptionOver, withoutExemption(rule)
		finding.Text = fmt.Sprintf("The trusted link %s ended after %s and keeps nothing plain any more.", rule.Name, rule.Exempt.Until)
	case left <= ExemptionSoon:
		finding.Text = fmt.Sprintf("The trusted link %s ends after %s; what it keeps plain on public addresses is sealed automatically from then on.", rule.Name, rule.Exempt.Until)
	default:
		return finding, false
	}
	return finding, true
}

// withoutExemption is the command that ends a trusted link for good: it removes the rule, unless that does something else as well.
func withoutExemption(rule *Rule) string {
	if rule.Encrypt || rule.Throttle != nil {
		return "lockwired rules edit " + InShell(rule.Name) + " --exempt none"
	}
	return "lockwired rules remove " + InShell(rule.Name)
}
