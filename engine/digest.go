package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Digest stands for all revisions of a rule set: it changes with each edit of rules, settings and preferred networks.
func (s *RuleSet) Digest() string {
	revisions := struct {
		Rules     map[ID]int64
		Settings  map[string]int64
		Preferred int64
	}{map[ID]int64{}, map[string]int64{}, s.PreferredRevision}
	for i := range s.Rules {
		revisions.Rules[s.Rules[i].ID] = s.Rules[i].Revision
	}
	for name, revision := range s.SettingRevisions {
		revisions.Settings[name] = revision
	}
	text, err := json.Marshal(revisions) // with the keys in order
	if err != nil {
		return "" // never: ids and names are text
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
