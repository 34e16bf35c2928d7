package engine

import (
	"fmt"
	"strings"
	"time"
)

// ExemptionSoon is how long before its end a trusted link is pointed out.
const ExemptionSoon = 7 * 24 * time.Hour

// ExemptionEnds is the first moment at which the rule is a trusted link no more; zero where it is none or has no end. Zone is
// that of the installation, for a rule that names none.
func (r *Rule) ExemptionEnds(zone *time.Location) time.Time {
	if r.Exempt == nil || r.Exempt.Until == nil {
		return time.Time{}
	}
	return r.Exempt.Until.End(r.Schedule.Location(zone))
}

// AppliedExemption is a trusted link that keeps a pair plain.
type AppliedExemption struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
	// Until is its last day, and Ends the first moment after it; absent where it has no end.
	Until *Date     `json:"until,omitempty"`
	Ends  time.Time `json:"ends,omitzero"`
}

// InWords names the rule, its reason and its last day.
func (e *AppliedExemption) InWords() string {
	until := ""
	if e.Until != nil {
		until = fmt.Sprintf(", until the end of %s", e.Until)
	}
	return fmt.Sprintf("%q (%s%s)", e.Rule, Printable(e.Reason), until)
}

// ExemptionsInWords names the trusted links that keep the pair plain; empty where none does.
func (d *Decision) ExemptionsInWords() string {
	words := make([]string, len(d.Exemptions))
	for i := range d.Exemptions {
		words[i] = d.Exemptions[i].InWords()
	}
	return strings.Join(words, ", ")
}

// ExemptUntil is when the last of the trusted links ends that keep the pair plain; zero where none does, or one has no end.
func (d *Decision) ExemptUntil() time.Time {
	var last time.Time
	for _, exemption := range d.Exemptions {
		if exemption.Ends.IsZero() {
			return time.Time{}
		}
		if exemption.Ends.After(last) {
			last = exemption.Ends
		}
	}
	return last
}

// ExemptionInWords says of a rule that is a trusted link that it is one, how long still where it ends soon, and that it has ended
// where it has. A column of a table has room for it.
func (r *Rule) ExemptionInWords(now time.Time, zone *time.Location) string {
	ends := r.ExemptionEnds(zone)
	left := ends.Sub(now)
	switch {
	case ends.IsZero() || left > ExemptionSoon:
		return "trusted link"
	case left <= 0:
		return "trusted, ended"
	case left < time.Hour:
		return "trusted, " + CountInWords(int(left/time.Minute)+1, "minute left", "minutes left")
	case left < 48*time.Hour:
		return "trusted, " + CountInWords(int(left/time.Hour), "hour left", "hours left")
	}
	return "trusted, " + CountInWords(int(left/(24*time.Hour)), "day left", "days left")
}

// EndsSoon tells whether the rule is a trusted link that is pointed out, because it ends soon or has ended.
func (r *Rule) EndsSoon(now time.Time, zone *time.Location) bool {
	ends := r.ExemptionEnds(zone)
	return r.Enabled && !ends.IsZero() && ends.Sub(now) <= ExemptionSoon
}
