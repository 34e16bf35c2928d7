package channel

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// A flight is the one message with which a flow joins a session:
//
//	byte  0      0x47
//	bytes 1-3    n, the length of open, big-endian
//	bytes 4-19   session id
//	bytes 20-35  chain id
//	bytes 36-43  number within the chain, big-endian
//	bytes 44-75  random bytes of the source; here the head ends
//	bytes 76-87  nonce
//	bytes 88-    open, sealed, n bytes
//	then         tag, 16 bytes
//	then         MAC of all before it, 16 bytes
//
// The answer is 0x48, 32 random bytes of the target, and a record.
const (
	flightHead     = headerSize + 16 + chainIDSize + 8 + randomSize
	flightOverhead = flightHead + nonceSize + tagSize + macSize
	maximumFlight  = flightOverhead + maximumOpen
	randomSize     = 32
	macSize        = 16
	answerHead     = 1 + randomSize
	atSession      = headerSize
	atChain        = atSession + 16
	atNumber       = atChain + chainIDSize
	atRandom       = atNumber + 8
	joinOpenLabel  = "lockwire-data-1 join open"
	joinToTarget   = "lockwire-data-1 join source to target"
	joinToSource   = "lockwire-data-1 join target to source"
)

// flight is a whole one whose length was checked. Nothing else of it is.
type flight []byte

func (f flight) head() []byte          { return f[:flightHead] }
func (f flight) session() engine.ID    { return engine.IDFromBytes([16]byte(f[atSession:atChain])) }
func (f flight) chain() chainID        { return chainID(f[atChain:atNumber]) }
func (f flight) number() uint64        { return binary.BigEndian.Uint64(f[atNumber:]) }
func (f flight) sealed() []byte        { return f[flightHead : len(f)-macSize] }
func (f flight) authenticated() []byte { return f[:len(f)-macSize] }
func (f flight) mac() []byte           { return f[len(f)-macSize:] }

// newFlight writes the flight of a join up to what is sealed, with random bytes of its own.
func newFlight(session [16]byte, chain chainID, number uint64, open []byte) flight {
	f := make(flight, flightHead, flightOverhead+len(open))
	n := len(open)
	f[0], f[1], f[2], f[3] = byte(typeJoin), byte(n>>16), byte(n>>8), byte(n)
	copy(f[atSession:], session[:])
	copy(f[atChain:], chain[:])
	binary.BigEndian.PutUint64(f[atNumber:], number)
	rand.Read(f[atRandom:]) // never fails
	return f
}

// seal completes the flight: open is sealed under the flow's key, and all is authenticated with the door.
func (f flight) seal(c engine.Cipher, door, flow *secret.Key, open []byte) (flight, error) {
	var err error
	if used := flow.Use(func(flow []byte) { f, err = f.sealOnce(c, flow, open) }); used != nil {
		err = used
	}
	if err != nil {
		return nil, err
	}
	var mac [macSize]byte
	if used := door.Use(func(door []byte) { mac = macOf(door, f) }); used != nil {
		return nil, used
	}
	return append(f, mac[:]...), nil
}

// openCipher is the cipher that seals open in this flight and nothing else. It must be called inside secret.Do.
func (f flight) openCipher(c engine.Cipher, flow []byte) (cipher.AEAD, error) {
	var key [keySize]byte
	digest := sha256.Sum256(f[:flightHead])
	if err := expandInto(key[:], "open", flow, joinOpenLabel, digest[:]); err != nil {
		return nil, err
	}
	return newCipher(c, key[:])
}

// sealOnce appends nonce and sealed open to the head, for which the flight has room. It must be called inside secret.Do.
func (f flight) sealOnce(c engine.Cipher, flow, open []byte) (flight, error) {
	aead, err := f.openCipher(c, flow)
	if err != nil {
		return nil, err
	}
	if c == engine.AES256GCM { // writes its random nonce, then the ciphertext
		return aead.Seal(f, nil, open, f), nil
	}
	var nonce [nonceSize]byte
	return aead.Seal(append(f, nonce[:]...), nonce[:], open, f), nil
}

// openOnce gives what seal was given. It must be called inside secret.Do; dst has room for it.
func (f flight) openOnce(c engine.Cipher, flow, dst []byte) ([]byte, error) {
	aead, err := f.openCipher(c, flow)
	if err != nil {
		return nil, err
	}
	sealed := f.sealed()
	if c == engine.AES256GCM {
		return aead.Open(dst[:0], nil, sealed, f.head())
	}
	var nonce [nonceSize]byte
	if [nonceSize]byte(sealed[:nonceSize]) != nonce {
		return nil, errNoJoin
	}
	return aead.Open(dst[:0], nonce[:], sealed[nonceSize:], f.head())
}

// knocks tells whether whoever made the flight knows the chain's door.
func (f flight) knocks(door *secret.Key) (knows bool) {
	_ = door.Use(func(door []byte) {
		mac := macOf(door, f.authenticated())
		knows = subtle.ConstantTimeCompare(mac[:], f.mac()) == 1
	})
	return knows
}

// directions are the first secrets of a channel's two directions, reserved before they are filled.
type directions struct{ toTarget, toSource *secret.Key }

func reserveDirections() (d directions, err error) {
	if d.toTarget, err = secret.Reserve(); err == nil {
		d.toSource, err = secret.Reserve()
	}
	if err != nil {
		d.destroy()
	}
	return d, err
}

func (d directions) destroy() {
	d.toTarget.Destroy()
	d.toSource.Destroy()
}

// fill makes the secrets of the flight's channel; random is the target's. It must be called inside secret.Do.
func (d directions) fill(f flight, flow, random []byte) error {
	digest := sha256.Sum256(f)
	if err := expand(d.toTarget, "secret", flow, joinToTarget, digest[:], random); err != nil {
		return err
	}
	return expand(d.toSource, "secret", flow, joinToSource, digest[:], random)
}

// readFlight completes a flight of which the beginning was read. It judges the length at four bytes; nothing may follow the flight.
func readFlight(conn net.Conn, beginning []byte) (flight, error) {
	if len(beginning) > maximumFlight {
		return nil, errNoJoin
	}
	f := make(flight, maximumFlight)
	have := copy(f, beginning)
	if have < headerSize {
		n, err := io.ReadAtLeast(conn, f[have:], headerSize-have)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoJoin, err)
		}
		have += n
	}
	n := int(f[1])<<16 | int(f[2])<<8 | int(f[3])
	if n < openSize || n > maximumOpen || have > flightOverhead+n {
		return nil, errNoJoin
	}
	f = f[:flightOverhead+n]
	if _, err := io.ReadFull(conn, f[have:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoJoin, err)
	}
	return f, nil
}
