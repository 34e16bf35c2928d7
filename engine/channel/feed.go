package channel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// maxHandshakeBytes is the most that a peer may send during the TLS handshake. One with ML-KEM and certificates as the
// installation's CA makes them takes about 3 KiB; crypto/tls alone would take more than 256 KiB from a stranger.
const maxHandshakeBytes = 16 << 10

const (
	tlsHeaderSize = 5
	tlsMaxRecord  = 16<<10 + 256
)

// feed is the connection as crypto/tls sees it. It never reads past the end of the TLS record that crypto/tls is reading,
// because crypto/tls would keep what follows the handshake in its own buffer, and it stops a peer that sends too much.
type feed struct {
	net.Conn
	prefix  []byte // was read before, to be read again
	header  [tlsHeaderSize]byte
	unread  int // bytes of header not handed on yet
	missing int // bytes of the record's body not read yet
	total   int
}

// Read gives bytes of one TLS record only.
func (f *feed) Read(p []byte) (int, error) {
	if len(f.prefix) > 0 {
		n := copy(p, f.prefix)
		f.prefix = f.prefix[n:]
		return n, nil
	}
	if len(p) == 0 {
		return 0, nil
	}
	if f.unread == 0 && f.missing == 0 {
		if _, err := io.ReadFull(f.Conn, f.header[:]); err != nil {
			return 0, err
		}
		length, err := parseTLSHeader(f.header[:])
		if err != nil {
			return 0, err
		}
		if f.total += tlsHeaderSize + length; f.total > maxHandshakeBytes {
			return 0, fmt.Errorf("the peer sent more than %d bytes before its handshake was complete", maxHandshakeBytes)
		}
		f.unread, f.missing = tlsHeaderSize, length
	}
	if f.unread > 0 {
		n := copy(p, f.header[tlsHeaderSize-f.unread:])
		f.unread -= n
		return n, nil
	}
	n, err := f.Conn.Read(p[:min(len(p), f.missing)])
	f.missing -= n
	return n, err
}

// parseTLSHeader reads the header of a TLS record and gives the length of its body, 1 to tlsMaxRecord.
func parseTLSHeader(header []byte) (length int, err error) {
	length = int(binary.BigEndian.Uint16(header[3:]))
	switch kind := header[0]; {
	case kind < 20 || kind > 23 || header[1] != 3 || header[2] > 4:
		return 0, errors.New("not a TLS record")
	case length == 0 || length > tlsMaxRecord:
		return 0, fmt.Errorf("a TLS record of %d bytes", length)
	}
	return length, nil
}
