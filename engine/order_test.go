package engine

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestNamesEqualButForTheirCaseFoldToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		other := strings.Map(func(r rune) rune {
			for range rapid.IntRange(0, 3).Draw(t, "turns") {
				r = unicode.SimpleFold(r)
			}
			return r
		}, name)
		if !strings.EqualFold(name, other) {
			t.Fatalf("%q and %q are not equal", name, other)
		}
		if Fold(name) != Fold(other) {
			t.Fatalf("%q folds to %q, %q to %q", name, Fold(name), other, Fold(other))
		}
	})
}
