package engine

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// NamesQuestion asks what names stand for.
type NamesQuestion struct {
	// Names are the entries that are asked about; none means those that stand in rules.
	Names []Selector `json:"names,omitempty"`
}

// NameStatus is what one name in rules stands for now.
type NameStatus struct {
	Name Selector `json:"name"`
	// Addresses are what it stands for now. Lately are the further ones that DNS gave a host within HostWindow; they count in rules that
	// encrypt.
	Addresses []netip.Addr `json:"addresses"`
	Lately    []netip.Addr `json:"lately,omitempty"`
	// Host is what DNS said; nil for other names.
	Host *HostAnswer `json:"host,omitempty"`
	// Rules are the names of the rules that have it, whether they are on or off; Encrypts tells that one of them is on and encrypts.
	Rules    []string `json:"rules"`
	Encrypts bool     `json:"encrypts"`
}

// mostInWords is how many addresses a sentence lists before it counts the others.
const mostInWords = 4

// AddressesInWords lists the addresses that count now; a long list is cut.
func (n *NameStatus) AddressesInWords() string {
	if len(n.Addresses) == 0 {
		return "no address"
	}
	texts := make([]string, 0, mostInWords)
	for _, address := range n.Addresses[:min(len(n.Addresses), mostInWords)] {
		texts = append(texts, address.String())
	}
	text := strings.Join(texts, ", ")
	if more := len(n.Addresses) - mostInWords; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// AgeInWords says since when a host has stood for its addresses and how old the last answer is; empty for other names.
func (n *NameStatus) AgeInWords(now time.Time) string {
	switch {
	case n.Host == nil:
		return ""
	case n.Host.Since.IsZero():
		return "never resolved"
	}
	text := "since " + momentInWords(n.Host.Since)
	if age := now.Sub(n.Host.Answered); age >= 2*time.Minute {
		text += fmt.Sprintf(", last answered %s ago", age.Round(time.Minute))
	}
	return text
}

// TroubleInWords says what is wrong with what the name stands for, and what that means for rules; empty where nothing is.
func (n *NameStatus) TroubleInWords(now time.Time) string {
	if n.Host == nil {
		if len(n.Addresses) == 0 {
			return "no component with an address: matches nothing"
		}
		return ""
	}
	return n.Host.TroubleInWords(now)
}

// TroubleInWords says what is wrong with a host's answer, and what that means for rules; empty where nothing is.
func (a *HostAnswer) TroubleInWords(now time.Time) string {
	switch a.Trouble(now) {
	case HostUnasked:
		return "not asked yet: until it resolves, a rule that encrypts counts it as matching everything, another as matching nothing"
	case HostUnresolved:
		return fmt.Sprintf("never resolved (%s): a rule that encrypts counts it as matching everything, another as matching nothing", a.Problem)
	case HostTooMany:
		return fmt.Sprintf("it has more than the %d addresses that are kept: a rule that encrypts counts it as matching everything", MaximumHostAddresses)
	case HostSilent:
		return fmt.Sprintf("no answer since %s (%s): the last one stands", momentInWords(a.Answered), a.Problem)
	}
	return ""
}

// Names gives every name in the rules, each once, in the order of their words.
func (s *RuleSet) Names() []Selector {
	var names []Selector
	for i := range s.Rules {
		for _, selector := range slices.Concat(s.Rules[i].Source, s.Rules[i].Target) {
			if selector.Named() {
				names = append(names, selector)
			}
		}
	}
	slices.SortFunc(names, func(a, b Selector) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(names)
}
