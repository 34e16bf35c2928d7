package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// InternetRuleName is the name of the predefined rule, which cannot be deleted or renamed.
const InternetRuleName = "Internet"

// Rule is a global traffic rule. Its JSON is that of a rule set's file, with the id and revision that the store gave it.
type Rule struct {
	ID ID `json:"id,omitempty"`
	// Revision grows by one with each edit, so that an edit of an outdated copy is noticed.
	Revision int64      `json:"revision,omitempty"`
	Name     string     `json:"name"`
	Enabled  bool       `json:"enabled"`
	Source   []Selector `json:"source"`
	Target   []Selector `json:"target"`
	// Encrypt seals; off is silent and never makes anything plain.
	Encrypt  bool       `json:"encrypt"`
	Exempt   *Exemption `json:"exempt"`
	Throttle *Throttle  `json:"throttle"`
	// Schedule gates the throttle only; nil is always on.
	Schedule *Schedule `json:"schedule"`
	Comment  string    `json:"comment"`
}

// Exemption marks a trusted link: it switches off automatic encryption, and nothing else.
type Exemption struct {
	Reason string `json:"reason"`
	// Until is the last day on which it holds, in the rule's time zone; nil has no end.
	Until *Date `json:"until,omitempty"`
}

// Date is a day of the calendar without a time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a day as 2027-01-31.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a day; write one as 2027-01-31", abbreviate(text, 32))
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

// String writes the day as ParseDate reads it.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// End is the first moment after the day in a time zone. That is not always what [time.Date] gives for 0:00 of the next day:
// where clocks change at midnight, there is no 0:00, or there are two.
func (d Date) End(zone *time.Location) time.Time {
	const around = 36 * 60 * 60 // seconds; a zone that moves across the date line skips a whole day
	from := time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, zone).Add(-around * time.Second)
	after := sort.Search(2*around, func(second int) bool { return d.before(from.Add(time.Duration(second) * time.Second)) })
	return from.Add(time.Duration(after) * time.Second)
}

// before tells whether the day is over at a moment, by the calendar of the moment's time zone.
func (d Date) before(moment time.Time) bool {
	year, month, day := moment.Date()
	return cmp.Or(cmp.Compare(year, d.Year), cmp.Compare(month, d.Month), cmp.Compare(day, d.Day)) > 0
}

// MarshalText writes the day as ParseDate reads it.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// InternetRule is the predefined rule as a new installation has it: any to public, encrypted.
func InternetRule() Rule {
	return Rule{Name: InternetRuleName, Enabled: true, Source: []Selector{Any}, Target: []Selector{Public}, Encrypt: true}
}

// IsInternet tells whether the rule is the predefined one. Names of rules differ by more than their case.
func (r *Rule) IsInternet() bool { return SameName(r.Name, InternetRuleName) }

// Check refuses a rule whose fields are not as RULES says; the error is a *FieldError that names the first such field.
func (r *Rule) Check() error {
	of := ruleWords(r.Name)
	checks := []struct {
		field string
		err   error
	}{
		{"name", CheckName(r.Name)},
		{"source", checkSelectors(r.Source, false)},
		{"target", checkSelectors(r.Target, true)},
		{"exempt", r.checkExempt()},
		{"throttle", r.checkThrottle()},
		{"schedule", r.checkSchedule()},
		{"comment", checkLines(r.Comment, MaximumCommentLength)},
	}
	for _, check := range checks {
		if check.err != nil {
			return fieldError(of, check.field, check.err)
		}
	}
	if r.IsInternet() {
		return r.checkInternet()
	}
	return nil
}

func checkSelectors(selectors []Selector, isTarget bool) error {
	if len(selectors) == 0 {
		return errors.New("at least one entry is needed; write any for every address")
	}
	if len(selectors) > MaximumSelectors {
		return fmt.Errorf("at most %d entries", MaximumSelectors)
	}
	for _, s := range selectors {
		if s.Kind == SelectPublic && !isTarget {
			return errors.New("the word public can only be a target; rules hold both ways round")
		}
		if again, err := ParseSelector(s.String()); err != nil || again != s {
			return fmt.Errorf("the entry %s is malformed", s)
		}
	}
	return nil
}

func (r *Rule) checkExempt() error {
	if r.Exempt == nil {
		return nil
	}
	if r.Encrypt {
		return errors.New("a rule either encrypts or exempts from encryption, not both")
	}
	if strings.TrimSpace(r.Exempt.Reason) == "" {
		return &FieldError{Field: "reason", Err: errors.New("a trusted link needs a reason")}
	}
	if until := r.Exempt.Until; until != nil {
		if again, err := ParseDate(until.String()); err != nil || again != *until {
			return &FieldError{Field: "until", Err: fmt.Errorf("%s is not a day of the calendar", until)}
		}
	}
	return fieldError("", "reason", checkText(r.Exempt.Reason, MaximumReasonLength))
}

func (r *Rule) checkThrottle() error {
	if r.Throttle == nil {
		return nil
	}
	return r.Throttle.Check()
}

func (r *Rule) checkSchedule() error {
	if r.Schedule == nil {
		return nil
	}
	if r.Schedule.UsesRelaxed() && (r.Throttle == nil || r.Throttle.Relaxed == nil) {
		return errors.New("an hour is relaxed (r), but the throttle has no relaxed limit")
	}
	return r.Schedule.check()
}

func (r *Rule) checkInternet() error {
	predefined := InternetRule()
	switch {
	case r.Name != predefined.Name:
		return &FieldError{Of: "rule Internet", Field: "name", Err: ErrPredefined}
	case !slices.Equal(r.Source, predefined.Source):
		return &FieldError{Of: "rule Internet", Field: "source", Err: ErrPredefined}
	case !slices.Equal(r.Target, predefined.Target):
		return &FieldError{Of: "rule Internet", Field: "target", Err: ErrPredefined}
	case r.Exempt != nil:
		return &FieldError{Of: "rule Internet", Field: "exempt", Err: errors.New("the predefined rule cannot be a trusted link; make a rule of your own, or turn this one off")}
	}
	return nil
}

// Clone copies a rule so that changing the copy leaves the original alone.
func (r *Rule) Clone() Rule {
	c := *r
	c.Source, c.Target = slices.Clone(r.Source), slices.Clone(r.Target)
	if r.Exempt != nil {
		exempt := *r.Exempt
		if exempt.Until != nil {
			until := *exempt.Until
			exempt.Until = &until
		}
		c.Exempt = &exempt
	}
	if r.Throttle != nil {
		throttle := *r.Throttle
		if throttle.Relaxed != nil {
			relaxed := *throttle.Relaxed
			throttle.Relaxed = &relaxed
		}
		c.Throttle = &throttle
	}
	if r.Schedule != nil {
		schedule := *r.Schedule
		c.Schedule = &schedule
	}
	return c
}

// RuleSet is all that decides besides the components: what a rule set's file holds.
type RuleSet struct {
	Rules             []Rule            `json:"rules"`
	Settings          Settings          `json:"settings"`
	PreferredNetworks PreferredNetworks `json:"preferredNetworks"`
	// SettingRevisions are the revisions of the settings by name, PreferredRevision is that of the preferred networks. Each grows with each
	// edit of its own; one that was never edited has 0. No file has them.
	SettingRevisions  map[string]int64 `json:"settingRevisions,omitempty"`
	PreferredRevision int64            `json:"preferredRevision,omitempty"`
	// Prescribed is what the broker's machine prescribes of the settings, as an Administration gives it. No file and no store has it.
	Prescribed Prescription `json:"prescribed,omitzero"`
}

// Check checks every rule, that names are unique whatever their case, that the predefined rule is there, and the rest of the set.
func (s *RuleSet) Check() error {
	if len(s.Rules) > MaximumRules {
		return fmt.Errorf("at most %d rules", MaximumRules)
	}
	seen := make(map[string]bool, len(s.Rules))
	for i := range s.Rules {
		rule := &s.Rules[i]
		if err := rule.Check(); err != nil {
			return err
		}
		key := Fold(rule.Name)
		if seen[key] {
			return &FieldError{Of: fmt.Sprintf("rule %q", rule.Name), Field: "name", Err: ErrNameTaken}
		}
		seen[key] = true
	}
	if !seen[Fold(InternetRuleName)] {
		return errors.New("the predefined rule Internet is missing")
	}
	if hosts := s.Hosts(); len(hosts) > MaximumHosts {
		return fmt.Errorf("at most %d different host: names can be in the rules; these have %d", MaximumHosts, len(hosts))
	}
	if err := s.Settings.Check(); err != nil {
		return err
	}
	return s.PreferredNetworks.Check()
}
