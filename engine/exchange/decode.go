package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
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
	preferredFields = []string{"mode", "networks"}
)

// errUnknownField is the cause where the unknown field itself is the FieldError's field.
var errUnknownField = errors.New("unknown field")

// decoded is what was read of a file.
type decoded struct {
	set    engine.RuleSet
	report Report
	// internetAdded tells that the file does not have the rule Internet, hasSettings and hasPreferred that it has these.
	internetAdded, hasSettings, hasPreferred bool
}

// decodeOwn reads a rule set in the own format. The rules stand in the file's order; a file without the rule Internet gets it as
// predefined, sorted in by name. What is wrong in a field is a *engine.FieldError.
func decodeOwn(body json.RawMessage) (decoded, error) {
	file, err := engine.ReadJSONObject(body)
	if err != nil {
		return decoded{}, of("rule set", err)
	}
	var notes notes
	// The version comes first: a newer file may well have fields that this program does not know.
	if err := checkVersion(file, &notes, Version); err != nil {
		return decoded{}, of("rule set", err)
	}
	return decodeSet(file, fileFields, &notes)
}

// decodeSet reads the rule set of a file that has no other fields than known ones.
func decodeSet(file engine.JSONObject, known []string, notes *notes) (decoded, error) {
	if names := file.Unknown(known); len(names) > 0 {
		return decoded{}, of("rule set", at(short(names[0]), errUnknownField))
	}
	var set engine.RuleSet
	var err error
	if list, found := file.Value("rules"); found {
		if set.Rules, err = decodeRules(list, notes); err != nil {
			return decoded{}, of("rule set", err)
		}
	} else {
		notes.add("", "rules", "the file has none")
	}
	internetAdded := addInternet(&set, notes)
	if set.Settings, err = decodeSettings(file); err != nil {
		return decoded{}, err
	}
	if set.PreferredNetworks, err = decodePreferred(file, notes); err != nil {
		return decoded{}, of("preferredNetworks", err)
	}
	if err := set.Check(); err != nil {
		return decoded{}, err
	}
	_, hasSettings := file.Value("settings")
	_, hasPreferred := file.Value("preferredNetworks")
	return decoded{set, notes.report(), internetAdded, hasSettings, hasPreferred}, nil
}

func checkVersion(file engine.JSONObject, notes *notes, newest uint64) error {
	if _, found := file.Value("version"); !found {
		notes.add("", "version", "the file has none; read as version %d", Version)
		return nil
	}
	version, err := file.Number("version")
	switch {
	case err != nil:
		return err
	case version == DeclaredVersion && newest < DeclaredVersion:
		return at("version", errors.New("the file has version 2: it holds more than rules; use lockwired apply FILE"))
	case version > newest:
		return at("version", fmt.Errorf("the file has version %d, and this program knows up to %d; use a newer Lockwire", version, newest))
	case version < 1:
		return at("version", errors.New("versions begin with 1"))
	}
	return nil
}

func decodeRules(list json.RawMessage, notes *notes) ([]engine.Rule, error) {
	var rules []engine.Rule
	broken := "" // the rule in which reading stopped
	err := engine.EachJSON(list, engine.MaximumRules, func(index int, element json.RawMessage) error {
		broken = fmt.Sprintf("rule number %d", index+1)
		fields, err := engine.ReadJSONObject(element)
		if err != nil {
			return inField("rules", err)
		}
		name, err := fields.Text("name")
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

// decodeRule reads a rule of a file: nothing that a rule does not have, and all that it needs.
func decodeRule(name string, fields engine.JSONObject, notes *notes) (engine.Rule, error) {
	none := engine.Rule{}
	if names := fields.Unknown(engine.RuleFields); len(names) > 0 {
		return none, at(short(names[0]), fmt.Errorf("%w; a rule has %s", errUnknownField, strings.Join(engine.RuleFields, ", ")))
	}
	for _, needed := range []string{"name", "source", "target"} {
		if _, found := fields.Value(needed); !found {
			return none, at(needed, engine.ErrFieldNeeded)
		}
	}
	rule, err := engine.ReadRule(fields)
	if err != nil {
		return none, err
	}
	noteNetworks(name, "source", fields, rule.Source, notes)
	noteNetworks(name, "target", fields, rule.Target, notes)
	return rule, nil
}

// noteNetworks says which networks of a rule are written as one of their addresses.
func noteNetworks(rule, field string, fields engine.JSONObject, read []engine.Selector, notes *notes) {
	list, _ := fields.Value(field)
	_ = engine.EachJSON(list, len(read), func(index int, element json.RawMessage) error { // it has been read
		text, err := engine.ReadJSONText(element)
		if prefix, wrong := netip.ParsePrefix(text); err == nil && wrong == nil && prefix != prefix.Masked() {
			notes.add(rule, field, "%s is read as the whole network %s", text, read[index])
		}
		return nil
	})
}

// internetAddedNote says that addInternet added the rule.
var internetAddedNote = Note{Rule: engine.InternetRuleName, Text: "the file does not have this rule; it stands as predefined: any to public, encrypted"}

// addInternet adds the predefined rule sorted in by name where the set does not have it, whatever its case, and tells that it did.
func addInternet(set *engine.RuleSet, notes *notes) bool {
	if slices.ContainsFunc(set.Rules, func(rule engine.Rule) bool { return rule.IsInternet() }) {
		return false
	}
	internet := engine.InternetRule()
	index := slices.IndexFunc(set.Rules, func(rule engine.Rule) bool { return compareNames(rule.Name, internet.Name) > 0 })
	if index < 0 {
		index = len(set.Rules)
	}
	set.Rules = slices.Insert(set.Rules, index, internet)
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
