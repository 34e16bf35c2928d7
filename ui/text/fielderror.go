package text

import (
	"errors"

	"lockwire/engine"
)

// FieldOf is the field that an error is about; empty where it is about none.
func FieldOf(err error) string {
	var field *engine.FieldError
	if errors.As(err, &field) {
		return field.Field
	}
	return ""
}

// FieldError is what is wrong with the field, without its name.
func FieldError(err error) error {
	var field *engine.FieldError
	if errors.As(err, &field) && field.Err != nil {
		return field.Err
	}
	return err
}
