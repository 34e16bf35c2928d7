package engine

// Effect is what a change does to the decisions of all pairs.
type Effect struct {
	// Links are the pairs with a route whose decision changes.
	Links []LinkEffect `json:"links"`
	// OtherPairs counts the pairs without a route whose decision changes; Pairs all pairs of components looked at.
	OtherPairs int `json:"otherPairs"`
	Pairs      int `json:"pairs"`
	// Matched counts the pairs that the rule of the change matches; 0 where the change is of no single rule.
	Matched int `json:"matched"`
	// StaleSessions are the live sessions whose decision would now differ.
	StaleSessions []StaleSession `json:"staleSessions,omitempty"`
	// Rules says what an import does to each rule of the file, and what several edits do to theirs.
	Rules []RuleChange `json:"rules,omitempty"`
	// Warnings say in words what else an administrator should know.
	Warnings []string `json:"warnings,omitempty"`
}

// LinkEffect is what a change does to one pair.
type LinkEffect struct {
	Source string          `json:"source"`
	Target string          `json:"target"`
	Routes []string        `json:"routes"`
	Before SessionDecision `json:"before"`
	After  SessionDecision `json:"after"`
}

// LosesEncryption tells whether the pair goes from sealed to plain.
func (l *LinkEffect) LosesEncryption() bool { return l.Before.Mode == Sealed && l.After.Mode == Plain }

// LosesEncryption counts the links that go from sealed to plain.
func (e *Effect) LosesEncryption() int {
	count := 0
	for i := range e.Links {
		if e.Links[i].LosesEncryption() {
			count++
		}
	}
	return count
}

// StaleSession is a live session that goes on under a decision that no longer holds.
type StaleSession struct {
	ID     ID              `json:"id"`
	Source string          `json:"source"`
	Target string          `json:"target"`
	Before SessionDecision `json:"before"`
	After  SessionDecision `json:"after"`
}

// RuleChange is what a change of several rules does to one of them.
type RuleChange struct {
	Name   string `json:"name"`
	What   string `json:"what"` // add, edit, remove or keep
	Before *Rule  `json:"before,omitempty"`
	After  *Rule  `json:"after,omitempty"`
}

// Change is a command that can change a decision. Exactly one field is set.
type Change struct {
	AddRule     *Rule              `json:"addRule,omitempty"`
	EditRule    *Rule              `json:"editRule,omitempty"` // by its id; its revision must be the present one
	RemoveRule  ID                 `json:"removeRule,omitempty"`
	EditRules   *RuleEdits         `json:"editRules,omitempty"`
	ImportRules *RuleImport        `json:"importRules,omitempty"`
	Setting     *SettingChange     `json:"setting,omitempty"`
	Tags        *TagChange         `json:"tags,omitempty"`
	Rename      *Renaming          `json:"rename,omitempty"`
	Limit       *LimitChange       `json:"limit,omitempty"`
	Revoke      ID                 `json:"revoke,omitempty"` // a component's id
	Preferred   *PreferredNetworks `json:"preferred,omitempty"`
}

// RuleEdits are edits of several rules that are done as one: all of them or none.
type RuleEdits struct {
	// Put has rules without an id, which are added, and edits of rules by their ids; their revisions must be the present ones.
	Put    []Rule `json:"put,omitempty"`
	Remove []ID   `json:"remove,omitempty"`
}

// RuleImport is a rule set to bring in.
type RuleImport struct {
	RuleSet RuleSet `json:"ruleSet"`
	// Replace removes what the file does not have; otherwise rules are added, and one with a name that is there is edited.
	Replace bool `json:"replace"`
	// WithSettings takes the file's settings and preferred networks too.
	WithSettings bool `json:"withSettings"`
}

// SettingChange sets one setting by its name.
type SettingChange struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// TagChange replaces a component's tags.
type TagChange struct {
	Component ID       `json:"component"`
	Tags      []string `json:"tags"`
}

// Renaming renames a component, in the rules that name it too.
type Renaming struct {
	Component ID     `json:"component"`
	Name      string `json:"name"`
}

// LimitChange sets a component's own limit; nil takes it away.
type LimitChange struct {
	Component ID     `json:"component"`
	Limit     *Limit `json:"limit"`
}

// Confirmation is what a person said when asked about an effect.
type Confirmation struct {
	// LoseEncryption accepts that pairs go from sealed to plain, and sessions that a revocation ends.
	LoseEncryption bool `json:"loseEncryption"`
	// CutStale cuts the sessions that the change makes stale; otherwise they finish.
	CutStale bool `json:"cutStale"`
}
