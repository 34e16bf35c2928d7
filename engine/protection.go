package engine

import "fmt"

// Mode says how a session's channels carry its flows. The zero value is no mode, so that a forgotten field never means plain.
type Mode uint8

const (
	// Sealed flows are encrypted and authenticated with the session's one-time key.
	Sealed Mode = 1
	// Plain flows are neither; only the opening of each is authenticated.
	Plain Mode = 2
)

// String gives the word that screens, command line and files use.
func (m Mode) String() string {
	switch m {
	case Sealed:
		return "sealed"
	case Plain:
		return "plain"
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// Valid tells whether m is one of the two modes.
func (m Mode) Valid() bool { return m == Sealed || m == Plain }

// Cipher is the algorithm that protects the records of a sealed channel.
type Cipher uint8

const (
	// AES256GCM is used where both ends have AES instructions, or where either runs in FIPS mode.
	AES256GCM Cipher = 1
	// ChaCha20Poly1305 is used where either end has no AES instructions; it is several times cheaper there.
	ChaCha20Poly1305 Cipher = 2
)

// String gives the cipher's usual name.
func (c Cipher) String() string {
	switch c {
	case AES256GCM:
		return "AES-256-GCM"
	case ChaCha20Poly1305:
		return "ChaCha20-Poly1305"
	case 0:
		return "none"
	}
	return fmt.Sprintf("cipher %d", uint8(c))
}

// Valid tells whether c is one of the two ciphers.
func (c Cipher) Valid() bool { return c == AES256GCM || c == ChaCha20Poly1305 }

// MarshalText writes the mode's word.
func (m Mode) MarshalText() ([]byte, error) {
	if m == 0 {
		return nil, nil
	}
	return []byte(m.String()), nil
}

// UnmarshalText reads the mode's word; an empty text is no mode.
func (m *Mode) UnmarshalText(text []byte) error {
	switch string(text) {
	case "sealed":
		*m = Sealed
	case "plain":
		*m = Plain
	case "":
		*m = 0
	default:
		return fmt.Errorf("%q is not a mode", abbreviate(string(text), 16))
	}
	return nil
}

// MarshalText writes the cipher's name.
func (c Cipher) MarshalText() ([]byte, error) {
	if c == 0 {
		return nil, nil
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads the cipher's name; an empty text is no cipher.
func (c *Cipher) UnmarshalText(text []byte) error {
	switch string(text) {
	case "AES-256-GCM":
		*c = AES256GCM
	case "ChaCha20-Poly1305":
		*c = ChaCha20Poly1305
	case "":
		*c = 0
	default:
		return fmt.Errorf("%q is not a cipher", abbreviate(string(text), 32))
	}
	return nil
}
