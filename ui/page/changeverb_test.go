package page

import (
	"reflect"
	"testing"

	"lockwire/engine"
)

// TestEveryKindOfChangeHasAVerb fails for a change that was added to the engine and would be asked about with a general word.
func TestEveryKindOfChangeHasAVerb(t *testing.T) {
	for i := range reflect.TypeFor[engine.Change]().NumField() {
		var change engine.Change
		field := reflect.ValueOf(&change).Elem().Field(i)
		switch name := reflect.TypeFor[engine.Change]().Field(i).Name; field.Kind() {
		case reflect.Pointer:
			field.Set(reflect.New(field.Type().Elem()))
		case reflect.String:
			field.SetString("x")
		case reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		default:
			t.Errorf("%s is a %s", name, field.Kind())
		}
		if verb := verbOf(&change); verb == "Save" {
			t.Errorf("%s has no verb of its own", reflect.TypeFor[engine.Change]().Field(i).Name)
		}
	}
	if verb := verbOf(&engine.Change{SwitchRoute: &engine.Switch{On: false}}); verb != "Turn off" {
		t.Error(verb)
	}
}
