package rules

import "lockwire/ui/text"

// stepKind is what a step does to a rule.
type stepKind int

const (
	stepAdds stepKind = iota
	stepRemoves
	stepTurnsOn
	stepTurnsOff
	stepChanges
)

// kindWords are the words for a step of each kind: as what is undone, and as what was done.
var kindWords = map[stepKind]struct{ undone, told string }{
	stepAdds:     {"adding", "added"},
	stepRemoves:  {"removal of", "removed"},
	stepTurnsOn:  {"turning on", "turned on"},
	stepTurnsOff: {"turning off", "turned off"},
	stepChanges:  {"change of", "changed"},
}

// kind is that of the rules of a step; several that differ are changed.
func (s *ruleStep) kind() stepKind {
	if len(s.several) > 0 {
		kind := s.several[0].kind()
		for i := range s.several {
			if s.several[i].kind() != kind {
				return stepChanges
			}
		}
		return kind
	}
	switch {
	case s.before == nil:
		return stepAdds
	case s.after == nil:
		return stepRemoves
	}
	turned := s.before.Clone()
	turned.Enabled, turned.Revision = s.after.Enabled, s.after.Revision
	if len(ruleDifferences(&turned, s.after)) == 0 && s.before.Enabled != s.after.Enabled {
		return map[bool]stepKind{true: stepTurnsOn, false: stepTurnsOff}[s.after.Enabled]
	}
	return stepChanges
}

// rules counts the rules that a step adds, changes or removes.
func (s *ruleStep) rules() int {
	count := max(len(s.several), 1)
	if s.imported != nil {
		count = 0
		for i := range s.led {
			if s.led[i].What != "keep" {
				count++
			}
		}
	}
	return count
}

// name is the rule of a step of one rule.
func (s *ruleStep) name() string {
	if s.after != nil {
		return s.after.Name
	}
	return s.before.Name
}

// words say what a step is as a thing to undo, such as "import of 5 rules".
func (s *ruleStep) words() string {
	count := text.Count(s.rules(), "rule", "rules")
	switch {
	case s.imported != nil:
		return "import of " + count + " with settings"
	case s.file:
		return "import of " + count
	case len(s.several) > 0:
		return kindWords[s.kind()].undone + " " + count
	}
	return kindWords[s.kind()].undone + " " + s.name()
}

// told says what was done.
func (s *ruleStep) told() string {
	count := text.Count(s.rules(), "rule", "rules")
	switch {
	case s.imported != nil:
		return count + " and the settings imported"
	case s.file:
		return count + " imported"
	case len(s.several) > 0:
		return count + " " + kindWords[s.kind()].told
	}
	return "Rule " + s.name() + " " + kindWords[s.kind()].told
}
