package engine

import (
	"reflect"
	"testing"
)

// A field that is added to a rule is missing here until RuleDifferences says it.
func TestEveryFieldOfARuleIsSaidWhereItDiffers(t *testing.T) {
	until := Date{2027, 1, 31}
	hours := AlwaysOn()
	hours.Days[1][0] = Off
	whole := Rule{
		Name: "Branch", Enabled: true, Source: []Selector{Public}, Target: []Selector{Any}, Encrypt: true, Exempt: &Exemption{Reason: "own fibre", Until: &until},
		Throttle: &Throttle{Limit: Limit{1, MegabytesPerSecond}}, Schedule: &hours, Comment: "off-site",
	}
	none := Rule{Source: []Selector{Any}, Target: []Selector{Public}}
	said := map[string]bool{}
	of := reflect.TypeFor[Rule]()
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Name == "ID" || field.Name == "Revision" {
			continue
		}
		changed := none
		reflect.ValueOf(&changed).Elem().Field(i).Set(reflect.ValueOf(whole).Field(i))
		differences := RuleDifferences(&none, &changed)
		if len(differences) != 1 || differences[0].Mine == differences[0].Theirs || said[differences[0].Field] {
			t.Errorf("%s: %+v", field.Name, differences)
			continue
		}
		said[differences[0].Field] = true
	}
	if same := whole.Clone(); len(RuleDifferences(&whole, &same)) > 0 {
		t.Error("a copy differs")
	}
}
