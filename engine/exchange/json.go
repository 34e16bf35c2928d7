package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"lockwire/engine"
)

// MaximumFileSize is the most that is read of a file, in bytes.
const MaximumFileSize = 64 << 20

// readText reads a whole file of text, bounded.
func readText(r io.Reader) ([]byte, error) {
	text, err := engine.ReadText(r, MaximumFileSize)
	if err != nil {
		return nil, fmt.Errorf("reading the rule set: %w", err)
	}
	return text, nil
}

// wholeJSON checks that a text is one JSON value and nothing after it, and takes off the space around it.
func wholeJSON(body []byte) (json.RawMessage, error) {
	var all json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("the file is not JSON: %w", located(body, err))
	}
	return all, nil
}

// located adds line and column to a syntax error.
func located(body []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset > int64(len(body)) {
		return err
	}
	before := body[:max(syntax.Offset-1, 0)]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// at says in which field an error is; nil where there is none.
func at(field string, err error) error {
	if err == nil {
		return nil
	}
	return &engine.FieldError{Field: field, Err: err}
}

// inField is at for an error that may already name a field of its own.
func inField(field string, err error) error {
	if _, named := err.(*engine.FieldError); named {
		return err
	}
	return at(field, err)
}

// of says what has the field that an error is in, where the error does not say it yet; nil where there is none.
func of(what string, err error) error {
	if err == nil {
		return nil
	}
	field, named := err.(*engine.FieldError) // the outermost alone: those inside it say where in the field
	if !named {
		return fmt.Errorf("%s: %w", what, err)
	}
	if field.Of != "" {
		return err
	}
	return &engine.FieldError{Of: what, Field: field.Field, Err: field.Err}
}

// ofRule names a rule for an error.
func ofRule(name string) string { return fmt.Sprintf("rule %q", short(name)) }

// short keeps text from outside short enough for a message.
func short(text string) string {
	if utf8.RuneCountInString(text) <= engine.MaximumNameLength {
		return text
	}
	return string([]rune(text)[:engine.MaximumNameLength]) + "…"
}
