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

// toFailure writes an error for the wire, with its gRPC code.
func toFailure(err error) (*wire.Failure, codes.Code) {
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
	if outdated, is := errors.AsType[*engine.OutdatedError](err); is {
		failure.Of = outdated.Of
		if text, marshalErr := json.Marshal(outdated.Now); marshalErr == nil {
			failure.Present = text
		}
	}
	return failure, code
}

// foundOut tells whether a refusal carries more than its words: the effect to confirm, or the present state of the thing. That goes into the reply,
// because a gRPC status is too small for a large effect.
func foundOut(err error) bool {
	return errors.Is(err, engine.ErrNeedsConfirmation) || errors.Is(err, engine.ErrOutdated)
}

// toStatus turns an error into a gRPC status that carries what it was.
func toStatus(err error) error {
	if err == nil {
		return nil
	}
	failure, code := toFailure(err)
	answer, detailErr := status.New(code, failure.Text).WithDetails(failure)
	if detailErr != nil {
		return status.Error(code, failure.Text)
	}
	return answer.Err()
}

// remoteError is an error of the broker. It has the same text as there, and errors.Is and errors.As give the same results.
type remoteError struct {
	text  string
	cause error
}

// Error gives the broker's words.
func (e *remoteError) Error() string { return e.text }

// Unwrap gives the sentinel, the field error or the status.
func (e *remoteError) Unwrap() error { return e.cause }

// fromFailure gives the error that a broker wrote; other is its cause where it is of no kind.
func fromFailure(failure *wire.Failure, other error) error {
	if len(failure.Present) > 0 {
		outdated := &engine.OutdatedError{Of: failure.Of}
		if err := json.Unmarshal(failure.Present, &outdated.Now); err == nil {
			return outdated
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
		cause = other
	}
	return &remoteError{failure.Text, cause}
}

// fromStatus gives the error that a status carries.
func fromStatus(err error) error {
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
		if failure, isFailure := detail.(*wire.Failure); isFailure {
			return fromFailure(failure, answer.Err())
		}
	}
	switch answer.Code() {
	case codes.Unavailable:
		return &remoteError{"the broker cannot be reached: " + connectionWords(answer.Message()), engine.ErrNoBroker}
	case codes.PermissionDenied, codes.Unauthenticated:
		return &remoteError{answer.Message(), engine.ErrNotAllowed}
	}
	return errors.New(answer.Message())
}
