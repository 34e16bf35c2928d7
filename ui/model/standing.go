package model

import (
	"lockwire/engine"
	"lockwire/ui/text"
)

// Outlook is how things are, in one word.
type Outlook int

// The outlooks, the worst last.
const (
	AllWell Outlook = iota
	NeedsAttention
	NoBroker
)

// Standing is the state of the installation for a user who does not see the window.
type Standing struct {
	Outlook Outlook
	// Words contain no names: others may see the screen.
	Words string
	// Things identify what needs attention. An identifier is stable while its problem lasts.
	Things []string
}

// StandingOf sums up a state.
func StandingOf(state *State) Standing {
	if state.Problem != "" {
		return Standing{Outlook: NoBroker, Words: "The broker cannot be reached", Things: []string{"broker"}}
	}
	var s Standing
	for _, finding := range engine.Pressing(state.Findings()) {
		s.Things = append(s.Things, finding.Name)
	}
	if len(s.Things) == 0 {
		s.Words = "All is well"
		return s
	}
	s.Outlook, s.Words = NeedsAttention, text.Count(len(s.Things), "thing needs", "things need")+" attention"
	return s
}
