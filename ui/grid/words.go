package grid

import (
	"slices"
	"strings"
)

// Words are search words in lower case.
type Words []string

// ParseWords splits the text of a filter. What stands between quotation marks is one word, such as "branch to vault".
func ParseWords(typed string) Words {
	var words Words
	for i, part := range strings.Split(strings.ToLower(typed), `"`) {
		switch {
		case i%2 == 0:
			words = append(words, strings.Fields(part)...)
		case part != "":
			words = append(words, part)
		}
	}
	return words
}

// In reports whether a text has every word, ignoring case.
func (w Words) In(text string) bool {
	text = strings.ToLower(text)
	return !slices.ContainsFunc(w, func(word string) bool { return !strings.Contains(text, word) })
}

// WordFilter passes the rows that have every typed word in their texts. Without a word it is nil, which passes all.
func WordFilter[T any](typed string, texts func(T) []string) func(T) bool {
	words := ParseWords(typed)
	if len(words) == 0 {
		return nil
	}
	return func(row T) bool { return words.In(strings.Join(texts(row), "\x00")) } // no word goes over from one text to the next
}
