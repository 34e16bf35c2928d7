package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold gives the form of a name in which two are equal that differ only by case, in every script, or by how Unicode writes the
// same letters: composed or not, wide or narrow.
func Fold(name string) string {
	if isASCII(name) {
		return strings.ToLower(name)
	}
	// Folding comes first, so that names equal but for their case stay equal, and again for what normalisation made of others.
	return norm.NFKC.String(strings.Map(foldRune, norm.NFKC.String(strings.Map(foldRune, name))))
}

func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return unicode.ToLower(least)
}

// SameName tells whether two names are one, as Fold compares them.
func SameName(a, b string) bool {
	if a == b {
		return true
	}
	if isASCII(a) && isASCII(b) {
		return strings.EqualFold(a, b)
	}
	return Fold(a) == Fold(b)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// CheckName checks the name of a rule, component, service or route: 1 to 64 printable characters that neither begin nor end with a space.
func CheckName(name string) error {
	switch count := utf8.RuneCountInString(name); {
	case name == "":
		return errors.New("a name is needed")
	case count > MaximumNameLength:
		return fmt.Errorf("a name has at most %d characters, this one has %d", MaximumNameLength, count)
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return errors.New("a name has printable characters only")
	}
	if strings.TrimSpace(name) != name {
		return errors.New("a name neither begins nor ends with a space")
	}
	return nil
}

// CheckComponentName checks a component's name. It must not look like an entry of a rule, which may stand in the same places.
func CheckComponentName(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	folded := Fold(name)
	prefix, _, found := strings.Cut(folded, ":")
	prefix = strings.TrimSpace(prefix)
	if found && slices.Contains([]string{"tag", "component", "role", "host"}, prefix) {
		return fmt.Errorf("a component's name does not begin with %s:, which stands for other machines in rules", prefix)
	}
	if selector, err := ParseSelector(folded); err == nil {
		return fmt.Errorf("a component's name is not %s, which stands for addresses in rules", selector)
	}
	return nil
}
