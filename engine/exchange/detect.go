package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"lockwire/engine"
)

// ErrUnknownFormat says that a file is JSON but none of the formats that are.
var ErrUnknownFormat = errors.New("neither a Lockwire rule set (it has rules), nor the body of Veeam's GET /api/v1/trafficRules (it has trafficRules), " +
	"nor what Get-VBRNetworkTrafficRule gives (it has SourceIPStart)")

// DecodeAny reads a rule set in any format that its content tells.
func DecodeAny(r io.Reader) (engine.RuleSet, Report, error) {
	read, err := decodeAny(r)
	return read.set, read.report, err
}

// DecodeImport reads a file in any of the formats for an import into an installation.
//
// An import that adds leaves the predefined rule alone where the file does not have it: only with replace does such a file mean Internet as
// predefined.
func DecodeImport(r io.Reader, replace, withSettings bool) (engine.RuleImport, Report, error) {
	read, err := decodeAny(r)
	if err != nil {
		return engine.RuleImport{}, nil, err
	}
	if read.internetAdded && !replace {
		read.set.Rules = slices.DeleteFunc(read.set.Rules, func(rule engine.Rule) bool { return rule.IsInternet() })
		read.report = slices.DeleteFunc(read.report, func(note Note) bool { return note == internetAddedNote })
	}
	return engine.RuleImport{RuleSet: read.set, Replace: replace, WithSettings: withSettings}, append(read.report, read.settingsNotes(withSettings)...), nil
}

// settingsNotes says which settings of the file stay behind, or which of the installation go back to their defaults.
func (d decoded) settingsNotes(withSettings bool) Report {
	var report Report
	for _, part := range []struct {
		field string
		has   bool
	}{{"settings", d.hasSettings}, {"preferredNetworks", d.hasPreferred}} {
		switch {
		case withSettings && !part.has:
			report = append(report, Note{Field: part.field, Text: "the file has none; the import puts them back to their defaults"})
		case !withSettings && part.has:
			report = append(report, Note{Field: part.field, Text: "not taken: the import is of rules only"})
		}
	}
	return report
}

func decodeAny(r io.Reader) (decoded, error) {
	text, err := readText(r)
	switch {
	case err != nil:
		return decoded{}, err
	case isProxmox(text):
		return decodeProxmox(text)
	case isVeeamCSV(text):
		return decodeVeeamCSV(text)
	}
	body, err := wholeJSON(text)
	if err != nil {
		return decoded{}, err
	}
	decode, err := decoderOf(body)
	if err != nil {
		return decoded{}, err
	}
	return decode(body)
}

// decoderOf tells the format of a JSON text by its fields; ErrUnknownFormat where it is none that is known.
func decoderOf(body json.RawMessage) (func(json.RawMessage) (decoded, error), error) {
	if first, isList := firstElement(body); isList {
		if rule, err := engine.ReadJSONObject(first); err == nil && isCmdletRule(rule) {
			return decodeVeeamCmdlet, nil
		}
		return nil, ErrUnknownFormat
	}
	file, err := engine.ReadJSONObject(body)
	if err != nil {
		return nil, of("rule set", err)
	}
	has := func(name string) bool { return slices.Contains(file.Names, name) }
	switch {
	// Own files first: what else they have is then refused by name.
	case has("version"), has("rules"), has("settings"):
		return decodeOwn, nil
	case has("trafficRules"):
		return decodeVeeam, nil
	case isCmdletRule(file):
		return decodeVeeamCmdlet, nil
	case has("preferredNetworks") && !has("useMultipleStreamsPerJob"):
		return decodeOwn, nil
	}
	return nil, ErrUnknownFormat
}

// firstElement gives the first element of a list; empty where it has none.
func firstElement(body json.RawMessage) (first json.RawMessage, isList bool) {
	if len(body) == 0 || body[0] != '[' {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if _, err := decoder.Token(); err == nil && decoder.More() {
		_ = decoder.Decode(&first) // the whole text has been checked to be JSON
	}
	return first, true
}
