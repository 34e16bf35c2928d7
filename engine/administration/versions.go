package administration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"lockwire/engine"
)

// Console and broker may be of different versions. Each call tells the version of its caller and each reply that of the broker.
// A request with a field that the broker does not know is refused: without the field the broker would keep something else than
// was asked for. A reply with a field that the client does not know is read all the same, but then the client makes no edit from it:
// written back, it would be without that field.

// versionHeader is the name of the version in the metadata of calls and replies.
const versionHeader = "lockwire-version"

func withVersion(ctx context.Context, version string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, versionHeader, version)
}

// sendVersion has the reply tell the broker's version.
func sendVersion(ctx context.Context, version string) {
	_ = grpc.SetHeader(ctx, metadata.Pairs(versionHeader, version)) // a reply without it is still read
}

// longestVersion is how much of the other side's version is believed and shown.
const longestVersion = 64

// versionIn gives the version that metadata tell, as text that can be printed.
func versionIn(m metadata.MD) string {
	values := m.Get(versionHeader)
	if len(values) == 0 || len(values[0]) > longestVersion || engine.CheckName(values[0]) != nil {
		return "of another version"
	}
	return values[0]
}

func callerVersion(ctx context.Context) string {
	m, _ := metadata.FromIncomingContext(ctx)
	return versionIn(m)
}

// unknownFieldError tells which field of a document is not known here.
type unknownFieldError struct{ field string }

func (e *unknownFieldError) Error() string { return fmt.Sprintf("the field %s is not known", e.field) }

// readStrictly reads a document and refuses fields that are not known with an *unknownFieldError.
func readStrictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return errors.New("something follows the document")
		}
		return nil
	}
	// encoding/json has no type for this error.
	if _, field, found := strings.Cut(err.Error(), "unknown field "); found {
		return &unknownFieldError{field}
	}
	return err
}

// readRequest reads a request; one that is empty is the zero value.
func readRequest(text []byte, into any) error {
	if len(text) == 0 {
		return nil
	}
	if err := readStrictly(text, into); err != nil {
		return fmt.Errorf("the request cannot be read: %w", err)
	}
	return nil
}

// explainUnknown says of a request that the broker cannot keep whole which side is older.
func explainUnknown(err error, caller, broker string) error {
	unknown, ok := errors.AsType[*unknownFieldError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("%w: the broker is %s and does not know the field %s that this program, %s, sent; nothing was changed. Update the broker, or use a program of its version",
		engine.ErrVersionsDiffer, broker, unknown.field, caller)
}

// newer remembers that the broker gave something that this program does not know.
type newer struct {
	seen atomic.Pointer[string]
}

// read reads a reply as far as it is known. Where the limit or the hours of a rule have more than is known here, nothing of it can be shown
// truly, and it is refused.
func (c *Client) read(text []byte, into any, editable bool, broker string) error {
	err := readStrictly(text, into)
	unknown, ok := errors.AsType[*unknownFieldError](err)
	if !ok {
		return err
	}
	if editable {
		words := fmt.Sprintf("the broker is %s and keeps the field %s, which this program, %s, does not know: an edit from here would lose it. Update this program", broker, unknown.field, c.version)
		c.newer.seen.Store(&words)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%w: the broker is %s and has the field %s, which this program, %s, cannot read. Update this program", engine.ErrVersionsDiffer, broker, unknown.field, c.version)
	}
	return nil
}

// refuse refuses an edit once the broker gave something that it would lose.
func (n *newer) refuse() error {
	if words := n.seen.Load(); words != nil {
		return fmt.Errorf("%w: %s", engine.ErrVersionsDiffer, *words)
	}
	return nil
}
