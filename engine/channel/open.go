package channel

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
	"unicode/utf8"

	"lockwire/engine"
)

// Open is what the source asks for with the first record of a channel.
//
//	bytes  0-7   flow number, big-endian
//	bytes  8-9   number of this stream, from 0
//	bytes 10-11  how many streams the flow may have at once, 1 to 100
//	bytes 12-27  service id
//	then         extensions: type(2) | length(2) | value, as many as there are
type Open struct {
	// Flow is the flow's number within its session. Each number is accepted once.
	Flow uint64
	// Stream is this channel's number among those that ever carry the flow, 0 for the one that opens it, and Streams how many there may
	// be at once: 1 is a flow that one channel carries, all others are as SPEC.md, "Streams".
	Stream, Streams uint16
	// Service names the backend that the target connects to.
	Service engine.ID
	// Via are the sessions through which the tool's connection came to the source, the first one first: where a route leads to
	// another one's listener. At most MaximumVia.
	Via []engine.ID
	// Keep says that the source would use the connection for another flow after this one. This package fills it in.
	Keep bool
}

// MaximumVia is through how many sessions a connection may have come.
const MaximumVia = 8

const (
	// extensionVia carries Open.Via: 16 bytes for each session.
	extensionVia = 1
	// extensionKeep is Open.Keep, and in opened that the target keeps the connection. It is empty.
	extensionKeep = 2
)

// keepExtension is the one extension of opened.
var keepExtension = [keepExtensionSize]byte{1: extensionKeep}

const keepExtensionSize = 4

// openSize is the length of an open record's plaintext without extensions.
const openSize = 8 + 2 + 2 + 16

// errExtension is a well-formed extension of a type that this version does not know, or does not know in that record.
var errExtension = errors.New("unknown extension")

func (o Open) marshal() ([]byte, error) {
	service, err := o.Service.Bytes()
	if err != nil {
		return nil, fmt.Errorf("service: %w", err)
	}
	if err := o.checkStreams(); err != nil {
		return nil, err
	}
	b := binary.BigEndian.AppendUint64(nil, o.Flow)
	b = binary.BigEndian.AppendUint16(b, o.Stream)
	b = binary.BigEndian.AppendUint16(b, o.Streams)
	b = append(b, service[:]...)
	if o.Keep {
		b = append(b, keepExtension[:]...)
	}
	if len(o.Via) == 0 {
		return b, nil
	}
	if len(o.Via) > MaximumVia {
		return nil, fmt.Errorf("a connection that came through %d sessions", len(o.Via))
	}
	b = binary.BigEndian.AppendUint16(b, extensionVia)
	b = binary.BigEndian.AppendUint16(b, uint16(16*len(o.Via)))
	for _, id := range o.Via {
		session, err := id.Bytes()
		if err != nil {
			return nil, fmt.Errorf("session: %w", err)
		}
		b = append(b, session[:]...)
	}
	return b, nil
}

// MaximumStreams is how many streams a flow may have at once.
const MaximumStreams = 100

func (o *Open) checkStreams() error {
	if o.Streams < 1 || o.Streams > MaximumStreams || o.Stream > 0 && o.Streams == 1 {
		return fmt.Errorf("stream %d of a flow with at most %d at once", o.Stream, o.Streams)
	}
	return nil
}

// parseOpen gives the flow number also where the rest is not allowed: it counts as used then.
func parseOpen(b []byte) (Open, error) {
	if len(b) < openSize {
		return Open{}, fmt.Errorf("%w: open of %d bytes", ErrRecord, len(b))
	}
	o := Open{
		Flow:    binary.BigEndian.Uint64(b),
		Stream:  binary.BigEndian.Uint16(b[8:]),
		Streams: binary.BigEndian.Uint16(b[10:]),
		Service: engine.IDFromBytes([16]byte(b[12:openSize])),
	}
	if err := o.checkStreams(); err != nil {
		return o, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return o, parseExtensions(b[openSize:], o.takeExtension)
}

// takeExtension reads an extension of open.
func (o *Open) takeExtension(kind uint16, value []byte) error {
	switch {
	case kind == extensionKeep:
		return takeKeep(&o.Keep, value)
	case kind != extensionVia:
		return fmt.Errorf("%w %d", errExtension, kind)
	case len(value) == 0 || len(value)%16 != 0 || len(value) > 16*MaximumVia || o.Via != nil:
		return fmt.Errorf("%w: the sessions that a connection came through", ErrRecord)
	}
	for ; len(value) > 0; value = value[16:] {
		o.Via = append(o.Via, engine.IDFromBytes([16]byte(value)))
	}
	return nil
}

// takeKeep reads the extension that says that an end keeps the connection.
func takeKeep(keep *bool, value []byte) error {
	if len(value) > 0 || *keep {
		return fmt.Errorf("%w: that the connection is kept", ErrRecord)
	}
	*keep = true
	return nil
}

// parseExtensions hands each extension to take. It returns nil, errExtension where all are well-formed and take does not know one,
// and ErrRecord for anything else.
func parseExtensions(b []byte, take func(kind uint16, value []byte) error) error {
	var unknown error
	for len(b) > 0 {
		if len(b) < 4 {
			return fmt.Errorf("%w: an extension is cut short", ErrRecord)
		}
		kind, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; length > len(b) {
			return fmt.Errorf("%w: extension %d is cut short", ErrRecord, kind)
		}
		switch err := take(kind, b[:length]); {
		case errors.Is(err, errExtension):
			unknown = err
		case err != nil:
			return err
		}
		b = b[length:]
	}
	return unknown
}

// marshalRefused writes the payload of refused: the reason in one byte, then the detail.
func marshalRefused(r Reason, detail string) []byte {
	detail = engine.Printable(detail)
	for len(detail) > maximumRefused-1 {
		_, last := utf8.DecodeLastRuneInString(detail)
		detail = detail[:len(detail)-last]
	}
	return append([]byte{byte(r)}, detail...)
}

func parseRefused(b []byte) (*RefusedError, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: refused without a reason", ErrRecord)
	}
	return &RefusedError{Reason: Reason(b[0]), Detail: engine.Printable(string(b[1:]))}, nil
}

// Dial is Handshake and Open in one.
func Dial(ctx context.Context, conn net.Conn, session Session, open Open) (*Conn, error) {
	proven, err := Handshake(ctx, conn, session)
	if err != nil {
		return nil, err
	}
	return proven.Open(ctx, open)
}

// Open asks the target for the flow and waits for its answer until ctx ends. The channel is usable when it returns; where
// it fails the connection is closed. Errors to decide on: *RefusedError, ErrRefusedByTarget, ErrTruncated, ErrRecord.
func (p *Proven) Open(ctx context.Context, open Open) (*Conn, error) {
	c := p.conn
	open.Keep = c.mayKeep(open)
	stop := c.interruptible(ctx)
	err := c.askToOpen(open)
	if !stop() && err == nil {
		err = ctx.Err() // the deadline that ended the wait still stands
	}
	if err == nil {
		err = c.opened(open)
	}
	if err != nil {
		c.Reset()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("open a channel to %v: %w", c.conn.RemoteAddr(), err)
	}
	return c, nil
}

// Close gives up a connection that lost the race, and wipes its keys.
func (p *Proven) Close() { p.conn.Reset() }

// askToOpen sends open and takes the answer, with which the source has the chain that the handshake founds.
func (c *Conn) askToOpen(open Open) error {
	request, err := open.marshal()
	if err != nil {
		return err
	}
	// A target that did not accept this end's key has closed the connection by now, so that sending may fail; its alert
	// can be read all the same.
	sent := c.put(typeOpen, request)
	t, answer, err := c.receiveOne(nil, typeOpened, typeRefused)
	switch {
	case errors.Is(err, ErrRefusedByTarget):
		return err
	case sent != nil:
		return sent
	case err != nil:
		return err
	}
	c.opening.of.founded(c.opening.takeChain())
	if err := c.answered(); err != nil {
		return err
	}
	return c.takeAnswer(open, t, answer)
}

// takeAnswer reads an authentic answer.
func (c *Conn) takeAnswer(open Open, t recordType, answer []byte) error {
	if t == typeRefused {
		refused, err := parseRefused(answer)
		if err != nil {
			return err
		}
		return refused
	}
	return parseExtensions(answer, func(kind uint16, value []byte) error {
		if kind != extensionKeep || !open.Keep {
			return fmt.Errorf("%w %d", errExtension, kind)
		}
		return takeKeep(&c.keeps, value)
	})
}

// interruptible lets ctx end what waits on the connection. The function that it gives must be called when the wait is over;
// it tells whether ctx had not ended.
func (c *Conn) interruptible(ctx context.Context) (stop func() bool) {
	_ = c.conn.SetDeadline(time.Time{})
	return context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
}
