package rules

import (
	"fmt"

	"lockwire/engine"
	"lockwire/ui/text"
)

// ruleFields say a rule field by field, in the order of the editor.
func ruleFields(r *engine.Rule) [][2]string {
	word := func(on bool) string {
		if on {
			return "on"
		}
		return "off"
	}
	exempt := "none"
	if r.Exempt != nil {
		exempt = fmt.Sprintf("%q", r.Exempt.Reason)
		if r.Exempt.Until != nil {
			exempt += " until " + r.Exempt.Until.String()
		}
	}
	return [][2]string{
		{"name", r.Name}, {"on or off", word(r.Enabled)}, {"source", engine.SelectorsInWords(r.Source)}, {"target", engine.SelectorsInWords(r.Target)}, {"encrypt", word(r.Encrypt)},
		{"limit", r.Throttle.InWords()}, {"hours", scheduleText(r)}, {"trusted link", exempt}, {"comment", fmt.Sprintf("%q", r.Comment)},
	}
}

// ruleDifferences name the fields in which two rules differ, before and after.
func ruleDifferences(before, after *engine.Rule) []string {
	var changed []string
	was, is := ruleFields(before), ruleFields(after)
	for i := range was {
		if was[i] != is[i] {
			changed = append(changed, was[i][0]+" from "+was[i][1]+" to "+is[i][1])
		}
	}
	return changed
}

// scheduleText says the hours of a rule's throttle.
func scheduleText(r *engine.Rule) string {
	if r.Schedule == nil {
		return "all the time"
	}
	text := text.Hours(r.Schedule.Days)
	if r.Schedule.TimeZone != "" {
		text += " (" + r.Schedule.TimeZone + ")"
	}
	return text
}
