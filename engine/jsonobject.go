package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// JSONObject is a JSON object taken apart: each field once, under exactly its name, its value still text. Rules are read with it,
// from a file and from the wire: encoding/json takes a field in any case, the last one of two, and null for false.
type JSONObject struct {
	Names  []string // in the order of the text
	values map[string]json.RawMessage
}

// maximumFields bounds the fields of one object; none that is read has a quarter of that.
const maximumFields = 256

// ErrFieldNeeded: a field is missing that has no default.
var ErrFieldNeeded = errors.New("the field is needed")

// UnknownFieldError: an object has a field that this program does not know.
type UnknownFieldError struct {
	Name  string
	known []string
}

// Error names the field, and those that are known.
func (e *UnknownFieldError) Error() string {
	text := fmt.Sprintf("unknown field %q", abbreviate(e.Name, MaximumNameLength))
	if len(e.known) > 0 {
		text += "; known are " + strings.Join(e.known, ", ")
	}
	return text
}

// ReadJSONObject takes an object apart. A field that stands twice is refused, as readers differ on which of the two counts.
func ReadJSONObject(text json.RawMessage) (JSONObject, error) {
	if firstOf(text) != '{' {
		return JSONObject{}, errors.New("an object in { } is needed")
	}
	o := JSONObject{values: map[string]json.RawMessage{}}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return JSONObject{}, err
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return JSONObject{}, err
		}
		name, _ := token.(string)
		if _, again := o.values[name]; again {
			return JSONObject{}, errTwice(name)
		}
		if len(o.Names) == maximumFields {
			return JSONObject{}, fmt.Errorf("an object with more than %d fields", maximumFields)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return JSONObject{}, err
		}
		o.Names = append(o.Names, name)
		o.values[name] = value
	}
	return o, nil
}

func errTwice(name string) error {
	return &FieldError{Field: abbreviate(name, MaximumNameLength), Err: errors.New("the field stands twice")}
}

// Unknown gives the fields that are not among the known ones, in the order of the text.
func (o JSONObject) Unknown(known []string) []string {
	var names []string
	for _, name := range o.Names {
		if !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	return names
}

// refuseUnknown refuses the first field that is not among the known ones with an *UnknownFieldError.
func (o JSONObject) refuseUnknown(known []string) error {
	if names := o.Unknown(known); len(names) > 0 {
		return &UnknownFieldError{names[0], known}
	}
	return nil
}

// Value gives a field's value; false where the field is absent or null.
func (o JSONObject) Value(name string) (json.RawMessage, bool) {
	text, found := o.values[name]
	return text, found && firstOf(text) != 'n'
}

// Flag reads a field that is true or false. Only absence means the default: null is refused, so that nobody takes it for either.
func (o JSONObject) Flag(name string, absent bool) (bool, error) {
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
	return false, &FieldError{Field: name, Err: errors.New("true or false is needed")}
}

// Text reads a field that is a text; absent and null are empty.
func (o JSONObject) Text(name string) (string, error) {
	value, found := o.Value(name)
	if !found {
		return "", nil
	}
	text, err := ReadJSONText(value)
	return text, fieldError("", name, err)
}

// Number reads a field that is a whole number and needed.
func (o JSONObject) Number(name string) (uint64, error) {
	value, found := o.Value(name)
	if !found {
		return 0, &FieldError{Field: name, Err: ErrFieldNeeded}
	}
	number, err := ReadJSONNumber(value)
	return number, fieldError("", name, err)
}

// ReadJSONText reads a JSON string.
func ReadJSONText(value json.RawMessage) (string, error) {
	if firstOf(value) != '"' {
		return "", errors.New("a text in quotes is needed")
	}
	var text string
	err := json.Unmarshal(value, &text)
	return text, err
}

// ReadJSONNumber reads a whole number that is written in digits alone: no sign, no fraction, no exponent.
func ReadJSONNumber(value json.RawMessage) (uint64, error) {
	switch first := firstOf(value); {
	case first != '-' && (first < '0' || first > '9'):
		return 0, errors.New("a number is needed")
	case first == '-' || bytes.ContainsAny(value, ".eE"):
		return 0, fmt.Errorf("%s is not a whole number in digits", abbreviate(string(value), MaximumNameLength))
	}
	number, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is too large", abbreviate(string(value), MaximumNameLength))
	}
	return number, nil
}

// EachJSON calls for each element of a list, of which there may be no more than most.
func EachJSON(list json.RawMessage, most int, each func(index int, element json.RawMessage) error) error {
	if firstOf(list) != '[' {
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

// firstOf is the first character of a value, which tells what it is: { [ " t f n, or that of a number.
func firstOf(value json.RawMessage) byte {
	if len(value) == 0 {
		return 0
	}
	return value[0]
}
