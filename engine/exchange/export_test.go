package exchange

import (
	"io"

	"lockwire/engine"
)

// Decode reads a rule set in the own format, and DecodeVeeam in Veeam's, whatever the file looks like.
func Decode(r io.Reader) (engine.RuleSet, Report, error) {
	body, err := readBody(r)
	if err != nil {
		return engine.RuleSet{}, nil, err
	}
	read, err := decodeOwn(body)
	return read.set, read.report, err
}

func DecodeVeeam(r io.Reader) (engine.RuleSet, Report, error) {
	body, err := readBody(r)
	if err != nil {
		return engine.RuleSet{}, nil, err
	}
	read, err := decodeVeeam(body)
	return read.set, read.report, err
}
