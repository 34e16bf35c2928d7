package engine

import (
	"encoding/json"
	"fmt"
)

// RuleFields are the fields of a rule in a rule set's file, in the order in which they are written. On the wire a rule has its id and
// revision, too.
var RuleFields = []string{"name", "enabled", "source", "target", "encrypt", "exempt", "throttle", "schedule", "comment"}

// The fields of what a rule holds.
var (
	exemptionFields = []string{"reason", "until"}
	throttleFields  = []string{"value", "unit", "neverThrottleRestores", "relaxed"}
	limitFields     = []string{"value", "unit"}
)

// ReadRule reads the fields of a rule, from a file or from the wire. What is wrong in a field is a *FieldError; whether the rule as a
// whole holds is for Check to say.
//
// Unknown fields of the rule itself are left to the caller: a file and a request to a broker are refused over them, and a console that
// is older than its broker shows the rule without them, and then edits nothing. Those of what a rule holds (a limit, hours, an exemption)
// are refused here, because what is left could not be shown truly.
func ReadRule(fields JSONObject) (Rule, error) {
	name, err := fields.Text("name")
	if err != nil {
		return Rule{}, err
	}
	rule := Rule{Name: name}
	if rule.Enabled, err = fields.Flag("enabled", true); err != nil {
		return Rule{}, err
	}
	if rule.Encrypt, err = fields.Flag("encrypt", false); err != nil {
		return Rule{}, err
	}
	for _, side := range []struct {
		field     string
		selectors *[]Selector
	}{{"source", &rule.Source}, {"target", &rule.Target}} {
		if list, found := fields.Value(side.field); found {
			if *side.selectors, err = readSelectors(list); err != nil {
				return Rule{}, fieldError("", side.field, err)
			}
		}
	}
	for _, part := range []struct {
		field string
		read  func(json.RawMessage) error
	}{
		{"exempt", func(value json.RawMessage) error {
			rule.Exempt = new(Exemption)
			return rule.Exempt.UnmarshalJSON(value)
		}},
		{"throttle", func(value json.RawMessage) error {
			rule.Throttle = new(Throttle)
			return rule.Throttle.UnmarshalJSON(value)
		}},
		{"schedule", func(value json.RawMessage) error {
			rule.Schedule = new(Schedule)
			return rule.Schedule.UnmarshalJSON(value)
		}},
	} {
		if value, found := fields.Value(part.field); found {
			if err := part.read(value); err != nil {
				return Rule{}, fieldError("", part.field, err)
			}
		}
	}
	rule.Comment, err = fields.Text("comment")
	return rule, err
}

func readSelectors(list json.RawMessage) ([]Selector, error) {
	selectors := []Selector{}
	err := EachJSON(list, MaximumSelectors, func(index int, element json.RawMessage) error {
		text, err := ReadJSONText(element)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index+1, err)
		}
		selector, err := ParseSelector(text)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index+1, err)
		}
		selectors = append(selectors, selector)
		return nil
	})
	return selectors, err
}

// UnmarshalJSON reads a rule as the wire has it, with its id and revision. ReadRule says what becomes of unknown fields.
func (r *Rule) UnmarshalJSON(text []byte) error {
	fields, err := ReadJSONObject(text)
	if err != nil {
		return fmt.Errorf("rule: %w", err)
	}
	rule, err := ReadRule(fields)
	if err != nil {
		if field, is := err.(*FieldError); is {
			field.Of = ruleWords(rule.Name)
		}
		return err
	}
	for _, part := range []struct {
		field string
		into  any
	}{{"id", &rule.ID}, {"revision", &rule.Revision}} {
		if value, found := fields.Value(part.field); found {
			if err := json.Unmarshal(value, part.into); err != nil {
				return &FieldError{Of: ruleWords(rule.Name), Field: part.field, Err: err}
			}
		}
	}
	*r = rule
	return nil
}

// ruleWords names a rule for an error.
func ruleWords(name string) string {
	if name == "" {
		return "rule"
	}
	return fmt.Sprintf("rule %q", abbreviate(name, MaximumNameLength))
}

// UnmarshalJSON reads the form of a rule set's file.
func (e *Exemption) UnmarshalJSON(text []byte) error {
	fields, err := ReadJSONObject(text)
	if err != nil {
		return err
	}
	if err := fields.refuseUnknown(exemptionFields); err != nil {
		return err
	}
	var read Exemption
	if read.Reason, err = fields.Text("reason"); err != nil {
		return err
	}
	if _, found := fields.Value("until"); found {
		day, err := fields.Text("until")
		if err != nil {
			return err
		}
		until, err := ParseDate(day)
		if err != nil {
			return &FieldError{Field: "until", Err: err}
		}
		read.Until = &until
	}
	*e = read
	return nil
}

// UnmarshalJSON reads the form of a rule set's file. Absent, neverThrottleRestores is true.
func (t *Throttle) UnmarshalJSON(text []byte) error {
	fields, err := ReadJSONObject(text)
	if err != nil {
		return err
	}
	if err := fields.refuseUnknown(throttleFields); err != nil {
		return err
	}
	var read Throttle
	if read.Limit, err = readLimit(fields); err != nil {
		return err
	}
	if read.NeverThrottleRestores, err = fields.Flag("neverThrottleRestores", true); err != nil {
		return err
	}
	if value, found := fields.Value("relaxed"); found {
		read.Relaxed = new(Limit)
		if err := read.Relaxed.UnmarshalJSON(value); err != nil {
			return &FieldError{Field: "relaxed", Err: err}
		}
	}
	*t = read
	return nil
}

// UnmarshalJSON reads the form of a rule set's file.
func (l *Limit) UnmarshalJSON(text []byte) error {
	fields, err := ReadJSONObject(text)
	if err != nil {
		return err
	}
	if err := fields.refuseUnknown(limitFields); err != nil {
		return err
	}
	read, err := readLimit(fields)
	if err == nil {
		*l = read
	}
	return err
}

func readLimit(fields JSONObject) (Limit, error) {
	value, err := fields.Number("value")
	if err != nil {
		return Limit{}, err
	}
	if _, found := fields.Value("unit"); !found {
		return Limit{}, &FieldError{Field: "unit", Err: ErrFieldNeeded}
	}
	unit, err := fields.Text("unit")
	return Limit{value, Unit(unit)}, err
}

// UnmarshalJSON reads the form of a rule set's file. A day that is absent is all on.
func (s *Schedule) UnmarshalJSON(text []byte) error {
	fields, err := ReadJSONObject(text)
	if err != nil {
		return err
	}
	if err := fields.refuseUnknown(scheduleFields()); err != nil {
		return err
	}
	read := AlwaysOn()
	for _, name := range fields.Names {
		if _, found := fields.Value(name); !found {
			continue
		}
		value, err := fields.Text(name)
		if err != nil {
			return err
		}
		if err := read.set(name, value); err != nil {
			return &FieldError{Field: name, Err: err}
		}
	}
	*s = read
	return nil
}

func scheduleFields() []string {
	names := []string{"timeZone"}
	for _, weekday := range weekdays {
		names = append(names, weekday.name)
	}
	return names
}
