package engine

import (
	"strings"
	"testing"
)

func TestNamesThatReadAlikeAreOne(t *testing.T) {
	for _, pair := range [][2]string{
		{"vault", "VAULT"}, {"köln", "ko\u0308ln"}, {"KÖLN", "ko\u0308ln"}, {"ｖａｕｌｔ", "vault"}, {"Σίσυφος", "ΣΊΣΥΦΟΣ"}, {"\u212a1", "k1"}, {"가", "\u1100\u1161"}, {"ﬁle", "FILE"},
	} {
		if !SameName(pair[0], pair[1]) || Fold(pair[0]) != Fold(pair[1]) {
			t.Errorf("%q and %q are two", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"vault", "vault2"}, {"koln", "köln"}, {"", "a"}, {"a", "а" /* Cyrillic */}} {
		if SameName(pair[0], pair[1]) {
			t.Errorf("%q and %q are one", pair[0], pair[1])
		}
	}
}

func TestAComponentsNameDoesNotLookLikeAnEntryOfARule(t *testing.T) {
	for _, name := range []string{"tag:site-a", "TAG:x", "component:vault", "role:proxy", "host:a.example", "host: x", "ｔａｇ：x", "any", "ANY", "public", "10.0.0.1", "2001:db8::1", "10.0.0.0/8", "10.0.0.1-10.0.0.9", ""} {
		if err := CheckComponentName(name); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	for _, name := range []string{"vault", "tags", "host-1", "anything", "public 2", "rack 3: left", "10.0.0", "東京"} {
		if err := CheckComponentName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestFreeTextIsShownAsItStands(t *testing.T) {
	for name, test := range map[string]struct{ text, says string }{
		"an escape":                     {"own \x1b[2Jfibre", "character 5 is U+001B"},
		"a mark that turns the writing": {"own \u202efibre", "character 5 is U+202E"},
		"an isolate":                    {"\u2066x", "U+2066"},
		"a line separator":              {"a\u2028b", "U+2028"},
		"a carriage return":             {"a\rb", "line end"},
		"what is not UTF-8":             {"a\xff", "UTF-8"},
	} {
		if err := checkText(CleanLine(test.text), 100); err != nil {
			t.Errorf("%s, cleaned: %v", name, err)
		}
		for kind, check := range map[string]func(string, int) error{"a line": checkText, "lines": checkLines} {
			if err := check(test.text, 100); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s in %s: %v", name, kind, err)
			}
		}
	}
	if err := checkText("a\nb", 100); err == nil {
		t.Error("a reason of two lines was accepted")
	}
	if err := checkLines("first line\n\tsecond, with 10\u00a0% and é", 100); err != nil {
		t.Errorf("a comment: %v", err)
	}
}
