package identity

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compact takes off a pasted text what copying puts in: spaces and line ends of all kinds, characters without a width,
// hyphens, and the marks of mail programs for quoted text and soft line ends.
func (k *pastedText) compact(text string) (string, error) {
	var compact strings.Builder
	line, column := 1, 0
	for at, r := range text {
		column++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[at:], string(utf8.RuneError)):
			return "", fmt.Errorf("%w: character %d of line %d is not UTF-8; copy the %s again, as text", k.malformed, column, line, k.noun)
		case r >= 'a' && r <= 'z':
			compact.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z', r >= '2' && r <= '7':
			compact.WriteRune(r)
		case r == '\n':
			line, column = line+1, 0
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Pi, r), unicode.Is(unicode.Pf, r), strings.ContainsRune("><|=\"'`*", r):
		default:
			return "", fmt.Errorf("%w: character %d of line %d is %+q, and a %s has only letters from a to z and digits from 2 to 7", k.malformed, column, line, r, k.noun)
		}
	}
	return compact.String(), nil
}
