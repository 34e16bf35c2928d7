package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lockwire/engine"
)

// The fields of Veeam's body that are known, as its REST reference lists them.
var (
	veeamFields        = []string{"useMultipleStreamsPerJob", "uploadStreamsCount", "trafficRules", "preferredNetworks"}
	veeamRuleFields    = []string{"id", "name", "sourceIPStart", "sourceIPEnd", "targetIPStart", "targetIPEnd", "encryptionEnabled", "throttlingEnabled", restoresThrottled, "throttlingUnit", "throttlingValue", "throttlingWindowEnabled", "throttlingWindowOptions"}
	veeamWindowFields  = []string{"days"}
	veeamDayFields     = []string{"day", "hours"}
	veeamPreferred     = []string{"isEnabled", "networks"}
	veeamNetworkFields = []string{"ipAddress", "subnetMask", "cidrNotation"}
)

// restoresThrottled tells that a limit holds for restores, too. PowerShell's rules have it; the REST reference does not list it.
const restoresThrottled = "restoreThrottlingAllowed"

// veeam collects what is read of the body of Veeam Backup & Replication's GET /api/v1/trafficRules.
//
// A rule becomes one rule of the same name, always on. What Lockwire has no place for, and every field that it does not know, stands in
// the report. A rule that claims to do what cannot be read (a range, a limit, hours) is refused with its name and field: *engine.FieldError.
type veeam struct {
	notes notes
	names names
	rules []engine.Rule
	// What is said once for the whole body, not for each rule.
	ids, throttles, decimal, hours bool
}

func decodeVeeam(body json.RawMessage) (decoded, error) {
	const whole = "traffic rules"
	file, err := engine.ReadJSONObject(body)
	if err != nil {
		return decoded{}, of(whole, err)
	}
	v := veeam{names: newNames("Veeam")}
	v.noteUnknown("", "", file, veeamFields)
	v.noteStreams(file)
	list, found := file.Value("trafficRules")
	if !found {
		return decoded{}, of(whole, at("trafficRules", engine.ErrFieldNeeded))
	}
	if err := v.decodeRules(list); err != nil {
		return decoded{}, of(whole, err)
	}
	preferred, err := v.decodePreferred(file)
	if err != nil {
		return decoded{}, of("preferredNetworks", err)
	}
	_, hasPreferred := file.Value("preferredNetworks")
	return v.finish(preferred, hasPreferred)
}

// finish makes the rule set of the rules that were read.
func (v *veeam) finish(preferred engine.PreferredNetworks, hasPreferred bool) (decoded, error) {
	set := engine.RuleSet{Rules: v.rules, PreferredNetworks: preferred}
	internetAdded := addInternet(&set, &v.notes)
	v.noteOnce()
	if err := set.Check(); err != nil {
		return decoded{}, err
	}
	return decoded{set, v.notes.report(), internetAdded, false, hasPreferred}, nil
}

// noteStreams says of each setting of upload streams that it stays behind: in Lockwire it is the route that has streams.
func (v *veeam) noteStreams(file engine.JSONObject) {
	for _, name := range []string{"useMultipleStreamsPerJob", "uploadStreamsCount"} {
		if value, found := file.Value(name); found {
			v.notes.add("", name, "%s is not carried over: rules have no streams", short(string(value)))
		}
	}
}

// noteUnknown says of each field that is not known that it stays behind.
func (v *veeam) noteUnknown(rule, path string, fields engine.JSONObject, known []string) {
	for _, name := range fields.Unknown(known) {
		v.notes.add(rule, path+short(name), "not known to Lockwire and not carried over")
	}
}

// noteOnce says what holds for all rules alike.
func (v *veeam) noteOnce() {
	if v.ids {
		v.notes.add("", "id", "the ids are Veeam's own and are not carried over; a rule keeps to its name")
	}
	if v.throttles {
		v.notes.add("", "throttlingEnabled", "restores are not throttled, as Veeam documents it; the file does not tell where restores were included")
	}
	if v.decimal {
		v.notes.add("", "throttlingUnit", "1 KB is read as 1,000 bytes and 1 MB as 1,000,000 bytes")
	}
	if v.hours {
		v.notes.add("", "throttlingWindowOptions", "the hours are read in the broker's time zone; the file does not tell that of the backup server")
	}
}

func (v *veeam) decodeRules(list json.RawMessage) error {
	var inRule error
	err := engine.EachJSON(list, engine.MaximumRules-1, func(index int, element json.RawMessage) error {
		inRule = v.decodeNamedRule(index, element)
		return inRule
	})
	if inRule != nil {
		return inRule
	}
	return at("trafficRules", err)
}

// decodeNamedRule reads the rule at an index; its errors name the rule.
func (v *veeam) decodeNamedRule(index int, element json.RawMessage) error {
	what := fmt.Sprintf("rule number %d", index+1)
	fields, err := engine.ReadJSONObject(element)
	if err != nil {
		return of(what, inField("trafficRules", err))
	}
	name, err := fields.Text("name")
	if err != nil {
		return of(what, err)
	}
	if name != "" {
		what = ofRule(name)
	}
	rule, err := v.decodeRule(index, name, fields)
	if err != nil {
		return of(what, err)
	}
	v.rules = append(v.rules, rule)
	return nil
}

func (v *veeam) decodeRule(index int, given string, fields engine.JSONObject) (engine.Rule, error) {
	rule := engine.Rule{Enabled: true}
	source, err := veeamRange(fields, "source")
	if err != nil {
		return rule, err
	}
	target, err := veeamRange(fields, "target")
	if err != nil {
		return rule, err
	}
	predefined := source == engine.Any && target == engine.Public && engine.SameName(strings.TrimSpace(given), engine.InternetRuleName)
	rule.Name = v.names.choose(index, given, predefined, &v.notes)
	switch {
	case source == engine.Public && target == engine.Public:
		return rule, at("sourceIPStart", errors.New("a rule cannot have Internet at both ends"))
	case source == engine.Public:
		source, target = target, source
		v.notes.add(rule.Name, "sourceIPStart", "Internet can only be a target, so source and target changed places; rules hold both ways round")
	}
	rule.Source, rule.Target = []engine.Selector{source}, []engine.Selector{target}
	if rule.Encrypt, err = fields.Flag("encryptionEnabled", false); err != nil {
		return rule, err
	}
	if err := v.decodeThrottling(&rule, fields); err != nil {
		return rule, err
	}
	if !rule.Encrypt && rule.Throttle == nil {
		v.notes.add(rule.Name, "", "the rule neither encrypts nor throttles; it is kept and does nothing")
	}
	if _, found := fields.Value("id"); found {
		v.ids = true
	}
	v.noteUnknown(rule.Name, "", fields, veeamRuleFields)
	return rule, nil
}

// veeamRange reads the two ends of a side, source or target: Any, Internet, one address (the end is empty or the same), or a range.
func veeamRange(fields engine.JSONObject, side string) (engine.Selector, error) {
	none := engine.Selector{}
	startField, endField := side+"IPStart", side+"IPEnd"
	start, err := fields.Text(startField)
	if err != nil {
		return none, err
	}
	end, err := fields.Text(endField)
	if err != nil {
		return none, err
	}
	start, end = strings.TrimSpace(start), strings.TrimSpace(end)
	var word engine.Selector
	switch strings.ToLower(start) {
	case "":
		return none, at(startField, engine.ErrFieldNeeded)
	case "any":
		word = engine.Any
	case "internet":
		word = engine.Public
	default:
		return veeamAddresses(startField, start, endField, end)
	}
	if end != "" && !strings.EqualFold(end, start) {
		return none, at(endField, fmt.Errorf("a range that begins with %s has no end, this one has %q", start, short(end)))
	}
	return word, nil
}

func veeamAddresses(startField, start, endField, end string) (engine.Selector, error) {
	first, err := engine.ParseAddress(start)
	if err != nil {
		return engine.Selector{}, at(startField, err)
	}
	if end == "" {
		return engine.Selector{Kind: engine.SelectAddress, First: first, Last: first}, nil
	}
	last, err := engine.ParseAddress(end)
	if err != nil {
		return engine.Selector{}, at(endField, err)
	}
	if first == last {
		return engine.Selector{Kind: engine.SelectAddress, First: first, Last: first}, nil
	}
	selector, err := engine.ParseSelector(first.String() + "-" + last.String())
	return selector, at(endField, err)
}
