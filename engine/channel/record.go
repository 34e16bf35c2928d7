package channel

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"sync"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// recordType is the first byte of a record. All lie above the types of TLS records, so that an alert that the target sends
// after the source believes the handshake to be over is told from a record.
type recordType uint8

const (
	typeOpen    recordType = 0x40
	typeOpened  recordType = 0x41
	typeRefused recordType = 0x42
	typeData    recordType = 0x43
	typeEnd     recordType = 0x44
	typeRekey   recordType = 0x45
	typePing    recordType = 0x46
	// The two below are of streams only; between stand the flight and the answer of a join, which are no records.
	typeAck  recordType = 0x49
	typeMore recordType = 0x4A

	// Not of records, but of what opens a channel without a handshake: a flight and its answer.
	typeJoin   recordType = 0x47
	typeAnswer recordType = 0x48

	firstRecordType = typeOpen
	lastRecordType  = typePing
)

// known tells whether there is such a record on a channel with these sizes.
func (t recordType) known(sizes Sizes) bool {
	return t >= firstRecordType && t <= lastRecordType || sizes.ofStream && (t == typeAck || t == typeMore)
}

// A record on the wire:
//
//	byte  0      type
//	bytes 1-3    length of the plaintext n, big-endian
//	bytes 4-15   nonce
//	bytes 16-    ciphertext, n bytes
//	then         tag, 16 bytes
const (
	headerSize = 4
	nonceSize  = 12
	tagSize    = 16
	overhead   = headerSize + nonceSize + tagSize
	// firstRead is what a receiver needs of a record before it knows how much follows.
	firstRead = headerSize + nonceSize
)

// Most plaintext bytes of the records of the opening; small, because they are allocated for a peer that has only proved its key.
const (
	maximumOpen    = 512
	maximumOpened  = 512
	maximumRefused = 1 + 255
)

// most gives the bounds of a record's plaintext length.
func (t recordType) bounds(sizes Sizes) (least, most int) {
	switch t {
	case typeOpen:
		return openSize, maximumOpen
	case typeOpened:
		return 0, maximumOpened
	case typeRefused:
		return 1, maximumRefused
	}
	if sizes.ofStream {
		return t.streamBounds()
	}
	if t == typeData {
		return 1, sizes.Plaintext
	}
	return 0, 0 // end, rekey and ping are empty
}

// parseHeader reads type and plaintext length and refuses what no peer may send, before anything is allocated for it.
func parseHeader(header []byte, sizes Sizes) (t recordType, length int, err error) {
	if len(header) < headerSize {
		return 0, 0, fmt.Errorf("%w: %d bytes are no header", ErrRecord, len(header))
	}
	t = recordType(header[0])
	if !t.known(sizes) {
		return 0, 0, fmt.Errorf("%w: type 0x%02x", ErrRecord, header[0])
	}
	length = int(header[1])<<16 | int(header[2])<<8 | int(header[3])
	if least, most := t.bounds(sizes); length < least || length > most {
		return 0, 0, fmt.Errorf("%w: %d bytes in a record of type 0x%02x", ErrRecord, length, header[0])
	}
	return t, length, nil
}

// direction is what protects one direction of a channel: the chain of secrets and the present key. It is thrown away with
// the first failure. sealer and opener each hold one, so that a key can never be used in the other direction.
type direction struct {
	cipher   engine.Cipher
	sizes    Sizes
	secret   *secret.Key // the present link of the chain; the next one is derived from it
	aead     cipher.AEAD // made and used inside secret.Do; nil once wiped
	sequence uint64      // of the next record; goes on when the key changes
	records  uint64      // under the present key
	bytes    uint64      // of plaintext under the present key
	aad      [headerSize + 8]byte
	nonce    [nonceSize]byte
	wiped    bool
}

// start takes over from. It fails where the direction was wiped before.
func (d *direction) start(c engine.Cipher, sizes Sizes, from *secret.Key) error {
	if d.wiped {
		from.Destroy()
		return ErrReset
	}
	d.cipher, d.sizes, d.secret = c, sizes, from
	return d.makeKey()
}

// makeKey makes the key that belongs to the present secret.
func (d *direction) makeKey() error {
	var err error
	d.records, d.bytes, d.aead = 0, 0, nil
	if used := d.secret.Use(func(s []byte) { d.aead, err = newAEAD(d.cipher, s) }); used != nil {
		return used
	}
	return err
}

// rekey goes one step along the chain. The old secret is wiped and the old key dropped: neither can be found from the new ones.
func (d *direction) rekey() error {
	next, err := secret.Reserve()
	if err != nil {
		return err
	}
	if used := d.secret.Use(func(s []byte) { err = expand(next, "secret", s, nextLabel) }); used != nil {
		err = used
	}
	if err != nil {
		next.Destroy()
		return err
	}
	d.secret.Destroy()
	d.secret = next
	return d.makeKey()
}

// full tells whether so many records, of n bytes together, would be too many for the present key. The last record under a key is the
// rekey record.
func (d *direction) full(n int, records uint64) bool {
	return d.records+records >= d.sizes.RekeyRecords || d.bytes+uint64(n) > d.sizes.RekeyBytes
}

// fill prepares additional data and the nonce that ChaCha20-Poly1305 uses.
func (d *direction) fill(header []byte) {
	copy(d.aad[:headerSize], header)
	binary.BigEndian.PutUint64(d.aad[headerSize:], d.sequence)
	binary.BigEndian.PutUint64(d.nonce[nonceSize-8:], d.sequence)
}

func (d *direction) count(n int) {
	d.sequence++
	d.records++
	d.bytes += uint64(n)
}

func (d *direction) wipe() {
	d.wiped, d.aead = true, nil
	d.secret.Destroy()
}

// sealer is the transmit state of a channel. Its lock is held while the cipher works and never while the network does, so
// that the keys can be wiped at any moment.
type sealer struct {
	mu sync.Mutex
	d  direction
}

// due tells whether a rekey record must go out before, or among, so many records of n bytes together.
func (s *sealer) due(n int, records uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.d.aead != nil && s.d.full(n, records)
}

// seal writes the record into wire, which must have room for the plaintext and overhead and must not overlap it, and gives
// the part that it filled. After a rekey record the next key is in use.
//
// Sealing from one buffer into another was measured against sealing in place: NewGCMWithRandomNonce moves the plaintext by
// the length of the nonce there, which costs 5 to 8 % of the time for records of 16 KiB to 1 MiB.
func (s *sealer) seal(wire []byte, t recordType, plaintext []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &s.d
	if d.aead == nil {
		return nil, ErrReset
	}
	wire = wire[:headerSize]
	n := len(plaintext)
	wire[0], wire[1], wire[2], wire[3] = byte(t), byte(n>>16), byte(n>>8), byte(n)
	d.fill(wire)
	secret.Do(func() {
		switch d.cipher {
		case engine.AES256GCM: // writes its random nonce, then the ciphertext
			wire = d.aead.Seal(wire, nil, plaintext, d.aad[:])
		case engine.ChaCha20Poly1305:
			wire = d.aead.Seal(append(wire, d.nonce[:]...), d.nonce[:], plaintext, d.aad[:])
		}
	})
	d.count(n)
	if t == typeRekey {
		if err := d.rekey(); err != nil {
			d.wipe()
			return nil, err
		}
	}
	return wire, nil
}

func (s *sealer) start(c engine.Cipher, sizes Sizes, from *secret.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.d.start(c, sizes, from)
}

func (s *sealer) wipe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.d.wipe()
}

// opener is the receive state of a channel; its lock is as sealer's.
type opener struct {
	mu sync.Mutex
	d  direction
}

// open authenticates a whole record, whose header parseHeader has accepted, and writes its plaintext to dst, which must
// have room for it and must not overlap the record. Where it fails the keys are wiped: there is no second try.
func (o *opener) open(dst, record []byte) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := &o.d
	if d.aead == nil {
		return nil, ErrReset
	}
	t, n := recordType(record[0]), len(record)-overhead
	if t != typeRekey && d.full(n, 1) {
		d.wipe()
		return nil, fmt.Errorf("%w: the peer used a key for too long", ErrRecord)
	}
	d.fill(record[:headerSize])
	var plaintext []byte
	var err error
	secret.Do(func() {
		switch d.cipher {
		case engine.AES256GCM:
			plaintext, err = d.aead.Open(dst[:0], nil, record[headerSize:], d.aad[:])
		case engine.ChaCha20Poly1305:
			if !bytes.Equal(record[headerSize:firstRead], d.nonce[:]) { // the nonce is no secret
				err = fmt.Errorf("nonce out of sequence")
				return
			}
			plaintext, err = d.aead.Open(dst[:0], d.nonce[:], record[firstRead:], d.aad[:])
		}
	})
	if err != nil {
		sequence := d.sequence
		d.wipe()
		return nil, fmt.Errorf("%w: record %d", ErrRecord, sequence)
	}
	d.count(n)
	if t == typeRekey {
		if err := d.rekey(); err != nil {
			d.wipe()
			return nil, err
		}
	}
	return plaintext, nil
}

func (o *opener) start(c engine.Cipher, sizes Sizes, from *secret.Key) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.d.start(c, sizes, from)
}

func (o *opener) wipe() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.d.wipe()
}
