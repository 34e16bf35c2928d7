package administration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"unicode/utf8"

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

// longestVersion bounds the version text of the other side.
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

// readStrictly reads a document. It refuses fields that are not known with an *engine.UnknownFieldError, and what a file of rules is
// refused over: fields that stand twice, and text that is not UTF-8.
func readStrictly(text []byte, into any) error {
	if !utf8.Valid(text) {
		return errors.New("it is not UTF-8")
	}
	if err := checkFields(json.NewDecoder(bytes.NewReader(text)), reflect.TypeOf(into), ""); err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// readRequest reads a request; an empty one is the zero value.
func readRequest(text []byte, into any) error {
	if len(text) == 0 {
		return nil
	}
	if err := readStrictly(text, into); err != nil {
		return fmt.Errorf("the request cannot be read: %w", err)
	}
	return nil
}

// explainUnknown names the older side when a request has a field that the broker does not know.
func explainUnknown(err error, caller, broker string) error {
	unknown, ok := errors.AsType[*engine.UnknownFieldError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("%w: the broker is %s and does not know the field %q that this program, %s, sent; nothing was changed. Update the broker, or use a program of its version",
		engine.ErrVersionsDiffer, broker, unknown.Name, caller)
}

// newer remembers that the broker sent a field that this program does not know.
type newer struct {
	seen atomic.Pointer[string]
}

// read reads a reply as far as it is known. One that can be edited is looked through for what an edit would lose. Where the limit or the
// hours of a rule have more than is known here, nothing of it can be shown truly, and it is refused.
func (c *Client) read(text []byte, into any, editable bool, broker string) error {
	if editable {
		unknown, is := errors.AsType[*engine.UnknownFieldError](checkFields(json.NewDecoder(bytes.NewReader(text)), reflect.TypeOf(into), ""))
		if is {
			words := fmt.Sprintf("the broker is %s and keeps the field %q, which this program, %s, does not know: an edit from here would lose it. Update this program", broker, unknown.Name, c.version)
			c.newer.seen.Store(&words)
		}
	}
	err := json.Unmarshal(text, into)
	if unknown, is := errors.AsType[*engine.UnknownFieldError](err); is {
		words := fmt.Sprintf("the broker is %s and has the field %q, which this program, %s, cannot read. Update this program", broker, unknown.Name, c.version)
		if editable {
			c.newer.seen.Store(&words)
		}
		return fmt.Errorf("%w: %s", engine.ErrVersionsDiffer, words)
	}
	return err
}

// refuse refuses edits after the broker sent a field that an edit would lose.
func (n *newer) refuse() error {
	if words := n.seen.Load(); words != nil {
		return fmt.Errorf("%w: %s", engine.ErrVersionsDiffer, *words)
	}
	return nil
}
