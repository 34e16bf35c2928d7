package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"lockwire/engine"
)

// cmdletField says how a property of PowerShell's VBRNetworkTrafficRule is brought into the form that the REST body has.
type cmdletField struct {
	rest string
	read func(json.RawMessage) (any, error)
}

// cmdletFields are the properties that are known, by their names in lower case: PowerShell itself does not tell case apart.
//
// Source: Veeam's PowerShell reference, VBRNetworkTrafficRule.
var cmdletFields = map[string]cmdletField{
	"id":                       {"id", readCmdletText},
	"name":                     {"name", readCmdletText},
	"sourceipstart":            {"sourceIPStart", readCmdletText},
	"sourceipend":              {"sourceIPEnd", readCmdletText},
	"targetipstart":            {"targetIPStart", readCmdletText},
	"targetipend":              {"targetIPEnd", readCmdletText},
	"encryptionenabled":        {"encryptionEnabled", readCmdletFlag},
	"throttlingenabled":        {"throttlingEnabled", readCmdletFlag},
	"restorethrottlingallowed": {restoresThrottled, readCmdletFlag},
	"throttlingunit":           {"throttlingUnit", readCmdletUnit},
	"throttlingvalue":          {"throttlingValue", readCmdletNumber},
	"throttlingwindowenabled":  {"throttlingWindowEnabled", readCmdletFlag},
}

// cmdletHours is the property that holds the hours of a limit. It is not read: what PowerShell writes of it does not tell which of 0 and 1
// means throttled.
const cmdletHours = "throttlingwindowoptions"

// isCmdletRule tells that an object is a rule as PowerShell writes it.
func isCmdletRule(o engine.JSONObject) bool {
	return slices.ContainsFunc(o.Names, func(name string) bool { return strings.EqualFold(name, "SourceIPStart") }) &&
		!slices.Contains(o.Names, "sourceIPStart")
}

// decodeVeeamCmdlet reads what Get-VBRNetworkTrafficRule gave to ConvertTo-Json: one object where there is one rule, else a list.
func decodeVeeamCmdlet(body json.RawMessage) (decoded, error) {
	if body[0] == '{' {
		body = slices.Concat([]byte("["), body, []byte("]"))
	}
	var rules []engine.JSONObject
	err := engine.EachJSON(body, engine.MaximumRules-1, func(index int, element json.RawMessage) error {
		fields, err := engine.ReadJSONObject(element)
		rules = append(rules, fields)
		return of(fmt.Sprintf("rule number %d", index+1), err)
	})
	if err != nil {
		return decoded{}, of("traffic rules", err)
	}
	return decodeCmdletRules(rules)
}

// decodeCmdletRules brings the rules into the form of the REST body, so that both are read by the same code.
func decodeCmdletRules(rules []engine.JSONObject) (decoded, error) {
	v := veeam{names: newNames("Veeam")}
	for index, fields := range rules {
		what := fmt.Sprintf("rule number %d", index+1)
		rest, hours, err := fromCmdlet(fields)
		if err != nil {
			return decoded{}, of(what, err)
		}
		body, err := json.Marshal(rest)
		if err != nil {
			return decoded{}, of(what, err)
		}
		if err := v.decodeNamedRule(index, body); err != nil {
			return decoded{}, err
		}
		rule := v.rules[len(v.rules)-1]
		if hours && rule.Throttle != nil {
			v.notes.add(rule.Name, "ThrottlingWindowOptions", "the hours of the limit are not carried over, and it holds always: what PowerShell writes of them cannot be "+
				"read with certainty. The body of GET /api/v1/trafficRules has them")
		}
	}
	return v.finish(engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{}}, false)
}

// fromCmdlet gives a rule's fields under the names of the REST body, and tells whether its limit has hours. Unknown ones keep their names,
// and are reported with those of the body.
func fromCmdlet(fields engine.JSONObject) (rest map[string]any, hours bool, err error) {
	rest = map[string]any{}
	for _, name := range fields.Names {
		value, found := fields.Value(name)
		if !found {
			continue
		}
		lower := strings.ToLower(name)
		if lower == cmdletHours {
			continue
		}
		field, known := cmdletFields[lower]
		if !known {
			rest[name] = value
			continue
		}
		if _, twice := rest[field.rest]; twice {
			return nil, false, at(short(name), errors.New("the field stands twice"))
		}
		read, err := field.read(value)
		if err != nil {
			return nil, false, at(short(name), err)
		}
		if read != nil {
			rest[field.rest] = read
		}
	}
	hours, _ = rest["throttlingWindowEnabled"].(bool)
	delete(rest, "throttlingWindowEnabled")
	return rest, hours, nil
}

// readCmdletText reads a text, or an address as .NET's IPAddress is written. An empty one is as if absent.
func readCmdletText(value json.RawMessage) (any, error) {
	if value[0] == '{' {
		address, err := engine.ReadJSONObject(value)
		if err != nil {
			return nil, err
		}
		text, err := address.Text("IPAddressToString")
		if err != nil || text == "" {
			return nil, errors.New("a text is needed")
		}
		return text, nil
	}
	text, err := engine.ReadJSONText(value)
	if err != nil || text == "" {
		return nil, err
	}
	return text, nil
}

// readCmdletFlag reads true and false, the words that CSV has for them, and a SwitchParameter.
func readCmdletFlag(value json.RawMessage) (any, error) {
	var text string
	switch value[0] {
	case '{':
		var parameter struct{ IsPresent *bool }
		if err := json.Unmarshal(value, &parameter); err != nil || parameter.IsPresent == nil {
			return nil, errors.New("true or false is needed")
		}
		return *parameter.IsPresent, nil
	case '"':
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, err
		}
	default:
		text = string(value)
	}
	switch strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "":
		return nil, nil
	}
	return nil, errors.New("true or false is needed")
}

// readCmdletNumber reads a number, or the text of one.
func readCmdletNumber(value json.RawMessage) (any, error) {
	text := string(bytes.Trim(value, `"`))
	if text == "" {
		return nil, nil
	}
	if _, err := strconv.ParseUint(text, 10, 64); err != nil {
		return nil, fmt.Errorf("%s is not a whole number in digits", short(text))
	}
	return json.RawMessage(text), nil
}

// readCmdletUnit reads a unit's name. ConvertTo-Json writes the unit's place in a list that the versions do not share.
func readCmdletUnit(value json.RawMessage) (any, error) {
	if value[0] != '"' {
		return nil, errors.New("the unit is a number, which does not tell which unit it is; export with Export-Csv, or pass the rules through " +
			"ConvertTo-Csv -NoTypeInformation | ConvertFrom-Csv before ConvertTo-Json")
	}
	return readCmdletText(value)
}
