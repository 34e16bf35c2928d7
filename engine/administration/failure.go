package administration

import (
	"context"
	"encoding/json"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// kinds are the errors on which callers decide, by the words that stand for them on the wire, and their gRPC codes.
var kinds = []struct {
	word     string
	sentinel error
	code     codes.Code
}{
	{"not-found", engine.ErrNotFound, codes.NotFound},
	{"name-taken", engine.ErrNameTaken, codes.AlreadyExists},
	{"predefined", engine.ErrPredefined, codes.FailedPrecondition},
	{"outdated", engine.ErrOutdated, codes.Aborted},
	{"in-use", engine.ErrInUse, codes.FailedPrecondition},
	{"needs-confirmation", engine.ErrNeedsConfirmation, codes.FailedPrecondition},
	{"no-broker", engine.ErrNoBroker, codes.Unavailable},
	{"not-allowed", engine.ErrNotAllowed, codes.PermissionDenied},
	{"versions-differ", engine.ErrVersionsDiffer, codes.FailedPrecondition},
	{"offline", engine.ErrOffline, codes.Unavailable},
}

// maximumFailureDocument keeps a failure within what fits into the trailer of a call.
const maximumFailureDocument = 1 << 20

// toStatus turns an error into a gRPC status that carries what it was. The document, where it is not nil, goes with it.
func toStatus(err error, document any) error {
	if err == nil {
		return nil
	}
	failure := &wire.Failure{Text: err.Error()}
	code := codes.Unknown
	for _, kind := range kinds {
		if errors.Is(err, kind.sentinel) {
			failure.Kind, code = kind.word, kind.code
			break
		}
	}
	var field *engine.FieldError
	if errors.As(err, &field) {
		failure.Of, failure.Field = field.Of, field.Field
		if failure.Kind == "" {
			code = codes.InvalidArgument
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	}
	if document != nil {
		if text, marshalErr := json.Marshal(document); marshalErr == nil && len(text) <= maximumFailureDocument {
			failure.Json = text
		}
	}
	answer, detailErr := status.New(code, failure.Text).WithDetails(failure)
	if detailErr != nil {
		return status.Error(code, failure.Text)
	}
	return answer.Err()
}

// remoteError is an error that the broker had. It reads as it did there, and errors.Is and errors.As find in it what they found there.
type remoteError struct {
	text  string
	cause error
}

// Error gives the broker's words.
func (e *remoteError) Error() string { return e.text }

// Unwrap gives the sentinel, the field error or the status.
func (e *remoteError) Unwrap() error { return e.cause }

// fromStatus gives the error that a status carries, and reads the document that goes with it where there is one.
func fromStatus(err error, document any) error {
	answer, isStatus := status.FromError(err)
	if err == nil || !isStatus {
		return err
	}
	switch answer.Code() {
	case codes.Canceled:
		return &remoteError{"cancelled", context.Canceled}
	case codes.DeadlineExceeded:
		return &remoteError{"the broker did not answer in time", context.DeadlineExceeded}
	}
	for _, detail := range answer.Details() {
		failure, isFailure := detail.(*wire.Failure)
		if !isFailure {
			continue
		}
		if document != nil && len(failure.Json) > 0 {
			if err := json.Unmarshal(failure.Json, document); err != nil {
				return err
			}
		}
		var cause error
		for _, kind := range kinds {
			if kind.word == failure.Kind {
				cause = kind.sentinel
			}
		}
		if failure.Field != "" {
			field := &engine.FieldError{Of: failure.Of, Field: failure.Field, Err: cause}
			if cause == nil {
				field.Err = errors.New(failure.Text)
			}
			cause = field
		}
		if cause == nil {
			cause = answer.Err()
		}
		return &remoteError{failure.Text, cause}
	}
	switch answer.Code() {
	case codes.Unavailable:
		return &remoteError{"the broker cannot be reached: " + connectionWords(answer.Message()), engine.ErrNoBroker}
	case codes.PermissionDenied, codes.Unauthenticated:
		return &remoteError{answer.Message(), engine.ErrNotAllowed}
	}
	return errors.New(answer.Message())
}
