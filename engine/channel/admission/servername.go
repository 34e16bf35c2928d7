package admission

import (
	"encoding/hex"
	"fmt"

	"lockwire/engine"
)

// ServerName is the SNI of a session's handshakes: its id as 32 hexadecimal digits.
func ServerName(id engine.ID) (string, error) {
	b, err := id.Bytes()
	return hex.EncodeToString(b[:]), err
}

// SessionOf reads a server name. Only the lower-case form that ServerName writes is accepted.
func SessionOf(name string) (engine.ID, error) {
	var b [16]byte
	if len(name) == 2*len(b) {
		if _, err := hex.Decode(b[:], []byte(name)); err == nil && hex.EncodeToString(b[:]) == name {
			return engine.IDFromBytes(b), nil
		}
	}
	return "", fmt.Errorf("%w: the server name is no session id", ErrClientHello)
}
