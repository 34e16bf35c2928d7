package engine

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// By names the step that decided.
type By string

const (
	BySameMachine     By = "same-machine"
	ByProviderGateway By = "provider-gateway"
	ByRule            By = "rule"
	ByAutomatic       By = "automatic"
	ByExempt          By = "exempt"
	ByNone            By = "none"
	// ByTest is of a session in which a test of a route compares sealed with plain. No rule ever decides so.
	ByTest By = "test"
)

// Operation says which way data flows between the source and the target of a pair.
type Operation string

const (
	Backup  Operation = "backup"  // source to target
	Restore Operation = "restore" // target to source
)

// Party is one of the two components of a pair, as far as a decision depends on it.
type Party struct {
	ID   ID // empty for addresses that belong to no known component
	Name string
	Role Role
	// Addresses are those of Component.Addresses; ones that the rules ignore may be among them.
	Addresses  []Address
	LocalLimit *Limit
	// Foreign tells that it belongs to another installation: what it carries goes through a provider's gateway.
	Foreign bool
}

// ThroughGateway tells whether what the party carries goes through a provider's gateway, and so is sealed whatever the rules say.
func (p *Party) ThroughGateway() bool { return p.Foreign || p.Role == ProviderGateway }

// Party gives what a decision needs of a component.
func (c *Component) Party() Party {
	return Party{ID: c.ID, Name: c.Name, Role: c.Role, Addresses: c.Addresses(), LocalLimit: c.LocalLimit, Foreign: c.Tenant != ""}
}

// Pair is what a decision is about.
type Pair struct {
	Source, Target Party
	Operation      Operation
	// SameMachine tells that both are one machine. The broker proves it; see SameMachine.
	SameMachine bool
	// Path is the target's address that the channel uses, where it is known; it decides nothing and is only explained.
	Path netip.Addr
	// LiveSessions is how many live sessions share the limit, this one included; 0 counts as 1.
	LiveSessions int
}

// SameMachine tells whether two components claim to be one machine: equal machine ids, boots and addresses, nothing of it given by hand, no provider gateway, and none of another installation.
// All that is self-reported, so the broker counts it only once the target's key has answered on loopback.
func SameMachine(a, b *Component) bool {
	if a.Tenant != "" || b.Tenant != "" || a.Role == ProviderGateway || b.Role == ProviderGateway || a.Report.ByHand || b.Report.ByHand || a.Report.Advertised || b.Report.Advertised {
		return false
	}
	if a.Report.Machine == "" || a.Report.Machine != b.Report.Machine || a.Report.Boot == "" || a.Report.Boot != b.Report.Boot {
		return false
	}
	addresses := func(c *Component) map[netip.Addr]bool {
		set := map[netip.Addr]bool{}
		for _, address := range c.Report.Interfaces {
			set[PlainAddress(address.Address)] = true
		}
		return set
	}
	left, right := addresses(a), addresses(b)
	if len(left) == 0 || len(left) != len(right) { // two that report nothing have nothing in common
		return false
	}
	for address := range left {
		if !right[address] {
			return false
		}
	}
	return true
}

// Names is a snapshot of what the names in rules stand for. It is never changed once made.
type Names struct {
	// Components, Tags and Roles are keyed by the name without its prefix; a name that is absent matches nothing.
	Components map[string][]netip.Addr
	Tags       map[string][]netip.Addr
	Roles      map[Role][]netip.Addr
	// Hosts is keyed by the lower-case DNS name; one that is absent has never resolved.
	Hosts map[string]HostAnswer
}

// NameMeaning is what a name in a rule stood for when it was decided.
type NameMeaning struct {
	Addresses []netip.Addr `json:"addresses"`
	// Since, Answered and Problem are those of HostAnswer; only a host has them.
	Since    time.Time `json:"since,omitzero"`
	Answered time.Time `json:"answered,omitzero"`
	Problem  string    `json:"problem,omitempty"`
}

// Decision is what the rules say for one pair at one time.
type Decision struct {
	Mode Mode `json:"mode"`
	By   By   `json:"by"`
	// Rules, sorted: those that encrypt, Internet, the exemptions, or none, as By says.
	Rules []string `json:"rules"`
	// Exemptions are the trusted links that keep the pair plain, as they were when it was decided; empty where none does.
	Exemptions []AppliedExemption `json:"exemptions,omitempty"`
	// Throttle is the lowest limit that holds in the decision's direction; nil where none does.
	Throttle *AppliedThrottle `json:"throttle"`
	// Triggers are the public interfaces that made encryption automatic, or would have.
	Triggers []Trigger `json:"triggers,omitempty"`
	// Steps are the steps tried, in order, the one that decided last among those of the mode; then those of the throttle.
	Steps []Step `json:"steps"`
	// Considered are the enabled rules that matched the pair, and what became of each.
	Considered []Verdict `json:"considered,omitempty"`
	// Names are what names in the considered rules stood for, by the entry as the rule has it.
	Names map[string]NameMeaning `json:"names,omitempty"`
	// WhyNot is there where the question asked for it.
	WhyNot *WhyNot `json:"whyNot,omitempty"`
}

// AppliedThrottle is a limit that holds for a pair.
type AppliedThrottle struct {
	Rule  string `json:"rule"` // a component's own limit is named `component NAME`
	Value uint64 `json:"value"`
	Unit  Unit   `json:"unit"`
	// PerSessionBytesPerSecond is the limit shared equally by its live sessions, rounded down.
	PerSessionBytesPerSecond uint64 `json:"perSessionBytesPerSecond"`
}

// Cap is a limit that data draws on, together with all other data of the rule or component.
type Cap struct {
	Rule string `json:"rule"` // as in AppliedThrottle
	// Component is whose own limit it is; empty for a rule's.
	Component ID `json:"component,omitempty"`
	// Tenant is whose limit it is; empty for a rule's and a component's.
	Tenant ID `json:"tenant,omitempty"`
	// Restores tells that it is what the rule lets restores have; they draw on a limit of their own, as large as the backups'.
	Restores bool   `json:"restores,omitempty"`
	Value    uint64 `json:"value"`
	Unit     Unit   `json:"unit"`
	// Until is when the rule's schedule changes it, zero where it never does; Then is what holds from then on, nil for no limit.
	Until time.Time `json:"until,omitzero"`
	Then  *Limit    `json:"then,omitempty"`
	// TimeZone is the name of the zone in which the schedule is read; empty where it has none, or where nothing ever changes.
	TimeZone string `json:"timeZone,omitempty"`
}

// Limit is the limit as its rule states it.
func (c *Cap) Limit() Limit { return Limit{c.Value, c.Unit} }

// CapID tells limits apart: a rule's for backups, the rule's for restores, a component's own and a tenant's, whatever their names.
type CapID struct {
	Rule      string
	Component ID
	Tenant    ID
	Restores  bool
}

// ID is what the limit is told apart by.
func (c *Cap) ID() CapID {
	switch {
	case c.Component != "":
		return CapID{Component: c.Component}
	case c.Tenant != "":
		return CapID{Tenant: c.Tenant}
	}
	return CapID{Rule: c.Rule, Restores: c.Restores}
}

// Limit is the limit as its rule states it.
func (t *AppliedThrottle) Limit() Limit { return Limit{t.Value, t.Unit} }

// Trigger is a public interface of one of the two.
type Trigger struct {
	Component string  `json:"component"` // its name; empty where it has none
	Side      string  `json:"side"`      // source or target
	Address   Address `json:"address"`
	OnPath    bool    `json:"onPath"` // the channel uses it
}

// Step is one step of a decision, in words.
type Step struct {
	Name string `json:"name"` // such as provider gateway, same machine, rule, automatic, exempt, none, throttle
	Hit  bool   `json:"hit"`  // this step decided
	Text string `json:"text"`
}

// Verdict says what became of one rule.
type Verdict struct {
	Rule    string `json:"rule"`
	Matched bool   `json:"matched"`
	// SourceAddress and TargetAddress are the two that matched; Reversed tells that the pair's source lies in the rule's target.
	SourceAddress string `json:"sourceAddress,omitempty"`
	TargetAddress string `json:"targetAddress,omitempty"`
	Reversed      bool   `json:"reversed,omitempty"`
	// Won tells that the rule is among those that the decision names; Throttles that its limit applies.
	Won       bool `json:"won"`
	Throttles bool `json:"throttles"`
	// Lost says why it neither won nor throttles; empty where it did.
	Lost Loss `json:"lost,omitempty"`
	// Text says why it won or lost.
	Text string `json:"text"`
}

// SessionDecision is what the rules say for a session: one mode, and a limit for each direction.
type SessionDecision struct {
	Decision
	// ToTarget and ToSource are the limits on data sent by the source and by the target; nil where there is none.
	ToTarget *AppliedThrottle `json:"toTarget"`
	ToSource *AppliedThrottle `json:"toSource"`
	// CapsToTarget and CapsToSource are all limits that data each way draws on, the lowest, which the two above name, first.
	CapsToTarget []Cap `json:"capsToTarget,omitempty"`
	CapsToSource []Cap `json:"capsToSource,omitempty"`
}

// Differs tells whether two decisions protect or limit a session differently; how they are explained does not matter.
func (d *SessionDecision) Differs(other *SessionDecision) bool {
	same := func(a, b *AppliedThrottle) bool {
		if a == nil || b == nil {
			return a == b
		}
		return a.Rule == b.Rule && a.Limit() == b.Limit()
	}
	return d.Mode != other.Mode || !same(d.ToTarget, other.ToTarget) || !same(d.ToSource, other.ToSource)
}

// Deciding gives those of the considered rules that won or whose limit applies.
func (d *Decision) Deciding() []Verdict {
	var deciding []Verdict
	for _, verdict := range d.Considered {
		if verdict.Lost == "" {
			deciding = append(deciding, verdict)
		}
	}
	return deciding
}

// namedAtMost is how many rules a heading names of many.
const namedAtMost = 3

// BecauseInShort is Because with the first few names where many rules decide.
func (d *Decision) BecauseInShort() string {
	more := len(d.Rules) - namedAtMost
	if more <= 1 || d.By != ByRule && d.By != ByExempt {
		return d.Because()
	}
	short := Decision{By: d.By, Rules: d.Rules[:namedAtMost]}
	return short.Because() + fmt.Sprintf(" and %d more", more)
}

// Because is the decision's reason in a few words.
func (d *Decision) Because() string {
	switch d.By {
	case ByRule:
		return "rule " + strings.Join(d.Rules, ", ")
	case ByAutomatic:
		return "automatic (public address)"
	case ByExempt:
		return "trusted link " + strings.Join(d.Rules, ", ")
	case BySameMachine:
		return "same machine"
	case ByProviderGateway:
		return "provider gateway"
	case ByTest:
		return "a test that compares"
	}
	return "no rule"
}
