package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Nothing stands where a field has no value.
const Nothing = "none"

// Difference is a field whose value changed.
type Difference struct {
	Field, Before, After string
}

// Differences compares two JSON documents field by field. An absent document has no fields.
func Differences(before, after json.RawMessage) []Difference {
	was, is := map[string]string{}, map[string]string{}
	var order []string
	for _, side := range []struct {
		document json.RawMessage
		fields   map[string]string
	}{{before, was}, {after, is}} {
		if len(bytes.TrimSpace(side.document)) == 0 {
			continue
		}
		var value any
		decoder := json.NewDecoder(bytes.NewReader(side.document))
		decoder.UseNumber() // sizes are more than a float can hold
		if err := decoder.Decode(&value); err != nil {
			value = string(side.document) // it is shown as it is
		}
		flatten("", value, side.fields)
	}
	for _, fields := range []map[string]string{was, is} {
		for field := range fields {
			if !slices.Contains(order, field) {
				order = append(order, field)
			}
		}
	}
	slices.Sort(order)
	var found []Difference
	for _, field := range order {
		left, right := orNothing(was[field]), orNothing(is[field])
		if left != right && field != "revision" { // which only counts edits
			found = append(found, Difference{field, left, right})
		}
	}
	return found
}

func orNothing(text string) string {
	if text == "" {
		return Nothing
	}
	return text
}

// flatten writes a value as fields with names that a person reads. A field without a value is left out.
func flatten(name string, value any, into map[string]string) {
	switch value := value.(type) {
	case nil:
	case map[string]any:
		for key, inner := range value {
			inside := fieldWords(key)
			if name != "" {
				inside = name + ", " + inside
			}
			flatten(inside, inner, into)
		}
	case []any:
		var texts []string
		for i, inner := range value {
			if text, simple := scalarWords(inner); simple {
				texts = append(texts, text)
			} else {
				flatten(fmt.Sprintf("%s %d", name, i+1), inner, into)
			}
		}
		if len(texts) > 0 {
			into[orValue(name)] = strings.Join(texts, ", ")
		}
	default:
		if text, _ := scalarWords(value); text != "" {
			into[orValue(name)] = text
		}
	}
}

func orValue(name string) string {
	if name == "" {
		return "value"
	}
	return name
}

// scalarWords writes a value that is no list and has no fields.
func scalarWords(value any) (text string, simple bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case bool:
		if value {
			return "yes", true
		}
		return "no", true
	case json.Number:
		return value.String(), true
	}
	return "", false
}

// fieldWords writes neverThrottleRestores as "never throttle restores".
func fieldWords(key string) string {
	var words strings.Builder
	before := ' '
	for _, r := range key {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			words.WriteByte(' ')
		}
		words.WriteRune(unicode.ToLower(r))
		before = r
	}
	return words.String()
}
