package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"lockwire/engine"
)

// Version is the version of the own format that this program writes, and the newest that it reads.
const Version = 1

// The fields of the own format, in the order in which they are written.
var (
	fileFields      = []string{"version", "rules", "settings", "preferredNetworks"}
	ruleFields      = []string{"name", "enabled", "source", "target", "encrypt", "exempt", "throttle", "schedule", "comment"}
	exemptFields    = []string{"reason", "until"}
	throttleFields  = []string{"value", "unit", "neverThrottleRestores", "relaxed"}
	limitFields     = []string{"value", "unit"}
	scheduleFields  = []string{"timeZone", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	preferredFields = []string{"mode", "networks"}
)

// errUnknownField is the cause where the unknown field itself is the FieldError's field.
var errUnknownField = errors.New("unknown field")

// Decode reads a rule set in the own format. The rules stand in the file's order; a file without the rule Internet gets it as
// predefined, at its place by name. What is wrong in a field is a *engine.FieldError.
func Decode(r io.Reader) (engine.RuleSet, Report, error) {
	body, err := readBody(r)
	if err != nil {
		return engine.RuleSet{}, nil, err
	}
	read, err := decodeOwn(body)
	return read.set, read.report, err
}

// decoded is what was read of a file.
type decoded struct {
	set    engine.RuleSet
	report Report
	// internetAdded tells that the file does not have the rule Internet, hasSettings and hasPreferred that it has these.
	internetAdded, hasSettings, hasPreferred bool
}

func decodeOwn(body json.RawMessage) (decoded, error) {
	file, err := readObject(body)
	if err != nil {
		return decoded{}, of("rule set", err)
	}
	var notes notes
	// The version comes first: a newer file may well have fields that this program does not know.
	if err := checkVersion(file, &notes); err != nil {
		return decoded{}, of("rule set", err)
	}
	if names := file.unknown(fileFields); len(names) > 0 {
		return decoded{}, of("rule set", at(short(names[0]), errUnknownField))
	}
	var set engine.RuleSet
	if list, found := file.value("rules"); found {
		if set.Rules, err = decodeRules(list, &notes); err != nil {
			return decoded{}, of("rule set", err)
		}
	} else {
		notes.add("", "rules", "the file has none")
	}
	internetAdded := addInternet(&set, &notes)
	if set.Settings, err = decodeSettings(file); err != nil {
		return decoded{}, err
	}
	if set.PreferredNetworks, err = decodePreferred(file, &notes); err != nil {
		return decoded{}, of("preferredNetworks", err)
	}
	if err := set.Check(); err != nil {
		return decoded{}, err
	}
	_, hasSettings := file.value("settings")
	_, hasPreferred := file.value("preferredNetworks")
	return decoded{set, notes.report(), internetAdded, hasSettings, hasPreferred}, nil
}

func checkVersion(file object, notes *notes) error {
	if _, found := file.value("version"); !found {
		notes.add("", "version", "the file has none; read as version %d", Version)
		return nil
	}
	version, err := file.number("version")
	switch {
	case err != nil:
		return err
	case version > Version:
		return at("version", fmt.Errorf("the file has version %d, and this program knows up to %d; use a newer Lockwire", version, Version))
	case version < 1:
		return at("version", errors.New("versions begin with 1"))
	}
	return nil
}

func decodeRules(list json.RawMessage, notes *notes) ([]engine.Rule, error) {
	var rules []engine.Rule
	broken := "" // the rule in which reading stopped
	err := eachElement(list, engine.MaximumRules, func(index int, element json.RawMessage) error {
		broken = fmt.Sprintf("rule number %d", index+1)
		fields, err := readObject(element)
		if err != nil {
			return inField("rules", err)
		}
		name, err := fields.text("name")
		if err != nil {
			return err
		}
		if name != "" {
			broken = ofRule(name)
		}
		rule, err := decodeRule(name, fields, notes)
		if err != nil {
			return err
		}
		if err := rule.Check(); err != nil {
			return err
		}
		rules = append(rules, rule)
		broken = ""
		return nil
	})
	if err != nil && broken != "" {
		return nil, of(broken, err)
	}
	return rules, at("rules", err)
}

func decodeRule(name string, fields object, notes *notes) (engine.Rule, error) {
	none := engine.Rule{}
	if names := fields.unknown(ruleFields); len(names) > 0 {
		return none, at(short(names[0]), fmt.Errorf("%w; a rule has %s", errUnknownField, strings.Join(ruleFields, ", ")))
	}
	if _, found := fields.value("name"); !found {
		return none, at("name", errNeeded)
	}
	rule := engine.Rule{Name: name}
	var err error
	if rule.Enabled, err = fields.flag("enabled", true); err != nil {
		return none, err
	}
	if rule.Encrypt, err = fields.flag("encrypt", false); err != nil {
		return none, err
	}
	for _, side := range []struct {
		field     string
		selectors *[]engine.Selector
	}{{"source", &rule.Source}, {"target", &rule.Target}} {
		list, found := fields.value(side.field)
		if !found {
			return none, at(side.field, errNeeded)
		}
		if *side.selectors, err = decodeSelectors(list, name, side.field, notes); err != nil {
			return none, at(side.field, err)
		}
	}
	if value, found := fields.value("exempt"); found {
		if rule.Exempt, err = decodeExemption(value); err != nil {
			return none, at("exempt", err)
		}
	}
	if value, found := fields.value("throttle"); found {
		if rule.Throttle, err = decodeThrottle(value); err != nil {
			return none, at("throttle", err)
		}
	}
	if value, found := fields.value("schedule"); found {
		if rule.Schedule, err = decodeSchedule(value); err != nil {
			return none, at("schedule", err)
		}
	}
	rule.Comment, err = fields.text("comment")
	return rule, err
}

func decodeSelectors(list json.RawMessage, rule, field string, notes *notes) ([]engine.Selector, error) {
	var selectors []engine.Selector
	err := eachElement(list, engine.MaximumSelectors, func(index int, element json.RawMessage) error {
		text, err := readText(element)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index+1, err)
		}
		selector, err := engine.ParseSelector(text)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index+1, err)
		}
		if prefix, err := netip.ParsePrefix(text); err == nil && prefix != prefix.Masked() {
			notes.add(rule, field, "%s is read as the whole network %s", text, selector)
		}
		selectors = append(selectors, selector)
		return nil
	})
	return selectors, err
}

func decodeExemption(value json.RawMessage) (*engine.Exemption, error) {
	fields, err := readObject(value)
	if err != nil {
		return nil, err
	}
	if err := fields.refuseUnknown(exemptFields); err != nil {
		return nil, err
	}
	var exemption engine.Exemption
	if exemption.Reason, err = fields.text("reason"); err != nil {
		return nil, err
	}
	if _, found := fields.value("until"); found {
		text, err := fields.text("until")
		if err != nil {
			return nil, err
		}
		until, err := engine.ParseDate(text)
		if err != nil {
			return nil, at("until", err)
		}
		exemption.Until = &until
	}
	return &exemption, nil
}

func decodeThrottle(value json.RawMessage) (*engine.Throttle, error) {
	fields, err := readObject(value)
	if err != nil {
		return nil, err
	}
	if err := fields.refuseUnknown(throttleFields); err != nil {
		return nil, err
	}
	var throttle engine.Throttle
	if throttle.Limit, err = decodeLimit(fields); err != nil {
		return nil, err
	}
	if throttle.NeverThrottleRestores, err = fields.flag("neverThrottleRestores", true); err != nil {
		return nil, err
	}
	if value, found := fields.value("relaxed"); found {
		relaxed, err := readObject(value)
		if err != nil {
			return nil, at("relaxed", err)
		}
		if err := relaxed.refuseUnknown(limitFields); err != nil {
			return nil, at("relaxed", err)
		}
		limit, err := decodeLimit(relaxed)
		if err != nil {
			return nil, at("relaxed", err)
		}
		throttle.Relaxed = &limit
	}
	return &throttle, nil
}

func decodeLimit(fields object) (engine.Limit, error) {
	value, err := fields.number("value")
	if err != nil {
		return engine.Limit{}, err
	}
	if _, found := fields.value("unit"); !found {
		return engine.Limit{}, at("unit", errNeeded)
	}
	unit, err := fields.text("unit")
	if err != nil {
		return engine.Limit{}, err
	}
	limit := engine.Limit{Value: value, Unit: engine.Unit(unit)}
	return limit, limit.Check()
}

func decodeSchedule(value json.RawMessage) (*engine.Schedule, error) {
	fields, err := readObject(value)
	if err != nil {
		return nil, err
	}
	if err := fields.refuseUnknown(scheduleFields); err != nil {
		return nil, err
	}
	schedule := engine.AlwaysOn()
	for _, name := range scheduleFields {
		if _, found := fields.value(name); !found {
			continue
		}
		text, err := fields.text(name)
		if err != nil {
			return nil, err
		}
		if name == "timeZone" {
			schedule.TimeZone = text
			continue
		}
		if schedule.Days[weekdays[name]], err = engine.ParseDay(text); err != nil {
			return nil, at(name, err)
		}
	}
	return &schedule, nil
}

// internetAddedNote says that addInternet added the rule.
var internetAddedNote = Note{Rule: engine.InternetRuleName, Text: "the file does not have this rule; it stands as predefined: any to public, encrypted"}

// addInternet adds the predefined rule at its place by name where the set does not have it, whatever its case, and tells that it did.
func addInternet(set *engine.RuleSet, notes *notes) bool {
	if slices.ContainsFunc(set.Rules, func(rule engine.Rule) bool { return rule.IsInternet() }) {
		return false
	}
	internet := engine.InternetRule()
	place := slices.IndexFunc(set.Rules, func(rule engine.Rule) bool { return compareNames(rule.Name, internet.Name) > 0 })
	if place < 0 {
		place = len(set.Rules)
	}
	set.Rules = slices.Insert(set.Rules, place, internet)
	notes.add(internetAddedNote.Rule, internetAddedNote.Field, "%s", internetAddedNote.Text)
	return true
}

// compareNames orders rules by name as the store does: without regard to case.
func compareNames(a, b string) int {
	if order := strings.Compare(engine.Fold(a), engine.Fold(b)); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}
