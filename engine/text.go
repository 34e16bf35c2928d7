package engine

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// commentControls are the control characters that a comment may have.
const commentControls = "\n\t"

// checkText checks a line of free text, such as a reason: valid UTF-8, bounded, and nothing in it that a screen would not show
// as it stands.
func checkText(text string, most int) error { return checkFreeText(text, most, "") }

// checkLines does the same for text of several lines, such as a comment: it may hold line feeds and tabs.
func checkLines(text string, most int) error { return checkFreeText(text, most, commentControls) }

// CleanLines makes text of several lines what the check of comments takes: what is not shown as it stands becomes a space. It is
// for text that an older version kept.
func CleanLines(text string) string { return cleanText(text, commentControls) }

// CleanLine does the same for a line, such as a reason.
func CleanLine(text string) string { return cleanText(text, "") }

func cleanText(text, besides string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) || strings.ContainsRune(besides, r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, " "))
}

// checkFreeText takes letters, marks, digits, signs and spaces. Control characters do more on a terminal than stand there, and
// marks that turn the direction of writing make a text read as another.
func checkFreeText(text string, most int, besides string) error {
	if count := utf8.RuneCountInString(text); count > most {
		return fmt.Errorf("at most %d characters, these are %d", most, count)
	}
	if !utf8.ValidString(text) {
		return errors.New("it is not UTF-8")
	}
	position := 0
	for _, r := range text {
		position++
		switch {
		case unicode.IsGraphic(r), strings.ContainsRune(besides, r):
		case r == '\n', r == '\r':
			return fmt.Errorf("character %d is a line end, which is not allowed here", position)
		default:
			return fmt.Errorf("character %d is %U, which is not shown as it stands; remove it", position, r)
		}
	}
	return nil
}

// Printable makes words fit to be shown that come from another machine, or that may hold more than one line: on a terminal an
// escape sequence does more than stand there, and a line end begins what looks like a line of ours.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, " "))
}
