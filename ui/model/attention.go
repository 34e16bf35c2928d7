package model

import (
	"sync"

	"lockwire/engine"
)

// NeedKind is the kind of a need. Package page has its colour and icon.
type NeedKind int

// The kinds of need.
const (
	NeedNothing  NeedKind = iota // all is well
	NeedRefused                  // a session was refused
	NeedFailing                  // something that ought to work does not
	NeedWarned                   // something is about to fail, or is not as the rules have it
	NeedUnsealed                 // something is plain
)

// Need is one line of what needs attention: a thing and the page that shows it, or a group of similar things.
type Need struct {
	Kind        NeedKind
	Text        string
	Page, Thing string
	// Group names the line of many, and Alike are they; empty for a line of one.
	Group string
	Alike []Need
}

// Attention lists what needs attention, the gravest first, or one line that says that nothing does.
func Attention(state *State) []Need {
	groups := engine.GroupFindings(engine.Pressing(state.Findings()))
	if len(groups) == 0 {
		return []Need{{Kind: NeedNothing, Text: firstWords(state)}}
	}
	needs := make([]Need, len(groups))
	for i, group := range groups {
		if len(group.Findings) == 1 {
			needs[i] = needOf(&group.Findings[0])
			continue
		}
		needs[i] = Need{Kind: needKind(group.Kind), Text: group.Text, Group: string(group.Kind)}
		for j := range group.Findings {
			needs[i].Alike = append(needs[i].Alike, needOf(&group.Findings[j]))
		}
	}
	return needs
}

// foundOnce are the findings of one state, which are looked for once whoever asks first: a large installation takes milliseconds.
type foundOnce struct {
	sync.Once
	findings []engine.Finding
}

// Findings are what the engine finds in a state. They are not to be changed.
func (s *State) Findings() []engine.Finding {
	if s.found == nil {
		return s.FindingsWith(s.Checked)
	}
	s.found.Do(func() { s.found.findings = s.FindingsWith(s.Checked) })
	return s.found.findings
}

// FindingsWith are those with another check than the state's.
func (s *State) FindingsWith(checked *engine.Checked) []engine.Finding {
	situation := engine.Situation{Snapshot: s.Snapshot, Rules: s.Rules, Administrators: s.Administrators, Refusals: s.Refusals, Low: s.Low, Checked: checked}
	return situation.Findings()
}

// PlaceOf is the page on which a finding is seen to, and the thing there.
func PlaceOf(f *engine.Finding) (page, thing string) { return pageOf[f.Place], string(f.Thing) }

// NeedKindOf is what kind of need a finding is.
func NeedKindOf(f *engine.Finding) NeedKind { return needKind(f.Kind) }

func needOf(f *engine.Finding) Need {
	words := f.Text
	if f.Remedy != "" {
		words += " " + f.Remedy
	}
	return Need{Kind: needKind(f.Kind), Text: words, Page: pageOf[f.Place], Thing: string(f.Thing)}
}

func needKind(kind engine.FindingKind) NeedKind {
	switch {
	case kind == engine.SessionsRefused:
		return NeedRefused
	case kind.Harm() == engine.HarmNow:
		return NeedFailing
	case kind.Harm() == engine.HarmPlain:
		return NeedUnsealed
	}
	return NeedWarned
}

// pageOf names the page on which a finding is seen to.
var pageOf = map[engine.FindingPlace]string{
	engine.AtBroker: "settings", engine.AtReceipt: "sessions", engine.AtSession: "sessions", engine.AtComponent: "components",
	engine.AtHeadroom: "headroom", engine.AtRoute: "routes", engine.AtRule: "rules", engine.AtSettings: "settings", engine.AtAdministrator: "settings",
	engine.AtProvider: "providers", engine.AtTenant: "tenants",
}

// firstWords says that all is well, or the next step in a new installation.
func firstWords(state *State) string {
	switch {
	case len(state.Components) < 2:
		return "Nothing needs attention. Next: add the machines that are backed up and those that keep the backups, on the page Components."
	case len(state.Routes) == 0:
		return "Nothing needs attention. Next: make a route from a machine to where its backups go, on the page Routes."
	}
	return "Nothing needs attention."
}
