package exchange

import (
	"encoding/json"
	"io"

	"lockwire/engine"
)

// Decode reads a rule set in the own format, and DecodeVeeam in Veeam's, whatever the file looks like.
func Decode(r io.Reader) (engine.RuleSet, Report, error) {
	return decodeAs(r, decodeOwn)
}

func DecodeVeeam(r io.Reader) (engine.RuleSet, Report, error) {
	return decodeAs(r, decodeVeeam)
}

func decodeAs(r io.Reader, decode func(json.RawMessage) (decoded, error)) (engine.RuleSet, Report, error) {
	text, err := readText(r)
	if err != nil {
		return engine.RuleSet{}, nil, err
	}
	body, err := wholeJSON(text)
	if err != nil {
		return engine.RuleSet{}, nil, err
	}
	read, err := decode(body)
	return read.set, read.report, err
}
