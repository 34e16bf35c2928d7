package text

import (
	"unicode"
	"unicode/utf8"
)

// Capital gives words a capital at their beginning, as the first of a sentence.
func Capital(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}
