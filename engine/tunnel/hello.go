package tunnel

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// Kind says where a connection goes.
type Kind uint8

const (
	ToBroker  Kind = 1 // the provider's broker
	ToSession Kind = 2 // the target of a session
)

// Destination is where a connection goes.
type Destination struct {
	Kind Kind
	// Session is empty for the broker.
	Session engine.ID
}

// Broker is the provider's broker.
func Broker() Destination { return Destination{Kind: ToBroker} }

// Session is the target of a session.
func Session(id engine.ID) Destination { return Destination{Kind: ToSession, Session: id} }

func (d Destination) String() string {
	if d.Kind == ToBroker {
		return "the broker"
	}
	return "session " + string(d.Session)
}

const (
	version   = 1
	helloSize = 18

	answerThrough = 0
	answerRefused = 1
)

// errHello: the first bytes inside TLS are not as the protocol says.
var errHello = errors.New("what came first in the tunnel is not as the protocol says")

func (d Destination) marshal() ([]byte, error) {
	hello := make([]byte, helloSize)
	hello[0], hello[1] = version, byte(d.Kind)
	switch d.Kind {
	case ToBroker:
	case ToSession:
		if _, err := engine.ParseID(string(d.Session)); err != nil {
			return nil, fmt.Errorf("session: %w", err)
		}
		copy(hello[2:], wire.IDBytes(d.Session))
	default:
		return nil, fmt.Errorf("a tunnel leads to no kind %d", d.Kind)
	}
	return hello, nil
}

// readHello reads where a client wants to go.
func readHello(from io.Reader) (Destination, error) {
	var hello [helloSize]byte
	if _, err := io.ReadFull(from, hello[:]); err != nil {
		return Destination{}, err
	}
	if hello[0] != version {
		return Destination{}, fmt.Errorf("%w: version %d", errHello, hello[0])
	}
	switch d := (Destination{Kind: Kind(hello[1])}); d.Kind {
	case ToBroker:
		if [16]byte(hello[2:]) != [16]byte{} {
			return Destination{}, fmt.Errorf("%w: a session for the broker", errHello)
		}
		return d, nil
	case ToSession:
		id, err := wire.ParseID(hello[2:])
		if err != nil {
			return Destination{}, fmt.Errorf("%w: session %s: %w", errHello, hex.EncodeToString(hello[2:]), err)
		}
		d.Session = id
		return d, nil
	}
	return Destination{}, fmt.Errorf("%w: kind %d", errHello, hello[1])
}
