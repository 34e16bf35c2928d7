package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"strings"
)

const (
	// secretSize is 128 random bits.
	secretSize   = 16
	checksumSize = 4
	// maxPastedBytes bounds what a text stands for before it is read: three addresses of full length, or eight of usual ones.
	maxPastedBytes = 900
	// maxPastedText also leaves room for what copying through a mail puts in.
	maxPastedText = 8 << 10
)

var pastedEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// pastedText is a kind of text that a person copies from one screen to another: in base32 (RFC 4648, lower case, no padding)
//
//	version (1 byte) | body | checksum (4)
//
// The checksum, the first four bytes of SHA-256(label | all that stands before it), tells a typing error from a text that is
// refused; it protects against nothing else.
type pastedText struct {
	noun    string // what the text is, in words
	version byte
	label   string
	least   int // bytes of the shortest body
	// Why a text is refused: it is none, it has a typing error, or a newer program made it.
	malformed, mistyped, newer error
}

// write gives the text of a body, and tells whether it is short enough to be read again.
func (k *pastedText) write(body []byte) (text string, fits bool) {
	whole := append([]byte{k.version}, body...)
	whole = append(whole, k.checksum(whole)...)
	return strings.ToLower(pastedEncoding.EncodeToString(whole)), len(whole) <= maxPastedBytes
}

// read gives the body of a text as a person pastes it: in any case, with what mail and chat programs put around and into it.
func (k *pastedText) read(text string) ([]byte, error) {
	if len(text) > maxPastedText {
		return nil, fmt.Errorf("%w: it is too long", k.malformed)
	}
	compact, err := k.compact(text)
	if err != nil {
		return nil, err
	}
	whole, err := pastedEncoding.DecodeString(compact)
	if err != nil { // each character is right, their count is not
		return nil, fmt.Errorf("%w: a part is missing", k.malformed)
	}
	if len(whole) < 1+k.least+checksumSize || len(whole) > maxPastedBytes {
		return nil, fmt.Errorf("%w: its length is wrong", k.malformed)
	}
	rest, sum := whole[:len(whole)-checksumSize], whole[len(whole)-checksumSize:]
	if subtle.ConstantTimeCompare(k.checksum(rest), sum) != 1 {
		return nil, k.mistyped
	}
	if rest[0] != k.version {
		return nil, k.newer
	}
	if pastedEncoding.EncodeToString(whole) != compact { // stray bits in the last character: one body, one text
		return nil, fmt.Errorf("%w: something follows it", k.malformed)
	}
	return rest[1:], nil
}

func (k *pastedText) checksum(body []byte) []byte {
	h := sha256.New()
	h.Write([]byte(k.label))
	h.Write(body)
	return h.Sum(nil)[:checksumSize]
}

// appendAddresses writes a list of addresses as count (1) | for each: length (2, big-endian), text.
func appendAddresses(body []byte, addresses []string) []byte {
	body = append(body, byte(len(addresses)))
	for _, address := range addresses {
		body = append(body, byte(len(address)>>8), byte(len(address)))
		body = append(body, address...)
	}
	return body
}

// addresses reads what appendAddresses wrote, and nothing else, out of the end of a body.
func (k *pastedText) addresses(rest []byte) (addresses []string, err error) {
	count := int(rest[0])
	rest = rest[1:]
	for range min(count, MaxBrokerAddresses+1) {
		if len(rest) < 2 {
			return nil, fmt.Errorf("%w: a part is missing", k.malformed)
		}
		length := int(rest[0])<<8 | int(rest[1])
		if rest = rest[2:]; len(rest) < length {
			return nil, fmt.Errorf("%w: a part is missing", k.malformed)
		}
		addresses = append(addresses, string(rest[:length]))
		rest = rest[length:]
	}
	if err := CheckBrokers(addresses); err != nil {
		return nil, fmt.Errorf("%w: %w", k.malformed, err)
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%w: something follows it", k.malformed)
	}
	return addresses, nil
}
