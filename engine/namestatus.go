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

// SelectorsWithTrouble writes a rule's source or target; a host with whose answer something is wrong says so.
func SelectorsWithTrouble(selectors []Selector, troubled []TroubledHost) string {
	if len(troubled) == 0 {
		return SelectorsInWords(selectors)
	}
	texts := make([]string, len(selectors))
	for i, s := range selectors {
		texts[i] = s.String()
		at := slices.IndexFunc(troubled, func(host TroubledHost) bool { return s.Kind == SelectHost && s.Name == host.Name })
		if at >= 0 {
			texts[i] += fmt.Sprintf(" (%s)", troubled[at].Trouble)
		}
	}
	return strings.Join(texts, ", ")
}

// mostInWords is how many addresses a sentence lists before it counts the others.
const mostInWords = 4

// AddressesInWords lists the addresses that count now; a long list is cut.
func (n *NameStatus) AddressesInWords() string { return addressesInWords(n.Addresses) }

// LatelyInWords lists the further addresses of the last day; empty where there are none.
func (n *NameStatus) LatelyInWords() string {
	if len(n.Lately) == 0 {
		return ""
	}
	return addressesInWords(n.Lately)
}

// InWords says everything of the name in a line.
func (n *NameStatus) InWords(now time.Time) string {
	text := n.Name.String() + ": " + n.AddressesInWords()
	if age := n.AgeInWords(now); age != "" && len(n.Addresses) > 0 {
		text += ", " + age
	}
	if lately := n.LatelyInWords(); lately != "" {
		text += "; in the last 24 hours also " + lately
	}
	if trouble := n.TroubleInWords(now); trouble != "" {
		text += "; " + trouble
	}
	return text
}

// InWords says for which addresses a name stood, and since when.
func (m *NameMeaning) InWords() string { return addressesInWords(m.Addresses) + m.AgeInWords() }

func addressesInWords(addresses []netip.Addr) string {
	if len(addresses) == 0 {
		return "no address"
	}
	texts := make([]string, 0, mostInWords)
	for _, address := range addresses[:min(len(addresses), mostInWords)] {
		texts = append(texts, address.String())
	}
	text := strings.Join(texts, ", ")
	if more := len(addresses) - mostInWords; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// answeredLately is how old a host's last answer may be without a word: it is asked for each minute.
const answeredLately = 2 * time.Minute

// AgeInWords says since when a host has stood for its addresses, and of when its last answer is where that is not of now; empty for other
// names.
func (n *NameStatus) AgeInWords(now time.Time) string {
	switch {
	case n.Host == nil:
		return ""
	case n.Host.Since.IsZero():
		return "never resolved"
	}
	text := "since " + momentInWords(n.Host.Since)
	if now.Sub(n.Host.Answered) >= answeredLately {
		text += ", last answered " + momentInWords(n.Host.Answered)
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
func (s *RuleSet) Names() []Selector { return namesIn(s.Rules) }

// Names gives every name in the rule, each once, in the order of their words.
func (r *Rule) Names() []Selector { return namesIn([]Rule{*r}) }

func namesIn(rules []Rule) []Selector {
	var names []Selector
	for i := range rules {
		for _, selector := range slices.Concat(rules[i].Source, rules[i].Target) {
			if selector.Named() {
				names = append(names, selector)
			}
		}
	}
	slices.SortFunc(names, func(a, b Selector) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(names)
}

// MaximumTroubledHosts bounds how many hosts in trouble a snapshot has.
const MaximumTroubledHosts = 256

// TroubledHost is a host with whose answer something is wrong.
type TroubledHost struct {
	Name    string      `json:"name"`
	Trouble HostTrouble `json:"trouble"`
	// Words say what is wrong, and what that means for rules.
	Words string `json:"words"`
}

// TroubledHosts gives those of the hosts with whose answers something is wrong, in their order, and MaximumTroubledHosts at the most. One
// that was not asked for yet is no trouble: the answer is on its way.
func TroubledHosts(hosts []string, answers map[string]HostAnswer, now time.Time) []TroubledHost {
	var troubled []TroubledHost
	for _, name := range hosts {
		answer := answers[name]
		if len(troubled) == MaximumTroubledHosts {
			break
		}
		if trouble := answer.Trouble(now); trouble != "" && trouble != HostUnasked {
			troubled = append(troubled, TroubledHost{name, trouble, answer.TroubleInWords(now)})
		}
	}
	return troubled
}

// Troubled gives those of the troubled hosts that stand in a rule.
func (r *Rule) Troubled(hosts []TroubledHost) []TroubledHost {
	var found []TroubledHost
	for _, host := range hosts {
		name := Selector{Kind: SelectHost, Name: host.Name}
		if slices.Contains(r.Source, name) || slices.Contains(r.Target, name) {
			found = append(found, host)
		}
	}
	return found
}
