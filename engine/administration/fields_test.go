package administration

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// filled sets every field of a value, however deep, so that nothing of it is left out where it is written.
func filled(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Now()))
		return
	case readsItself(v.Type()):
		return // it is written as its zero value is
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				filled(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		filled(value)
		v.SetMapIndex(reflect.New(v.Type().Key()).Elem(), value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	}
}

// What this version writes, this version knows: the fields that checkFields finds are those that encoding/json writes.
func TestEveryFieldThatIsWrittenIsKnown(t *testing.T) {
	written := 0
	for _, e := range entries {
		for _, of := range []reflect.Type{e.request, e.reply} {
			value := reflect.New(of)
			filled(value.Elem())
			text, err := json.Marshal(value.Interface())
			if err != nil {
				t.Fatalf("%s: %v: %v", e.name, of, err)
			}
			written += bytes.Count(text, []byte(`":`))
			if err := checkFields(json.NewDecoder(bytes.NewReader(text)), of, ""); err != nil {
				t.Errorf("%s: %v: %v\n%s", e.name, of, err, text)
			}
		}
	}
	if written < 500 {
		t.Errorf("only %d fields were written: nothing was tested", written)
	}
}

func TestWhatADocumentHasThatATypeHasNot(t *testing.T) {
	type inner struct {
		Known string `json:"known"`
	}
	type outer struct {
		inner
		List   []inner          `json:"list"`
		Map    map[string]inner `json:"map"`
		Hidden string           `json:"-"`
	}
	for text, want := range map[string]string{
		`{"known": "x", "list": [{"known": ""}], "map": {"any": {"known": ""}, "other": {}}}`: "",
		`{"Known": "x"}`:                      "Known",
		`{"hidden": "x"}`:                     "hidden",
		`{"Hidden": "x"}`:                     "Hidden",
		`{"list": [{}, {"other": 1}]}`:        "list.other",
		`{"map": {"any": {"other": [1, 2]}}}`: "map.any.other",
		`{"list": "of another kind"}`:         "",
		`{"list": {"known": {"deep": 1}}}`:    "",
	} {
		err := checkFields(json.NewDecoder(strings.NewReader(text)), reflect.TypeFor[outer](), "")
		unknown, is := errors.AsType[*engine.UnknownFieldError](err)
		if want == "" && err != nil || want != "" && (!is || unknown.Name != want) {
			t.Errorf("%s: %v, wanted %q", text, err, want)
		}
	}
	for _, text := range []string{`{"known": "a", "known": "b"}`, `{"map": {"any": {}, "any": {}}}`, `{"list": [{"known": "", "known": ""}]}`} {
		if err := checkFields(json.NewDecoder(strings.NewReader(text)), reflect.TypeFor[outer](), ""); err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
