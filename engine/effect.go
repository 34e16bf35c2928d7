package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Effect is what a change does to the decisions of all pairs.
type Effect struct {
	// Links are the pairs with a route whose decision changes, and those without one that lose encryption, of which only the
	// first MaximumUnrouted are listed; MoreLose counts the rest.
	Links    []LinkEffect `json:"links"`
	MoreLose int          `json:"moreLose,omitempty"`
	// OtherPairs counts the other pairs without a route whose decision changes; Pairs all pairs of components looked at.
	OtherPairs int `json:"otherPairs"`
	Pairs      int `json:"pairs"`
	// Matched counts the pairs that the rule of the change matches; 0 where the change is of no single rule.
	Matched int `json:"matched"`
	// Turned is what the change makes of all pairs, with a route or without, revoked ones too; nil where no pair is protected otherwise.
	Turned *Turned `json:"turned,omitempty"`
	// StaleSessions are the live sessions whose decision would now differ.
	StaleSessions []StaleSession `json:"staleSessions,omitempty"`
	// EndingSessions are the live sessions that the change ends.
	EndingSessions []EndingSession `json:"endingSessions,omitempty"`
	// Rules says what an import does to each rule of the file, and what several edits do to theirs.
	Rules []RuleChange `json:"rules,omitempty"`
	// Things says what a change of several things does to each that is no rule.
	Things []ThingChange `json:"things,omitempty"`
	// Warnings say in words what else an administrator should know.
	Warnings []string `json:"warnings,omitempty"`
	// Names are what the names in the rule of the change stand for now; empty where the change is of no single rule.
	Names []NameStatus `json:"names,omitempty"`
	// Asks are what a person has to confirm, each kind apart; empty where nothing is lost.
	Asks []Ask `json:"asks,omitempty"`
	// Cut stands for the stale sessions, for who wants them to be cut; nil where there are none.
	Cut *Ask `json:"cut,omitempty"`
	// Exempts are the pairs that trusted links keep plain in place of the override, of which only the first MaximumExempts are listed;
	// MoreExempt counts the rest.
	Exempts    []NamedPair `json:"exempts,omitempty"`
	MoreExempt int         `json:"moreExempt,omitempty"`
	// Route is the route that the change puts, as it is kept; nil where the change puts none.
	Route *Route `json:"route,omitempty"`
	// Change is what the audit entries of the change have in common; empty until it is applied.
	Change ID `json:"change,omitempty"`
}

// MaximumUnrouted is how many pairs without a route that lose encryption an effect lists.
const MaximumUnrouted = 100

// MaximumExempts is how many pairs an effect lists that trusted links keep plain in place of the override.
const MaximumExempts = 100

// NamedPair is a pair of components by their names, with the names of the routes between them.
type NamedPair struct {
	Source string   `json:"source"`
	Target string   `json:"target"`
	Routes []string `json:"routes,omitempty"`
}

// AskKind is a kind of what a change takes away or opens.
type AskKind string

const (
	// AskEncryption: pairs go from sealed to plain.
	AskEncryption AskKind = "encryption"
	// AskAutomatic: automatic encryption of public addresses is turned off.
	AskAutomatic AskKind = "automatic-encryption"
	// AskOpenLegs: a route is plain outside the channel where it was not.
	AskOpenLegs AskKind = "open-legs"
	// AskBackend: a route leads to a backend that its target does not allow.
	AskBackend AskKind = "backend"
	// AskExemptions: trusted links keep pairs plain from now on.
	AskExemptions AskKind = "exemptions"
	// AskSessions: live sessions end.
	AskSessions AskKind = "sessions"
	// AskCut: live sessions that the change makes stale are cut, where that is wanted.
	AskCut AskKind = "cut"
)

// Ask is all of one kind that a change takes away or opens.
type Ask struct {
	Kind  AskKind `json:"kind"`
	Words string  `json:"words"`
	// Digest stands for exactly what is lost: it differs where anything of it differs.
	Digest string `json:"digest"`
}

// NewAsk makes an ask of the items that are lost, in any order.
func NewAsk(kind AskKind, words string, items ...string) Ask {
	slices.Sort(items)
	sum := sha256.New()
	for _, item := range items {
		fmt.Fprintf(sum, "%d:%s\n", len(item), item)
	}
	return Ask{kind, words, hex.EncodeToString(sum.Sum(nil))}
}

// LinkEffect is what a change does to one pair.
type LinkEffect struct {
	Source string `json:"source"`
	Target string `json:"target"`
	// Routes are the names of its routes; empty where it has none yet.
	Routes []string        `json:"routes"`
	Before SessionDecision `json:"before"`
	After  SessionDecision `json:"after"`
}

// LosesEncryption tells whether the pair goes from sealed to plain.
func (l *LinkEffect) LosesEncryption() bool { return l.Before.Mode == Sealed && l.After.Mode == Plain }

// LosesEncryption counts the pairs that go from sealed to plain, with a route or without.
func (e *Effect) LosesEncryption() int {
	count := e.MoreLose
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

// EndingSession is a live session that a change ends, and what it has carried so far.
type EndingSession struct {
	ID     ID     `json:"id"`
	Source string `json:"source"`
	Target string `json:"target"`
	Route  string `json:"route"`
	Bytes  uint64 `json:"bytes"`
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
	AddRule     *Rule       `json:"addRule,omitempty"`
	EditRule    *Rule       `json:"editRule,omitempty"` // by its id; its revision must be the present one
	RemoveRule  ID          `json:"removeRule,omitempty"`
	EditRules   *RuleEdits  `json:"editRules,omitempty"`
	ImportRules *RuleImport `json:"importRules,omitempty"`
	// SwitchRules and SwitchRoute turn rules or a route on or off and change nothing else of them, whatever their revisions.
	SwitchRules []Switch       `json:"switchRules,omitempty"`
	SwitchRoute *Switch        `json:"switchRoute,omitempty"`
	Setting     *SettingChange `json:"setting,omitempty"`
	// ReplaceOverride sets the override back to 0 and makes trusted links for exactly the pairs that it turns plain.
	ReplaceOverride *OverrideReplacement `json:"replaceOverride,omitempty"`
	Tags            *TagChange           `json:"tags,omitempty"`
	EditTags        *TagEdit             `json:"editTags,omitempty"`
	Rename          *Renaming            `json:"rename,omitempty"`
	Limit           *LimitChange         `json:"limit,omitempty"`
	Revoke          []ID                 `json:"revoke,omitempty"` // components
	Preferred       *PreferredChange     `json:"preferred,omitempty"`
	PutRoute        *RouteEdit           `json:"putRoute,omitempty"`
	// Undo takes back the change that an entry of the audit belongs to, with all of its entries: what that change set, and nothing that
	// was changed since.
	Undo ID `json:"undo,omitempty"`
	// RemoveRoute removes a route, and the service that was made for it where no other route leads there.
	RemoveRoute ID `json:"removeRoute,omitempty"`
	// Declare makes the installation what a file says, as one change.
	Declare *Declared `json:"declare,omitempty"`
}

// Switch turns a thing on or off.
type Switch struct {
	ID ID   `json:"id"`
	On bool `json:"on"`
}

// RouteEdit adds a route, which has no id then, or edits the one with its id; its revision must be the present one.
type RouteEdit struct {
	Route Route `json:"route"`
	// Own is the backend of a service of the route's own, which is made, edited, renamed and removed with it. Nil leads the route to
	// the service that it names; one of its own that it leaves is removed.
	Own *OwnService `json:"own,omitempty"`
}

// OwnService is a backend behind a component, or a service of a provider, of one route.
type OwnService struct {
	Target  ID     `json:"target"`
	Backend string `json:"backend"`
	// Provider and Remote are those of Service.
	Provider ID `json:"provider,omitempty"`
	Remote   ID `json:"remote,omitempty"`
	// Revision is that of the route's own service that was read; 0 where the route has none of its own yet.
	Revision int64 `json:"revision,omitempty"`
}

// Own is the service as the own one of a route.
func (s *Service) Own() *OwnService {
	return &OwnService{Target: s.Target, Backend: s.Backend, Provider: s.Provider, Remote: s.Remote}
}

// Lead has a service lead where the route's own one is to lead.
func (o *OwnService) Lead(s *Service) {
	s.Target, s.Backend, s.Provider, s.Remote = o.Target, o.Backend, o.Provider, o.Remote
}

// LeadsAlike tells whether two services lead to the same.
func (s *Service) LeadsAlike(other *Service) bool { return *s.Own() == *other.Own() }

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
	// Over is the digest of the rule set that was read, where nothing may have changed since; empty where that does not matter.
	Over string `json:"over,omitempty"`
}

// SettingChange sets one setting by its name, whatever becomes of the others. Revision is that of the setting that was read; a question
// needs none.
type SettingChange struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Revision int64  `json:"revision,omitempty"`
}

// ReplacementReason is the reason of the trusted links where nobody gives another.
const ReplacementReason = "was plain by the override DisablePublicIPTrafficEncryption"

// OverrideReplacement says what the trusted links have that are made in place of the override.
type OverrideReplacement struct {
	Reason string `json:"reason"`
	// Until is their last day, in the installation's time zone; nil has no end.
	Until *Date `json:"until,omitempty"`
	// Revision is that of the setting of the override that was read.
	Revision int64 `json:"revision,omitempty"`
}

// PreferredChange replaces the preferred networks that were read.
type PreferredChange struct {
	Networks PreferredNetworks `json:"networks"`
	Revision int64             `json:"revision"`
}

// TagChange replaces a component's tags.
type TagChange struct {
	Component ID       `json:"component"`
	Revision  int64    `json:"revision"` // of the component that was read
	Tags      []string `json:"tags"`
}

// TagEdit gives tags to several components and takes others from them, as one change, whatever else of them was edited meanwhile.
type TagEdit struct {
	Components []ID `json:"components"`
	// Add and Remove have no tag in common. A component that has what is added, or lacks what is removed, is left as it is.
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// Apply gives a component's tags after the edit, sorted.
func (e *TagEdit) Apply(tags []string) []string {
	after := slices.DeleteFunc(slices.Concat(tags, e.Add), func(tag string) bool { return slices.Contains(e.Remove, tag) })
	slices.Sort(after)
	return slices.Compact(after)
}

// Renaming renames a component, in the rules that name it too.
type Renaming struct {
	Component ID     `json:"component"`
	Revision  int64  `json:"revision"` // of the component that was read
	Name      string `json:"name"`
}

// LimitChange sets a component's own limit; nil takes it away.
type LimitChange struct {
	Component ID     `json:"component"`
	Revision  int64  `json:"revision"` // of the component that was read
	Limit     *Limit `json:"limit"`
}

// Confirmation is what a person said when asked about an effect. The zero value confirms nothing.
type Confirmation struct {
	// Asks are the digests of what was shown and accepted, by kind. What is lost otherwise, or of another kind, is refused.
	Asks map[AskKind]string `json:"asks,omitempty"`
	// Cut is the digest of the stale sessions that were shown, to cut them; empty lets them finish. Where others would be cut, the change
	// is refused.
	Cut string `json:"cut,omitempty"`
}

// Confirm is the confirmation of all that an effect shows to be lost.
func (e *Effect) Confirm() Confirmation {
	c := Confirmation{Asks: map[AskKind]string{}}
	for _, ask := range e.Asks {
		c.Asks[ask.Kind] = ask.Digest
	}
	return c
}

// ConfirmWithCut is Confirm, and has the stale sessions that the effect shows cut.
func (e *Effect) ConfirmWithCut() Confirmation {
	c := e.Confirm()
	if e.Cut != nil {
		c.Cut = e.Cut.Digest
	}
	return c
}

// Unconfirmed are the losses that a confirmation does not name as they are.
func (e *Effect) Unconfirmed(c Confirmation) []Ask {
	var left []Ask
	for _, ask := range e.Asks {
		if c.Asks[ask.Kind] != ask.Digest {
			left = append(left, ask)
		}
	}
	if e.Cut != nil && c.Cut != "" && c.Cut != e.Cut.Digest {
		left = append(left, *e.Cut)
	}
	return left
}

// ApplyShown previews a change, shows its effect, and applies it with the confirmation of exactly what was shown. What came up in between
// is refused with ErrNeedsConfirmation.
func ApplyShown(ctx context.Context, a Administration, change Change, cutStale bool, show func(Effect)) (Effect, error) {
	effect, err := a.Preview(ctx, change)
	if err != nil {
		return effect, err
	}
	show(effect)
	confirmation := effect.Confirm()
	if cutStale {
		confirmation = effect.ConfirmWithCut()
	}
	return a.Apply(ctx, change, confirmation)
}

// maximumPairsTold is how many pairs a finding names.
const maximumPairsTold = 3

// EncryptionOffFinding tells whether an applied change made pairs plain that were sealed, and gives what is to be said of it.
func EncryptionOffFinding(e *Effect, who Actor, when time.Time) (Finding, bool) {
	count := e.LosesEncryption()
	if count == 0 {
		return Finding{}, false
	}
	var pairs []string
	for i := range e.Links {
		if l := &e.Links[i]; l.LosesEncryption() && len(pairs) < maximumPairsTold {
			pairs = append(pairs, l.Source+" to "+l.Target)
		}
	}
	names := strings.Join(pairs, ", ")
	if count > len(pairs) {
		names += fmt.Sprintf(" and %d more", count-len(pairs))
	}
	return ranked(Finding{
		Kind: EncryptionOff, Name: "encryption off " + string(e.Change), Place: AtRule, When: when, Command: "lockwired audit --diff",
		Text: fmt.Sprintf("%s turned encryption off for %s: %s.", who, CountInWords(count, "pair", "pairs"), names),
	}), true
}
