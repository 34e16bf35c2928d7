package admission

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
)

// MaximumClientHello is the most bytes of TLS records in which a ClientHello must be complete. One with the shares of both
// hybrid groups takes about 2.8 KiB.
const MaximumClientHello = 4 << 10

const (
	tlsHandshakeRecord  = 22
	tlsClientHello      = 1
	tlsHandshakeHeader  = 4
	extensionServerName = 0
)

// ReadClientHello reads TLS records until a ClientHello is complete and gives them, to be read again by crypto/tls, and the
// server name in it. It reads no byte beyond them, and neither reads nor allocates more than MaximumClientHello.
func ReadClientHello(r io.Reader) (raw []byte, name string, err error) {
	var message []byte
	for {
		var header [TLSHeaderSize]byte
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return nil, "", fmt.Errorf("%w: %w", ErrClientHello, err)
		}
		length, err := ParseTLSHeader(header[:])
		if err != nil {
			return nil, "", fmt.Errorf("%w: %w", ErrClientHello, err)
		}
		if header[0] != tlsHandshakeRecord || len(raw)+TLSHeaderSize+length > MaximumClientHello {
			return nil, "", fmt.Errorf("%w: it does not begin with one of at most %d bytes", ErrClientHello, MaximumClientHello)
		}
		start := len(raw) + TLSHeaderSize
		raw = append(raw, header[:]...)
		raw = append(raw, make([]byte, length)...)
		if _, err := io.ReadFull(r, raw[start:]); err != nil {
			return nil, "", fmt.Errorf("%w: %w", ErrClientHello, err)
		}
		message = append(message, raw[start:]...)
		complete, err := isComplete(message)
		if err != nil {
			return nil, "", err
		}
		if complete {
			name, err := parseClientHello(message)
			return raw, name, err
		}
	}
}

// isComplete tells whether a handshake message is all there; it must be a ClientHello that can fit.
func isComplete(message []byte) (bool, error) {
	if message[0] != tlsClientHello {
		return false, fmt.Errorf("%w: another handshake message", ErrClientHello)
	}
	if len(message) < tlsHandshakeHeader {
		return false, nil
	}
	length := tlsHandshakeHeader + (int(message[1])<<16 | int(message[2])<<8 | int(message[3]))
	switch {
	case length > MaximumClientHello:
		return false, fmt.Errorf("%w: %d bytes", ErrClientHello, length)
	case len(message) > length:
		return false, fmt.Errorf("%w: more follows in its record", ErrClientHello)
	}
	return len(message) == length, nil
}

// parseClientHello finds the server name. It understands as much of the message as that needs; crypto/tls reads the rest
// later and must find the same name.
func parseClientHello(message []byte) (name string, err error) {
	malformed := fmt.Errorf("%w: it is malformed", ErrClientHello)
	var (
		s                                             = cryptobyte.String(message)
		kind                                          uint8
		body, session, suites, compression, extension cryptobyte.String
	)
	if !s.ReadUint8(&kind) || kind != tlsClientHello || !s.ReadUint24LengthPrefixed(&body) || !s.Empty() ||
		!body.Skip(2+32) || // version and random
		!body.ReadUint8LengthPrefixed(&session) || !body.ReadUint16LengthPrefixed(&suites) || !body.ReadUint8LengthPrefixed(&compression) {
		return "", malformed
	}
	if body.Empty() || !body.ReadUint16LengthPrefixed(&extension) || !body.Empty() {
		return "", malformed
	}
	for !extension.Empty() {
		var number uint16
		var value cryptobyte.String
		if !extension.ReadUint16(&number) || !extension.ReadUint16LengthPrefixed(&value) {
			return "", malformed
		}
		if number != extensionServerName {
			continue
		}
		if name != "" {
			return "", malformed
		}
		if name, err = parseServerName(value); err != nil {
			return "", malformed
		}
	}
	if name == "" {
		return "", fmt.Errorf("%w: no server name", ErrClientHello)
	}
	return name, nil
}

// parseServerName reads the extension of that name (RFC 6066, section 3): exactly one name, of kind host name.
func parseServerName(value cryptobyte.String) (string, error) {
	var list, name cryptobyte.String
	var kind uint8
	if !value.ReadUint16LengthPrefixed(&list) || !value.Empty() ||
		!list.ReadUint8(&kind) || kind != 0 || !list.ReadUint16LengthPrefixed(&name) || !list.Empty() || name.Empty() {
		return "", errors.New("not one host name")
	}
	return string(name), nil
}
