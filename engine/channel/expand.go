package channel

import (
	"crypto/fips140"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"

	"lockwire/engine/secret"
)

// A join derives seven keys and a MAC at each end. Package hmac makes its states on the heap, where what was made inside secret.Do is
// kept account of: that was half of what a join cost. So HKDF-Expand for one block of output, and HMAC, are put together of SHA-256
// here, on the stack, which secret.Do wipes. In FIPS 140 mode, where these have to be the module's, packages hkdf and hmac are used.

const (
	hashBlock = 64
	// maximumMessage is the longest message that is authenticated: a flight.
	maximumMessage = maximumFlight
)

// expandInto is HKDF-Expand of 32 bytes or fewer into to. kind is for the key scan. The info is label and more in turn. It must be
// called inside secret.Do.
func expandInto(to []byte, kind string, from []byte, label string, more ...[]byte) error {
	var info [96 + 2*sha256.Size]byte
	n := copy(info[:], label)
	for _, part := range more {
		n += copy(info[n:], part)
	}
	if fips140.Enabled() {
		out, err := hkdf.Expand(sha256.New, from, string(info[:n]), len(to))
		if err != nil {
			return err
		}
		copy(to, out)
		clear(out)
	} else {
		info[n] = 1 // RFC 5869: T(1) = HMAC(prk, info | 0x01)
		sum := hmacOf(from, info[:n+1])
		copy(to, sum[:])
	}
	secret.Trace(kind, to)
	return nil
}

// expand is HKDF-Expand into a key that was reserved. It must be called inside secret.Do.
func expand(to *secret.Key, kind string, from []byte, label string, more ...[]byte) error {
	var err error
	if used := to.Change(func(to []byte) { err = expandInto(to, kind, from, label, more...) }); used != nil {
		return used
	}
	return err
}

// macOf gives the MAC of a message under a door. It must be called inside secret.Do.
func macOf(door, message []byte) [macSize]byte {
	if fips140.Enabled() {
		h := hmac.New(sha256.New, door)
		h.Write(message)
		return [macSize]byte(h.Sum(nil))
	}
	sum := hmacOf(door, message)
	return [macSize]byte(sum[:])
}

// hmacOf is HMAC-SHA256 (RFC 2104) for a key of at most one block and a message of at most maximumMessage.
func hmacOf(key, message []byte) [sha256.Size]byte {
	var inner [hashBlock + maximumMessage]byte
	var outer [hashBlock + sha256.Size]byte
	copy(inner[:], key)
	copy(outer[:], key)
	for i := range hashBlock {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	n := hashBlock + copy(inner[hashBlock:], message)
	sum := sha256.Sum256(inner[:n])
	copy(outer[hashBlock:], sum[:])
	return sha256.Sum256(outer[:])
}
