package engine

import (
	"cmp"
	"slices"
	"time"
)

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
	AtTenant    FindingPlace = "tenant"
	// AtAdministrator is where those who reach the broker from elsewhere are listed.
	AtAdministrator FindingPlace = "administrator"
)

// Finding is one thing that needs attention.
type Finding struct {
	Kind FindingKind `json:"kind"`
	// Severity is that of the kind, unless this one weighs more or less.
	Severity Severity `json:"severity"`
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

// Means says what the finding means for backups.
func (f *Finding) Means() string { return f.Kind.Means() }

// Fix says what to do: the finding's own remedy, or that of its kind.
func (f *Finding) Fix() string { return cmp.Or(f.Remedy, f.Kind.about().fix) }

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

// rankFindings gives each finding its severity, and sorts them by their kind, and those of one kind by when they happened, the newest first.
func rankFindings(findings []Finding) {
	for i := range findings {
		findings[i] = ranked(findings[i])
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind.Rank(), b.Kind.Rank()), b.When.Compare(a.When))
	})
}

// ranked gives a finding the severity of its kind, unless it has one of its own.
func ranked(f Finding) Finding {
	f.Severity = cmp.Or(f.Severity, f.Kind.Severity())
	return f
}
