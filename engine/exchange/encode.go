package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"

	"lockwire/engine"
)

// file is a rule set in the own format; the order of the fields is that of the file.
type file struct {
	Version           int                      `json:"version"`
	Rules             []fileRule               `json:"rules"`
	Settings          engine.Settings          `json:"settings"`
	PreferredNetworks engine.PreferredNetworks `json:"preferredNetworks"`
}

// fileRule is a rule without what the store gave it: id and revision mean nothing in another installation.
type fileRule struct {
	Name     string            `json:"name"`
	Enabled  bool              `json:"enabled"`
	Source   []engine.Selector `json:"source"`
	Target   []engine.Selector `json:"target"`
	Encrypt  bool              `json:"encrypt"`
	Exempt   *engine.Exemption `json:"exempt"`
	Throttle *engine.Throttle  `json:"throttle"`
	Schedule *engine.Schedule  `json:"schedule"`
	Comment  string            `json:"comment"`
}

// Encode writes a rule set in the own format: every field, in a fixed order, two spaces deep, so that exports can be kept under version
// control and compared. A rule set that Decode would not read back is refused before anything is written.
func Encode(w io.Writer, set engine.RuleSet) error {
	out, err := fileOf(set)
	if err != nil {
		return err
	}
	return writeFile(w, out)
}

// fileOf is a rule set as a file has it; one that Decode would not read back is refused.
func fileOf(set engine.RuleSet) (file, error) {
	set.PreferredNetworks = clonePreferred(set.PreferredNetworks)
	if err := set.Check(); err != nil {
		return file{}, err
	}
	if err := checkPreferred(set.PreferredNetworks); err != nil {
		return file{}, of("preferredNetworks", err)
	}
	out := file{Version: Version, Rules: make([]fileRule, len(set.Rules)), Settings: set.Settings, PreferredNetworks: set.PreferredNetworks}
	for i := range set.Rules {
		rule := &set.Rules[i]
		out.Rules[i] = fileRule{rule.Name, rule.Enabled, rule.Source, rule.Target, rule.Encrypt, rule.Exempt, rule.Throttle, rule.Schedule, rule.Comment}
	}
	if out.PreferredNetworks.Networks == nil {
		out.PreferredNetworks.Networks = []netip.Prefix{} // written as [], not as null
	}
	return out, nil
}

// writeFile writes a file that is not larger than what is read back.
func writeFile(w io.Writer, out any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // a name such as "A & B" is read by people
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("writing the rule set: %w", err)
	}
	if text.Len() > MaximumFileSize {
		return fmt.Errorf("the rule set is larger than the %d MiB that can be read back", MaximumFileSize>>20)
	}
	if _, err := w.Write(text.Bytes()); err != nil {
		return fmt.Errorf("writing the rule set: %w", err)
	}
	return nil
}
