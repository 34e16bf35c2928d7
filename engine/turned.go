package engine

// MaximumTurned is how many pairs a Turned names.
const MaximumTurned = 100

// Turned is what a change makes of pairs of components, each pair once, with a route or without.
type Turned struct {
	// Sealed, Plain and Refused count the pairs that were something else before.
	Sealed  int `json:"sealed"`
	Plain   int `json:"plain"`
	Refused int `json:"refused"`
	// Pairs are the first of them, those with a route before others; More counts the rest.
	Pairs []TurnedPair `json:"pairs,omitempty"`
	More  int          `json:"more,omitempty"`
}

// TurnedPair is one pair that a change turned over.
type TurnedPair struct {
	NamedPair
	Before ProtectionState `json:"before"`
	After  ProtectionState `json:"after"`
}

// Count is how many pairs were turned over.
func (t *Turned) Count() int { return t.Sealed + t.Plain + t.Refused }

// InWords says how many pairs were made what, such as "3 pairs sealed, 1 pair plain"; "no pair is protected otherwise" where none was.
func (t *Turned) InWords() string {
	words := ""
	for _, part := range []struct {
		count int
		state ProtectionState
	}{{t.Plain, ProtectionPlain}, {t.Refused, ProtectionRefused}, {t.Sealed, ProtectionSealed}} {
		if part.count == 0 {
			continue
		}
		if words != "" {
			words += ", "
		}
		words += CountInWords(part.count, "pair made ", "pairs made ") + string(part.state)
	}
	if words == "" {
		return "no pair is protected otherwise"
	}
	return words
}
