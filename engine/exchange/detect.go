package exchange

import (
	"errors"
	"io"
	"slices"

	"lockwire/engine"
)

// Format is what a file is, as its content tells.
type Format string

const (
	OwnJSON   Format = "Lockwire rule set"
	VeeamREST Format = "Veeam traffic rules"
)

// ErrUnknownFormat says that a file is JSON but neither of the two formats.
var ErrUnknownFormat = errors.New("neither a Lockwire rule set (it has rules) nor the body of Veeam's GET /api/v1/trafficRules (it has trafficRules)")

// Detect tells the format of a JSON text by its fields; ErrUnknownFormat where it is neither.
func Detect(body []byte) (Format, error) {
	file, err := engine.ReadJSONObject(body)
	if err != nil {
		return "", of("rule set", err)
	}
	has := func(name string) bool { return slices.Contains(file.Names, name) }
	switch {
	// Own files first: what else they have is then refused by name.
	case has("version"), has("rules"), has("settings"):
		return OwnJSON, nil
	case has("trafficRules"):
		return VeeamREST, nil
	case has("preferredNetworks") && !has("useMultipleStreamsPerJob"):
		return OwnJSON, nil
	}
	return "", ErrUnknownFormat
}

// DecodeAny reads a rule set in either format, and tells which it was by its content.
func DecodeAny(r io.Reader) (engine.RuleSet, Report, error) {
	read, err := decodeAny(r)
	return read.set, read.report, err
}

// DecodeImport reads a file in either format for an import into an installation.
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
	body, err := readBody(r)
	if err != nil {
		return decoded{}, err
	}
	format, err := Detect(body)
	if err != nil {
		return decoded{}, err
	}
	if format == VeeamREST {
		return decodeVeeam(body)
	}
	return decodeOwn(body)
}
