package engine

import "time"

// CheckQuestion asks for a check of the whole.
type CheckQuestion struct {
	// Backends has each target say whether the backends of its routes listen beyond loopback, as its own table of sockets tells: no
	// connection is made, but every attached target is asked.
	Backends bool `json:"backends,omitempty"`
}

// Checked is what the broker alone can tell about the whole, besides what a snapshot has.
type Checked struct {
	// Version is the broker's.
	Version string `json:"version"`
	// Rules are the enabled rules with which something is wrong, MaximumRuleFaults of them at the most.
	Rules []RuleFault `json:"rules,omitempty"`
	// Routes are the sources of routes that would be plain now although an end has a public address.
	Routes []RouteFault `json:"routes,omitempty"`
	// Around are the backends that listen beyond loopback; only where that was asked for.
	Around []AroundFault `json:"around,omitempty"`
	// AuthorityEnds is when the installation's own authority ends; zero where it is not known.
	AuthorityEnds time.Time `json:"authorityEnds,omitzero"`
	// Space is that of the broker's data folder; nil where it is not known.
	Space *Space `json:"space,omitempty"`
	// Receipts is what the broker found of the chain of receipts by itself; nil where none runs.
	Receipts *ReceiptsCheck `json:"receipts,omitempty"`
	// Alarms say how the receivers of alarms fare.
	Alarms []AlarmReceiverStatus `json:"alarms,omitempty"`
}

// Space is the room that the broker's record has, in bytes.
type Space struct {
	Free uint64 `json:"free"`
	// Record is what the record takes.
	Record uint64 `json:"record"`
	// Since is when the oldest receipt began; zero where there is none.
	Since time.Time `json:"since,omitzero"`
}

// MaximumRuleFaults bounds how many faults of rules a check names.
const MaximumRuleFaults = 2000

// RuleFaultKind says what is wrong with a rule.
type RuleFaultKind string

const (
	// RuleSilent: it neither encrypts nor exempts nor throttles.
	RuleSilent RuleFaultKind = "silent"
	// RuleUnreachable: its source or target has no address that rules see, whatever components there are.
	RuleUnreachable RuleFaultKind = "unreachable"
	// RuleHourless: it does nothing but throttle, and no hour of its schedule is on.
	RuleHourless RuleFaultKind = "hourless"
	// RuleNothingPublic: a trusted link without a public address.
	RuleNothingPublic RuleFaultKind = "nothing public"
	// RuleBeaten: a trusted link of which another rule encrypts all.
	RuleBeaten RuleFaultKind = "beaten"
	// RuleBeatenHere: a trusted link of which another rule encrypts a route.
	RuleBeatenHere RuleFaultKind = "beaten here"
	// RuleRepeated: other rules do all that it does.
	RuleRepeated RuleFaultKind = "repeated"
	// RuleEmptyName: an entry stands for no address.
	RuleEmptyName RuleFaultKind = "empty name"
	// RuleWithoutPair: no two of the components match it.
	RuleWithoutPair RuleFaultKind = "without pair"
)

// RuleFault is something that is wrong with a rule.
type RuleFault struct {
	Rule ID            `json:"rule"`
	Name string        `json:"name"`
	Kind RuleFaultKind `json:"kind"`
	// Others are the names of the rules by which it is covered or beaten.
	Others []string `json:"others,omitempty"`
	// Entry is the entry that stands for nothing, as it is written.
	Entry string `json:"entry,omitempty"`
	// Encrypts tells that the rule does.
	Encrypts bool `json:"encrypts,omitempty"`
	// Route, Source and Target are names of a route and its ends, of RuleBeatenHere.
	Route  string `json:"route,omitempty"`
	Source string `json:"source,omitempty"`
	Target string `json:"target,omitempty"`
}

// RouteFault is a source of a route that would be plain although an end has a public address.
type RouteFault struct {
	Route      ID     `json:"route"`
	Name       string `json:"name"`
	SourceName string `json:"sourceName"`
	TargetName string `json:"targetName"`
	// Why says what keeps it plain; Exempt tells that a trusted link does.
	Why    string `json:"why"`
	Exempt bool   `json:"exempt,omitempty"`
}

// AroundFault is a backend that listens beyond loopback.
type AroundFault struct {
	Route      ID       `json:"route"`
	Name       string   `json:"name"`
	TargetName string   `json:"targetName"`
	Backend    string   `json:"backend"`
	At         []string `json:"at"`
}
