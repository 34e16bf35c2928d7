package engine

import (
	"fmt"
	"reflect"
	"strings"
)

// TakeBack gives a thing as it is now with the fields that a change set as they were before it. What others changed since in other
// fields stays. Where one of these fields was changed since, it is refused: that change would be lost. What names the thing, such as
// rule "Nightly". Ids and revisions are no part of a change.
func TakeBack[T any](what string, present, before, after T) (T, error) {
	back := present
	now, was, set := reflect.ValueOf(&back).Elem(), reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range now.NumField() {
		field := now.Type().Field(i)
		if field.Name == "ID" || field.Name == "Revision" || same(was.Field(i), set.Field(i)) {
			continue
		}
		if !same(now.Field(i), set.Field(i)) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			return present, fmt.Errorf("%s: its %s was changed since, and taking this back would undo that too", what, name)
		}
		now.Field(i).Set(was.Field(i))
	}
	return back, nil
}

// same tells whether two fields have one value. An empty list is as good as none.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// Untouched tells whether a thing is as a change left it, but for its id and revision.
func Untouched[T any](present, left T) bool {
	now, was := reflect.ValueOf(present), reflect.ValueOf(left)
	for i := range now.NumField() {
		if name := now.Type().Field(i).Name; name != "ID" && name != "Revision" && !same(now.Field(i), was.Field(i)) {
			return false
		}
	}
	return true
}
