package engine

import (
	"strings"
	"testing"
)

func TestAChangeIsTakenBackInItsFieldsAndNeverOverALaterOne(t *testing.T) {
	before := Rule{ID: "r", Revision: 1, Name: "Nightly", Comment: "before", Source: []Selector{}}
	after := Rule{ID: "r", Revision: 2, Name: "Nightly", Comment: "mine"}
	for name, test := range map[string]struct {
		present Rule
		want    Rule
		refused string
	}{
		"as it was left":                {Rule{Revision: 2, Name: "Nightly", Comment: "mine"}, Rule{Revision: 2, Name: "Nightly", Comment: "before"}, ""},
		"another field changed since":   {Rule{Revision: 7, Name: "Nightly", Comment: "mine", Encrypt: true}, Rule{Revision: 7, Name: "Nightly", Comment: "before", Encrypt: true}, ""},
		"the same field changed since":  {Rule{Name: "Nightly", Comment: "theirs"}, Rule{}, "its comment was changed since"},
		"the field is back as it was":   {Rule{Name: "Nightly", Comment: "before"}, Rule{}, "its comment was changed since"},
		"another name, and this change": {Rule{Name: "Daily", Comment: "mine"}, Rule{Name: "Daily", Comment: "before"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := TakeBack(`rule "Nightly"`, test.present, before, after)
			if (err == nil) != (test.refused == "") || err != nil && !strings.Contains(err.Error(), test.refused) {
				t.Fatalf("it says %v", err)
			}
			if err == nil && (got.Name != test.want.Name || got.Comment != test.want.Comment || got.Encrypt != test.want.Encrypt || got.Revision != test.want.Revision) {
				t.Errorf("it gives %+v", got)
			}
		})
	}
}
