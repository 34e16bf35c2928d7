package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lockwire/engine"
)

// MaximumFileSize is the most that is read of a file, in bytes.
const MaximumFileSize = 64 << 20

// maximumFields bounds the fields of one JSON object; no object of either format has a quarter of that.
const maximumFields = 256

// errNeeded says that a field is missing that has no default.
var errNeeded = errors.New("the field is needed")

// readBody reads a whole file, bounded, and checks that it is one JSON value in UTF-8 and nothing after it.
func readBody(r io.Reader) ([]byte, error) {
	body, err := engine.ReadText(r, MaximumFileSize)
	if err != nil {
		return nil, fmt.Errorf("reading the rule set: %w", err)
	}
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

// object is a JSON object taken apart: each field once, its value still text.
type object struct {
	names  []string // in the file's order
	values map[string]json.RawMessage
}

// readObject takes an object apart. A field that stands twice is refused, as readers differ on which of the two counts.
func readObject(text json.RawMessage) (object, error) {
	if kind(text) != '{' {
		return object{}, errors.New("an object in { } is needed")
	}
	o := object{values: map[string]json.RawMessage{}}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return object{}, err
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return object{}, err
		}
		name, _ := token.(string)
		if _, again := o.values[name]; again {
			return object{}, at(short(name), errors.New("the field stands twice"))
		}
		if len(o.names) == maximumFields {
			return object{}, fmt.Errorf("an object with more than %d fields", maximumFields)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return object{}, err
		}
		o.names = append(o.names, name)
		o.values[name] = value
	}
	return o, nil
}

// unknown gives the fields that are not among the known ones, in the file's order.
func (o object) unknown(known []string) []string {
	var names []string
	for _, name := range o.names {
		if !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	return names
}

// refuseUnknown refuses the first field of the object that is not among the known ones, by its name.
func (o object) refuseUnknown(known []string) error {
	if names := o.unknown(known); len(names) > 0 {
		return fmt.Errorf("unknown field %q; known are %s", short(names[0]), strings.Join(known, ", "))
	}
	return nil
}

// value gives a field's value; false where the field is absent or null.
func (o object) value(name string) (json.RawMessage, bool) {
	text, found := o.values[name]
	return text, found && kind(text) != 'n'
}

// flag reads a field that is true or false. Only absence means the default: null is refused, so that nobody takes it for either.
func (o object) flag(name string, absent bool) (bool, error) {
	text, found := o.values[name]
	if !found {
		return absent, nil
	}
	switch string(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, at(name, errors.New("true or false is needed"))
}

// text reads a field that is a text; absent and null are empty.
func (o object) text(name string) (string, error) {
	value, found := o.value(name)
	if !found {
		return "", nil
	}
	text, err := readText(value)
	return text, at(name, err)
}

// number reads a field that is a whole number and needed.
func (o object) number(name string) (uint64, error) {
	value, found := o.value(name)
	if !found {
		return 0, at(name, errNeeded)
	}
	number, err := readNumber(value)
	return number, at(name, err)
}

// readText reads a JSON string.
func readText(value json.RawMessage) (string, error) {
	if kind(value) != '"' {
		return "", errors.New("a text in quotes is needed")
	}
	var text string
	err := json.Unmarshal(value, &text)
	return text, err
}

// readNumber reads a whole number that is written in digits alone: no sign, no fraction, no exponent.
func readNumber(value json.RawMessage) (uint64, error) {
	switch first := kind(value); {
	case first != '-' && (first < '0' || first > '9'):
		return 0, errors.New("a number is needed")
	case first == '-' || bytes.ContainsAny(value, ".eE"):
		return 0, fmt.Errorf("%s is not a whole number in digits", short(string(value)))
	}
	number, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is too large", short(string(value)))
	}
	return number, nil
}

// eachElement calls for each element of a list, of which there may be no more than most.
func eachElement(list json.RawMessage, most int, each func(index int, element json.RawMessage) error) error {
	if kind(list) != '[' {
		return errors.New("a list in [ ] is needed")
	}
	decoder := json.NewDecoder(bytes.NewReader(list))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for index := 0; decoder.More(); index++ {
		if index == most {
			return fmt.Errorf("at most %d entries", most)
		}
		var element json.RawMessage
		if err := decoder.Decode(&element); err != nil {
			return err
		}
		if err := each(index, element); err != nil {
			return err
		}
	}
	return nil
}

// kind is the first character of a value, which tells what it is: { [ " t f n, or that of a number.
func kind(value json.RawMessage) byte {
	if len(value) == 0 {
		return 0
	}
	return value[0]
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
