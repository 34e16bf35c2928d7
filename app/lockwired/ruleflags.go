package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// ruleFlags are the fields of a rule on the command line.
type ruleFlags struct {
	name, throttle, relaxed, timeZone, exempt, until, comment string
	source, target, schedule                                  []string
	encrypt, enabled, throttleRestores                        bool
}

func (f *ruleFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.source, "source", nil, "addresses, first-last, networks, component:NAME, tag:NAME, role:ROLE or any")
	flags.StringSliceVar(&f.target, "target", nil, "the same, or public for all public addresses")
	flags.BoolVar(&f.encrypt, "encrypt", false, "seal the traffic; off is silent and never turns encryption off")
	flags.BoolVar(&f.enabled, "enabled", true, "whether the rule is on")
	flags.StringVar(&f.throttle, "throttle", "", `limit such as "100 Mbit/s", "50 MB/s" or "800 KB/s"; none takes it away`)
	flags.StringVar(&f.relaxed, "relaxed", "", "second, looser limit for the hours marked r; none takes it away")
	flags.BoolVar(&f.throttleRestores, "throttle-restores", false, "let the limit hold for restores too")
	flags.StringArrayVar(&f.schedule, "schedule", nil, `when the limit holds: always, or DAY[-DAY]=24 of 0, 1 and r, hour 0 first (repeat it for more days)`)
	flags.StringVar(&f.timeZone, "time-zone", "", "time zone of the schedule, such as Europe/Berlin (default: the broker's)")
	flags.StringVar(&f.exempt, "exempt", "", "trusted link: the reason why automatic encryption is not wanted here; none takes it away")
	flags.StringVar(&f.until, "until", "", "last day of the exemption, such as 2027-01-31")
	flags.StringVar(&f.comment, "comment", "", "free text")
}

// none is the word that takes a field away.
const none = "none"

// applyTo sets the fields that were named.
func (f *ruleFlags) applyTo(cmd *cobra.Command, rule *engine.Rule) error {
	given := cmd.Flags().Changed
	wrong := func(field string, err error) error {
		return &engine.FieldError{Of: fmt.Sprintf("rule %q", rule.Name), Field: field, Err: err}
	}
	var err error
	if given("name") {
		rule.Name = f.name
	}
	if given("source") {
		if rule.Source, err = parseSelectors(f.source); err != nil {
			return wrong("source", err)
		}
	}
	if given("target") {
		if rule.Target, err = parseSelectors(f.target); err != nil {
			return wrong("target", err)
		}
	}
	if given("encrypt") {
		rule.Encrypt = f.encrypt
	}
	if given("enabled") {
		rule.Enabled = f.enabled
	}
	if given("comment") {
		rule.Comment = f.comment
	}
	if err := f.applyThrottle(given, rule); err != nil {
		return wrong("throttle", err)
	}
	if err := f.applySchedule(given, rule); err != nil {
		return wrong("schedule", err)
	}
	if err := f.applyExemption(given, rule); err != nil {
		return wrong("exempt", err)
	}
	return nil
}

func (f *ruleFlags) applyThrottle(given func(string) bool, rule *engine.Rule) error {
	if given("throttle") && f.throttle == none {
		rule.Throttle = nil
		return nil
	}
	if given("throttle") {
		limit, err := parseLimit(f.throttle)
		if err != nil {
			return err
		}
		if rule.Throttle == nil {
			rule.Throttle = &engine.Throttle{NeverThrottleRestores: true}
		}
		rule.Throttle.Limit = limit
	}
	if rule.Throttle == nil {
		if given("relaxed") || given("throttle-restores") {
			return errors.New("there is no limit; give one with --throttle")
		}
		return nil
	}
	if given("throttle-restores") {
		rule.Throttle.NeverThrottleRestores = !f.throttleRestores
	}
	if given("relaxed") {
		rule.Throttle.Relaxed = nil
		if f.relaxed != none {
			limit, err := parseLimit(f.relaxed)
			if err != nil {
				return err
			}
			rule.Throttle.Relaxed = &limit
		}
	}
	return nil
}

func (f *ruleFlags) applySchedule(given func(string) bool, rule *engine.Rule) error {
	if given("schedule") {
		rule.Schedule = nil
		for _, entry := range f.schedule {
			if entry == "always" {
				continue
			}
			if rule.Schedule == nil {
				always := engine.AlwaysOn()
				rule.Schedule = &always
			}
			if err := setDays(rule.Schedule, entry); err != nil {
				return err
			}
		}
	}
	if given("time-zone") {
		if rule.Schedule == nil {
			return errors.New("there is no schedule whose time zone could be set; give one with --schedule")
		}
		rule.Schedule.TimeZone = f.timeZone
	}
	return nil
}

var weekdayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// setDays reads DAY[-DAY]=CELLS; days can be cut to three letters.
func setDays(schedule *engine.Schedule, entry string) error {
	days, cells, found := strings.Cut(entry, "=")
	if !found {
		return fmt.Errorf("%q is no schedule; write one such as monday-friday=000000001111111111110000", entry)
	}
	day, err := engine.ParseDay(cells)
	if err != nil {
		return err
	}
	first, last, isRange := strings.Cut(days, "-")
	from, err := parseWeekday(first)
	if err != nil {
		return err
	}
	to := from
	if isRange {
		if to, err = parseWeekday(last); err != nil {
			return err
		}
	}
	for at := from; ; at = (at + 1) % 7 {
		schedule.Days[at] = day
		if at == to {
			return nil
		}
	}
}

func parseWeekday(text string) (time.Weekday, error) {
	for day, name := range weekdayNames {
		if strings.EqualFold(text, name) || strings.EqualFold(text, name[:3]) {
			return time.Weekday(day), nil
		}
	}
	return 0, fmt.Errorf("%q is not a day of the week", text)
}

func (f *ruleFlags) applyExemption(given func(string) bool, rule *engine.Rule) error {
	if given("exempt") {
		rule.Exempt = nil
		if f.exempt != none {
			rule.Exempt = &engine.Exemption{Reason: f.exempt}
		}
	}
	if given("until") {
		if rule.Exempt == nil {
			return errors.New("there is no exemption whose end could be set; give one with --exempt")
		}
		rule.Exempt.Until = nil
		if f.until != none {
			day, err := engine.ParseDate(f.until)
			if err != nil {
				return err
			}
			rule.Exempt.Until = &day
		}
	}
	return nil
}

func parseSelectors(entries []string) ([]engine.Selector, error) {
	var all []engine.Selector
	for _, entry := range entries {
		selector, err := engine.ParseSelector(entry)
		if err != nil {
			return nil, err
		}
		all = append(all, selector)
	}
	return all, nil
}

// parseLimit reads a value and a unit, with or without a space between.
func parseLimit(text string) (engine.Limit, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/ ")
	unit := strings.TrimSpace(text[len(digits):])
	value, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return engine.Limit{}, fmt.Errorf("%q is not a limit; write one such as \"100 Mbit/s\"", text)
	}
	limit := engine.Limit{Value: value, Unit: engine.Unit(unit)}
	for _, known := range engine.Units {
		if strings.EqualFold(unit, string(known)) {
			limit.Unit = known
		}
	}
	return limit, limit.Check()
}
