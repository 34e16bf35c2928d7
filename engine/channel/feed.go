package channel

import (
	"fmt"
	"io"
	"net"
	"sync"

	"lockwire/engine/channel/admission"
	"lockwire/engine/network"
)

// maximumHandshakeBytes is the most that a peer may send during the TLS handshake. One with ML-KEM and certificates as the
// installation's CA makes them takes about 3 KiB; crypto/tls alone would take more than 256 KiB from anybody.
const maximumHandshakeBytes = 16 << 10

// feed is the connection as crypto/tls sees it. It never reads past the end of the TLS record that crypto/tls is reading,
// because crypto/tls would keep what follows the handshake in its own buffer, and it stops a peer that sends too much.
type feed struct {
	net.Conn
	prefix  []byte // was read before, to be read again
	header  [admission.TLSHeaderSize]byte
	unread  int // bytes of header not handed on yet
	missing int // bytes of the record's body not read yet
	total   int

	sent, received int          // bytes on the connection
	closing        network.Info // what the system knew of the connection when it broke or was closed
	noted          sync.Once
}

// Write counts what is sent.
func (f *feed) Write(p []byte) (int, error) {
	n, err := f.Conn.Write(p)
	f.sent += n
	return n, err
}

// note keeps what the system knows of the connection, for the words of the failure. Closing may come while something is read.
func (f *feed) note() {
	f.noted.Do(func() { f.closing, _ = network.ReadInfo(f.Conn) })
}

// Close closes the connection.
func (f *feed) Close() error {
	f.note()
	return f.Conn.Close()
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
		n, err := io.ReadFull(f.Conn, f.header[:])
		if f.received += n; err != nil {
			f.note()
			return 0, err
		}
		length, err := admission.ParseTLSHeader(f.header[:])
		if err != nil {
			return 0, err
		}
		if f.total += admission.TLSHeaderSize + length; f.total > maximumHandshakeBytes {
			return 0, fmt.Errorf("the peer sent more than %d bytes before its handshake was complete", maximumHandshakeBytes)
		}
		f.unread, f.missing = admission.TLSHeaderSize, length
	}
	if f.unread > 0 {
		n := copy(p, f.header[admission.TLSHeaderSize-f.unread:])
		f.unread -= n
		return n, nil
	}
	n, err := f.Conn.Read(p[:min(len(p), f.missing)])
	f.received += n
	f.missing -= n
	if err != nil {
		f.note()
	}
	return n, err
}
