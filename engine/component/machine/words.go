package machine

import "strings"

const (
	maximumWord     = 128  // bytes of a name or address from outside in a message
	maximumSentence = 4096 // bytes of a reason, which names each address that was tried
)

// Shorten keeps a name or address from outside short enough for a message.
func Shorten(text string) string { return cutAt(text, maximumWord) }

// Sentence does the same for a reason, which must not lose its end: that says what to do.
func Sentence(text string) string { return cutAt(text, maximumSentence) }

func cutAt(text string, most int) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
