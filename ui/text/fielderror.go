package text

import (
	"errors"

	"lockwire/engine"
)

// FieldOf is the field of an engine.FieldError; empty for other errors.
func FieldOf(err error) string {
	var field *engine.FieldError
	if errors.As(err, &field) {
		return field.Field
	}
	return ""
}

// FieldError is the cause of an engine.FieldError without the field's name, and other errors as they are.
func FieldError(err error) error {
	var field *engine.FieldError
	if errors.As(err, &field) && field.Err != nil {
		return field.Err
	}
	return err
}
