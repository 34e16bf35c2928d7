package grid

import "testing"

func TestEveryWordHasToBeThereInSomeText(t *testing.T) {
	texts := func(row []string) []string { return row }
	for _, test := range []struct {
		name, typed string
		row         []string
		passes      bool
	}{
		{"a word", "vault", []string{"fileserver", "vault-2"}, true},
		{"whatever its case", "VAULT", []string{"Vault"}, true},
		{"words of two texts in any order", "vault file", []string{"fileserver", "vault"}, true},
		{"one word of two is missing", "vault tape", []string{"fileserver", "vault"}, false},
		{"a word over the border of two texts", "rvault", []string{"fileserver", "vault"}, false},
		{"a phrase between quotation marks", `"server to VAULT" up`, []string{"fileserver to vault", "up"}, true},
		{"the words of a phrase elsewhere", `"to server"`, []string{"fileserver to vault"}, false},
		{"a phrase that is not ended yet", `"server to`, []string{"fileserver to vault"}, true},
		{"nothing to look in", "vault", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if passes := WordFilter(test.typed, texts)(test.row); passes != test.passes {
				t.Errorf("passes: %v", passes)
			}
		})
	}
	if WordFilter(" \t", texts) != nil {
		t.Error("where nothing was typed there is a filter")
	}
}
