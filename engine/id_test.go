package engine

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestIDsAreUUIDsThatSortByTime(t *testing.T) {
	early, late := newIDAt(time.UnixMilli(1_700_000_000_000)), newIDAt(time.UnixMilli(1_700_000_000_001))
	if early >= late || !strings.HasPrefix(string(early), "018bcfe5-6800-7") || !strings.Contains("89ab", string(early[19])) {
		t.Errorf("%s %s", early, late)
	}
	if one, other := NewID(), NewID(); one == other {
		t.Error("two ids are equal")
	}
	again, err := ParseID(string(early))
	if err != nil || again != early {
		t.Errorf("%v %v", again, err)
	}
	bytes, err := early.Bytes()
	if err != nil || IDFromBytes(bytes) != early {
		t.Errorf("%v %v", bytes, err)
	}
}

func TestParseIDRefuses(t *testing.T) {
	id := string(NewID())
	for _, text := range []string{"", id[1:], id + "0", strings.ToUpper("018bcfe5-6800-7abc-8def-0123456789ab"), strings.ReplaceAll(id, "-", ""), strings.ReplaceAll(id, "-", "_"), id[:35] + "g", "{" + id + "}"} {
		if got, err := ParseID(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestAbbreviateKeepsCharactersWhole(t *testing.T) {
	for most := range 8 {
		if got := abbreviate("aäöü€z", most); !utf8.ValidString(got) || len(got) > most+len("…") {
			t.Errorf("%d: %q", most, got)
		}
	}
	if got := abbreviate("short", 5); got != "short" {
		t.Error(got)
	}
}
