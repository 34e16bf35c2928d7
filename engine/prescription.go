package engine

import "strings"

// Prescription is what the broker's machine itself prescribes of the settings. It wins over the record.
type Prescription struct {
	// Override is OverrideSetting, 0 or 1; nil where the machine prescribes nothing.
	Override *int `json:"override,omitempty"`
	// By says what prescribes it, such as `the registry of the broker's machine (HKEY_LOCAL_MACHINE\…)`; empty where nothing does.
	By string `json:"by,omitempty"`
	// Problem says what is wrong with what stands there; empty where nothing is. It counts as 0 then.
	Problem string `json:"problem,omitempty"`
}

// Prescribed is a prescription of the override.
func Prescribed(override int, by string) Prescription {
	return Prescription{Override: &override, By: by}
}

// Same tells whether two prescriptions say the same.
func (p Prescription) Same(other Prescription) bool {
	if p.Override != nil && other.Override != nil {
		return *p.Override == *other.Override && p.By == other.By && p.Problem == other.Problem
	}
	return p == other
}

// InForce are the settings as they hold: those of the record, but for what the broker's machine prescribes.
func (s *RuleSet) InForce() Settings {
	settings := s.Settings
	if s.Prescribed.Override != nil {
		settings.DisablePublicIPTrafficEncryption = *s.Prescribed.Override
	}
	return settings
}

// OverrideSetBy says what sets the override, where it is not the setting: "set by the registry of …"; empty where it is the setting.
func (s *RuleSet) OverrideSetBy() string {
	if s.Prescribed.Override == nil {
		return ""
	}
	words := "set by " + s.Prescribed.By
	if s.Prescribed.Problem != "" {
		words += "; " + strings.TrimSuffix(s.Prescribed.Problem, ".")
	}
	return words
}
