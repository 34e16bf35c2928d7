package channel

import (
	"fmt"
	"time"
)

// A channel that was opened for more streams than one carries a part of a flow: its records say where in the flow they belong.
// SPEC.md, "Streams". Package stripe puts the parts together.

// Kind is what a record of a stream is.
type Kind uint8

const (
	// KindData is a part of the flow: its offset in 8 bytes, then the bytes.
	KindData Kind = iota + 1
	// KindEnd is the flow's length, in 8 bytes.
	KindEnd
	// KindAck is up to where the receiver has handed on, in 8 bytes, how many bytes beyond that it takes, in 4, and in one whether its
	// reader waits for more: 1 or 0.
	KindAck
	// KindMore asks the source for another stream. It is empty.
	KindMore
)

const (
	maximumStreamData = 256 << 10 // of a data record's plaintext
	offsetSize        = 8
	ackSize           = offsetSize + 5
)

var kinds = map[recordType]Kind{typeData: KindData, typeEnd: KindEnd, typeAck: KindAck, typeMore: KindMore}

func (k Kind) recordType() recordType {
	for t, kind := range kinds {
		if kind == k {
			return t
		}
	}
	panic(fmt.Sprintf("channel: no record of a stream is of kind %d", k))
}

// streamBounds are the bounds of the plaintext of a stream's records.
func (t recordType) streamBounds() (least, most int) {
	switch t {
	case typeData:
		return offsetSize + 1, maximumStreamData
	case typeEnd:
		return offsetSize, offsetSize
	case typeAck:
		return ackSize, ackSize
	}
	return 0, 0 // more, rekey and ping are empty
}

// carriesStream makes the channel one of several streams.
func (c *Conn) carriesStream() { c.in.sizes.ofStream, c.out.sizes.ofStream = true, true }

// SendRecord sends one record of a stream. After KindEnd parts of the flow may still follow, which another stream has lost.
func (c *Conn) SendRecord(kind Kind, plaintext []byte) error {
	if err := c.send(kind.recordType(), plaintext); err != nil {
		return err
	}
	if kind == KindData {
		c.out.bytes.Add(uint64(len(plaintext) - offsetSize))
	}
	return nil
}

// NextRecord waits for the next record of a stream and gives its kind and the length of its plaintext. Only TakeRecord holds memory
// for it. Called again before that it gives the same.
func (c *Conn) NextRecord() (Kind, int, error) {
	for {
		if err := c.failure(); err != nil {
			return 0, 0, err
		}
		t, n, err := c.nextHeader()
		if err != nil {
			return 0, 0, c.fail(err)
		}
		if kind, ok := kinds[t]; ok {
			return kind, n, nil
		}
		if _, err := c.openRecord(nil, 0); err != nil {
			return 0, 0, c.fail(err)
		}
		if !c.in.mayIdle(time.Now()) {
			return 0, 0, c.fail(fmt.Errorf("%w: %d records without data within a minute", ErrRecord, c.in.idle))
		}
	}
}

// TakeRecord receives the record that NextRecord told of into into, which has room for its plaintext.
func (c *Conn) TakeRecord(into []byte) ([]byte, error) {
	t, n, err := c.nextHeader()
	if err != nil {
		return nil, c.fail(err)
	}
	plaintext, err := c.openRecord(into, n)
	if err != nil {
		return nil, c.fail(err)
	}
	switch t {
	case typeData:
		c.in.idle = 0
		c.in.bytes.Add(uint64(n - offsetSize))
	case typeEnd:
		c.in.ended.Store(true)
	}
	return plaintext, nil
}
