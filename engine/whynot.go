package engine

// Loss says in a few words why a rule decided nothing for a pair.
type Loss string

// Rules that do not match. A rule is reversible, so that either component may lie on either side.
const (
	// OutsideSource and OutsideTarget: no address of the two lies on that side of the rule; OutsideBoth: none lies on either.
	OutsideSource Loss = "not in its source"
	OutsideTarget Loss = "not in its target"
	OutsideBoth   Loss = "not in its source or target"
	// OnlyOneInside: one component lies in the source and in the target, the other in neither.
	OnlyOneInside Loss = "only one of the two in it"
	// NoAddress: a component has no address that rules see.
	NoAddress Loss = "no address"
	// NoPublicAddress is why the rule Internet does not match.
	NoPublicAddress Loss = "no public address"
)

// Rules that match and decide nothing all the same.
const (
	// BeforeRules: the pair was decided before the rules, by a provider gateway or because both are one machine.
	BeforeRules Loss = "decided before the rules"
	// RuleEncrypts, TrustedLink and OverrideSet: automatic encryption, or a trusted link, came too late.
	RuleEncrypts Loss = "a rule encrypts already"
	TrustedLink  Loss = "a trusted link switches it off"
	OverrideSet  Loss = "automatic encryption is turned off"
	// LinkEnded, LinkTooSmall and NothingToExempt are about trusted links.
	LinkEnded       Loss = "trusted link ended"
	LinkTooSmall    Loss = "trusted link misses an address"
	NothingToExempt Loss = "nothing to exempt"
	// OutsideHours, SparesRestores and StricterLimit are about limits.
	OutsideHours   Loss = "outside its time period"
	SparesRestores Loss = "never throttles restores"
	StricterLimit  Loss = "a stricter limit holds"
	// SaysNothing: the rule neither encrypts nor exempts nor throttles.
	SaysNothing Loss = "says nothing"
)

// WhyNot says of the rules that did not decide why.
type WhyNot struct {
	// Rules are those that are enabled and neither won nor throttle, sorted by name; each has its Loss.
	Rules []Verdict `json:"rules"`
	// Off counts those that are off.
	Off int `json:"off"`
}
