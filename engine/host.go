package engine

import (
	"net/netip"
	"slices"
	"time"
)

const (
	// MaximumHosts is how many different host: names the rules of an installation may have.
	MaximumHosts = 1024
	// MaximumHostAddresses is how many addresses of one host are kept. A host that has more is not known whole, see HostAnswer.TooMany.
	MaximumHostAddresses = 256
	// HostWindow is how long an answer counts in a rule that encrypts.
	HostWindow = 24 * time.Hour
	// hostSilence is how long DNS may give no answer before that needs attention.
	hostSilence = 10 * time.Minute
)

// HostAnswer is what DNS said of a host.
type HostAnswer struct {
	// Now is the last answer that had addresses, Lately all of the last HostWindow. Both empty: it has never resolved.
	Now    []netip.Addr `json:"now"`
	Lately []netip.Addr `json:"lately,omitempty"`
	// Since is since when DNS has said Now, Answered when it said so last, Asked when it was asked last.
	Since    time.Time `json:"since,omitzero"`
	Answered time.Time `json:"answered,omitzero"`
	Asked    time.Time `json:"asked,omitzero"`
	// Problem says why the last question brought no whole answer; empty where it did.
	Problem string `json:"problem,omitempty"`
	// TooMany tells that DNS gave more addresses within HostWindow than are kept: what else the host stands for is not known.
	TooMany bool `json:"tooMany,omitempty"`
}

// Resolved tells whether DNS has ever said what the host stands for.
func (a *HostAnswer) Resolved() bool { return len(a.Now)+len(a.Lately) > 0 }

// Trouble says what is wrong with a host's answer; empty where nothing is. A single lost answer is nothing.
func (a *HostAnswer) Trouble(now time.Time) HostTrouble {
	switch {
	case !a.Resolved() && a.Asked.IsZero():
		return HostUnasked
	case !a.Resolved():
		return HostUnresolved
	case a.TooMany:
		return HostTooMany
	case a.Problem != "" && now.Sub(a.Answered) >= hostSilence:
		return HostSilent
	}
	return ""
}

// HostTrouble is what can be wrong with what a host stands for.
type HostTrouble string

const (
	HostUnasked    HostTrouble = "not asked"      // DNS was not asked yet
	HostUnresolved HostTrouble = "never resolved" // DNS was asked and has never given an address
	HostSilent     HostTrouble = "silent"         // the last answer stands, and is old
	HostTooMany    HostTrouble = "too many"       // it has more addresses than are kept
)

// HostRecord is what is kept of a host between two starts.
type HostRecord struct {
	Name string `json:"name"`
	// Now, Since, Answered, Asked and Problem are those of HostAnswer.
	Now      []netip.Addr `json:"now"`
	Since    time.Time    `json:"since,omitzero"`
	Answered time.Time    `json:"answered,omitzero"`
	Asked    time.Time    `json:"asked,omitzero"`
	Problem  string       `json:"problem,omitempty"`
	// Seen are all addresses that DNS gave within HostWindow, with when it did last, in the order of the addresses.
	Seen []SeenAddress `json:"seen"`
	// TooMany is when DNS last gave more addresses than are kept; zero where it never did.
	TooMany time.Time `json:"tooMany,omitzero"`
}

// SeenAddress is an address in DNS's answers.
type SeenAddress struct {
	Address netip.Addr `json:"address"`
	Last    time.Time  `json:"last"`
}

// Recent tells whether a moment lies within HostWindow. A moment ahead of a clock that was set back counts as recent.
func Recent(moment, now time.Time) bool { return !moment.IsZero() && now.Sub(moment) < HostWindow }

// Answer is what the record says at a moment.
func (h *HostRecord) Answer(now time.Time) HostAnswer {
	a := HostAnswer{Now: h.Now, Since: h.Since, Answered: h.Answered, Asked: h.Asked, Problem: h.Problem, TooMany: Recent(h.TooMany, now)}
	for _, seen := range h.Seen {
		if Recent(seen.Last, now) || slices.Contains(h.Now, seen.Address) {
			a.Lately = append(a.Lately, seen.Address)
		}
	}
	return a
}

// HostAnswers are what records say at a moment, by name.
func HostAnswers(records []HostRecord, now time.Time) map[string]HostAnswer {
	answers := make(map[string]HostAnswer, len(records))
	for i := range records {
		answers[records[i].Name] = records[i].Answer(now)
	}
	return answers
}

// Hosts are the different host: names in all rules, sorted. A rule that is off counts: what it would do can be seen before it is turned on.
func (s *RuleSet) Hosts() []string {
	var hosts []string
	for _, name := range s.Names() {
		if name.Kind == SelectHost {
			hosts = append(hosts, name.Name)
		}
	}
	return hosts
}

// AgeInWords says since when a host has stood for its addresses, and of when its last answer is: `, since …, last answered …`; empty
// for other names.
func (m *NameMeaning) AgeInWords() string {
	if m.Since.IsZero() {
		return ""
	}
	text := ", since " + momentInWords(m.Since)
	if !m.Answered.Equal(m.Since) {
		text += ", last answered " + momentInWords(m.Answered)
	}
	if m.Problem != "" {
		text += " (" + m.Problem + ")"
	}
	return text
}
