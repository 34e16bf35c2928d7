package administration

import (
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"

	"lockwire/engine"
)

// checkFields goes through a document beside the type that it is to be read into, and gives the first field that the type does not
// have, as an *engine.UnknownFieldError with the way to it (change.addRule.urgency), or the first that stands twice. encoding/json finds
// neither the one in types that read themselves nor the other, and takes a name in any case. A value of another kind than the type is
// left for encoding/json to refuse.
func checkFields(decoder *json.Decoder, t reflect.Type, path string) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || readsItself(t) {
		var any json.RawMessage
		return decoder.Decode(&any)
	}
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		err = checkObject(decoder, t, path)
	case json.Delim('['):
		element := elementOf(t, reflect.Slice, reflect.Array)
		for err == nil && decoder.More() {
			err = checkFields(decoder, element, path)
		}
	default:
		return nil
	}
	if err == nil {
		_, err = decoder.Token() // the end of the object or list
	}
	return err
}

func checkObject(decoder *json.Decoder, t reflect.Type, path string) error {
	var known map[string]reflect.Type
	if t.Kind() == reflect.Struct {
		known = fieldsOf(t)
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		here := strings.TrimPrefix(path+"."+name, ".")
		if seen[name] {
			return &engine.FieldError{Field: here, Err: errors.New("the field stands twice")}
		}
		seen[name] = true
		value := elementOf(t, reflect.Map)
		if known != nil {
			is := false
			if value, is = known[name]; !is {
				return &engine.UnknownFieldError{Name: here}
			}
		}
		if err := checkFields(decoder, value, here); err != nil {
			return err
		}
	}
	return nil
}

// elementOf is the type of the elements of a type of one of these kinds; nil of another.
func elementOf(t reflect.Type, kinds ...reflect.Kind) reflect.Type {
	for _, kind := range kinds {
		if t.Kind() == kind {
			return t.Elem()
		}
	}
	return nil
}

// readsItself tells whether a type has a JSON form of its own, whose fields it judges itself. A rule judges all but its own.
func readsItself(t reflect.Type) bool {
	if t == reflect.TypeFor[engine.Rule]() {
		return false
	}
	pointer := reflect.PointerTo(t)
	return pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) || pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// fieldsOf gives the types of a struct's fields by their names in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if known, found := fieldsOfTypes.Load(t); found {
		return known.(map[string]reflect.Type)
	}
	known := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" || field.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = field.Name
		}
		known[name] = field.Type
	}
	fieldsOfTypes.Store(t, known)
	return known
}

// fieldsOfTypes keeps what fieldsOf has found.
var fieldsOfTypes sync.Map
