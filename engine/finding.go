package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// FindingKind says of what kind a thing is that needs attention.
type FindingKind string

// The kinds, the worst first: this is the order of every list of findings.
const (
	RecordUnwritable   FindingKind = "record unwritable"    // the broker cannot write its record, so that no session begins
	SessionsRefused    FindingKind = "sessions refused"     // a tool's connection was refused, and none came through since
	ComponentLost      FindingKind = "component lost"       // a component with a session or a route has lost its broker
	ProviderAway       FindingKind = "provider away"        // a service provider's broker cannot be reached
	ProviderRefusing   FindingKind = "provider refusing"    // a service provider takes nothing more from this installation
	ListenerDown       FindingKind = "listener down"        // a route does not listen on one of its sources
	ConnectionsReset   FindingKind = "connections reset"    // a session takes no more connections
	PlainOnPublic      FindingKind = "plain on public"      // a plain session touches a public address
	AutomaticOff       FindingKind = "automatic off"        // automatic encryption is turned off
	SessionStale       FindingKind = "session stale"        // a session is not as the rules have it now
	HeadroomLow        FindingKind = "headroom low"         // a component can hardly carry more
	QuotaEnding        FindingKind = "quota ending"         // what a service provider lets this installation store is nearly used up
	ProviderPending    FindingKind = "provider pending"     // a service provider has not confirmed this installation
	ComponentDraining  FindingKind = "component draining"   // it takes no new connection because somebody ordered so
	CertificateEnding  FindingKind = "certificate ending"   // nobody renewed it
	NameUnresolved     FindingKind = "name unresolved"      // DNS does not say what a name in a rule stands for
	ExemptionEnding    FindingKind = "exemption ending"     // a trusted link is about to be none
	PrescriptionWrong  FindingKind = "prescription wrong"   // what the broker's machine prescribes cannot be taken
	ComponentOffline   FindingKind = "component offline"    // one that carries nothing and is the end of no route
	ComponentTroubled  FindingKind = "component troubled"   // it is attached, and something is wrong with it
	LegOpen            FindingKind = "leg open"             // a route is plain outside its channel
	ComponentNeverCame FindingKind = "component never came" // it has joined and never attached
	AccessEnding       FindingKind = "access ending"        // an administrator elsewhere did not renew the certificate
)

// findingKinds are all kinds, the worst first, with the words for many findings of one kind: "33 components have joined …".
var findingKinds = []struct {
	kind FindingKind
	harm Harm
	many string
}{
	{RecordUnwritable, HarmNow, "records cannot be written"},
	{SessionsRefused, HarmNow, "ends of routes are refused"},
	{ComponentLost, HarmNow, "components with a session or a route are offline"},
	{ProviderAway, HarmNow, "service providers are out of reach"},
	{ProviderRefusing, HarmNow, "service providers take nothing more"},
	{ListenerDown, HarmNow, "listeners of routes do not listen"},
	{ConnectionsReset, HarmNow, "sessions take no more connections"},
	{PlainOnPublic, HarmPlain, "sessions are plain and touch a public address"},
	{AutomaticOff, HarmPlain, "settings turn automatic encryption off"},
	{SessionStale, HarmAhead, "sessions are not as the rules have it now"},
	{HeadroomLow, HarmAhead, "components can hardly carry more"},
	{QuotaEnding, HarmAhead, "quotas at service providers are nearly used up"},
	{ProviderPending, HarmAhead, "service providers have not confirmed this installation"},
	{ComponentDraining, HarmAhead, "components drain and take no new connection"},
	{CertificateEnding, HarmAhead, "certificates end soon and were not renewed"},
	{NameUnresolved, HarmAhead, "names in rules are not answered by DNS"},
	{ExemptionEnding, HarmAhead, "trusted links end soon"},
	{PrescriptionWrong, HarmAhead, "values that the broker's machine prescribes cannot be taken"},
	{ComponentOffline, HarmAhead, "components are offline; they carry nothing and are the end of no route"},
	{ComponentTroubled, HarmAhead, "components are attached and have a problem"},
	{LegOpen, HarmPlain, "routes have an open leg"},
	{ComponentNeverCame, HarmAhead, "components have joined and never attached"},
	{AccessEnding, HarmAhead, "administrators elsewhere did not renew their certificates"},
}

// Harm says what a finding does to backups.
type Harm string

const (
	HarmNow   Harm = "now"   // something fails at this moment
	HarmPlain Harm = "plain" // something is not encrypted
	HarmAhead Harm = "ahead" // something is about to fail, or is not as it should be
)

// Rank is the kind's position among all kinds; 0 is the worst.
func (k FindingKind) Rank() int {
	for i := range findingKinds {
		if findingKinds[i].kind == k {
			return i
		}
	}
	return len(findingKinds)
}

// Harm is what findings of the kind do to backups.
func (k FindingKind) Harm() Harm {
	if rank := k.Rank(); rank < len(findingKinds) {
		return findingKinds[rank].harm
	}
	return HarmAhead
}

// FindingPlace is the kind of thing at which a finding is seen to.
type FindingPlace string

const (
	AtBroker    FindingPlace = "broker"
	AtReceipt   FindingPlace = "receipt"
	AtSession   FindingPlace = "session"
	AtComponent FindingPlace = "component"
	AtHeadroom  FindingPlace = "headroom" // of a component
	AtRoute     FindingPlace = "route"
	AtRule      FindingPlace = "rule"
	AtSettings  FindingPlace = "settings"
	AtProvider  FindingPlace = "provider"
	// AtAdministrator is where those who reach the broker from elsewhere are listed.
	AtAdministrator FindingPlace = "administrator"
)

// Finding is one thing that needs attention.
type Finding struct {
	Kind FindingKind `json:"kind"`
	// Name stays the same while the finding lasts, whatever happens meanwhile to what it is about.
	Name string `json:"name"`
	// Text says in a sentence what is the matter.
	Text string `json:"text"`
	// Remedy says what to do, where Text does not; Command is a command line that mends it, or that shows more of it.
	Remedy  string `json:"remedy,omitempty"`
	Command string `json:"command,omitempty"`
	// Place and Thing are where to see to it; Thing is the id of what stands there, empty where there is only one.
	Place FindingPlace `json:"place"`
	Thing ID           `json:"thing,omitempty"`
	// When is when it happened last; zero where that is not known.
	When time.Time `json:"when,omitzero"`
}

// FindingGroup is findings of one kind that are shown as one line.
type FindingGroup struct {
	Kind FindingKind `json:"kind"`
	// Text is that of its only finding, or counts them: "33 components have joined and never attached".
	Text     string    `json:"text"`
	Findings []Finding `json:"findings"`
}

// aloneUpTo is how many findings of one kind have a line each. More of them are one group.
const aloneUpTo = 3

// GroupFindings groups ranked findings: those of one kind are one line where they are many, so that what hurts more is not
// buried under what is only numerous.
func GroupFindings(findings []Finding) []FindingGroup {
	var groups []FindingGroup
	for start := 0; start < len(findings); {
		kind, end := findings[start].Kind, start+1
		for end < len(findings) && findings[end].Kind == kind {
			end++
		}
		alike := findings[start:end:end]
		start = end
		if len(alike) > aloneUpTo {
			groups = append(groups, FindingGroup{kind, kind.counted(len(alike)), alike})
			continue
		}
		for i := range alike {
			groups = append(groups, FindingGroup{kind, alike[i].Text, alike[i : i+1 : i+1]})
		}
	}
	return groups
}

// counted says how many findings of the kind there are.
func (k FindingKind) counted(n int) string {
	if rank := k.Rank(); rank < len(findingKinds) {
		return fmt.Sprintf("%d %s.", n, findingKinds[rank].many)
	}
	return fmt.Sprintf("%d things need attention.", n)
}

// rankFindings sorts findings by their kind, and those of one kind by when they happened, the newest first.
func rankFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind.Rank(), b.Kind.Rank()), b.When.Compare(a.When))
	})
}
