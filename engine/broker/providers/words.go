package providers

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
)

// maximumReason bounds the words that a provider gives.
const maximumReason = 1024

// Refused is the provider's no, in its words.
type Refused struct {
	Words string
	// Unknown tells that it does not know what was named.
	Unknown bool
}

func (e *Refused) Error() string { return e.Words }

// printable bounds words that come from a provider.
func printable(text string) string {
	if text == "" {
		return "it gives no reason"
	}
	return engine.Printable(text[:min(len(text), maximumReason)])
}

// words say why there is no connection to a provider's broker.
func words(err error) string {
	var away *unreachable
	said, is := status.FromError(err)
	switch {
	case errors.As(err, &away):
		return away.words
	case errors.Is(err, io.EOF):
		return "its broker has ended the connection"
	case is && (said.Code() == codes.PermissionDenied || said.Code() == codes.Unauthenticated):
		return "its broker refuses this installation: " + printable(said.Message())
	case is && said.Code() == codes.Unimplemented:
		return "its broker takes no tenants; which version does it run?"
	case is && said.Code() == codes.Unavailable:
		return "the connection to its broker broke: " + printable(said.Message())
	case is:
		return "its broker says: " + printable(said.Message())
	}
	return err.Error()
}

// answered makes of the error of a call what a person is told: a *Refused where the provider said no.
func answered(p *engine.Provider, err error) error {
	said, _ := status.FromError(err)
	switch said.Code() {
	case codes.PermissionDenied, codes.FailedPrecondition, codes.ResourceExhausted, codes.NotFound, codes.InvalidArgument, codes.AlreadyExists, codes.Unauthenticated:
		return &Refused{fmt.Sprintf("%s refuses: %s", named(p), printable(said.Message())), said.Code() == codes.NotFound}
	case codes.DeadlineExceeded:
		return fmt.Errorf("the broker of %s did not answer within %s", named(p), callWithin)
	case codes.Unavailable, codes.Canceled:
		return fmt.Errorf("the broker of %s cannot answer now: %s", named(p), printable(said.Message()))
	}
	return fmt.Errorf("the broker of %s says: %s", named(p), printable(said.Message()))
}
