package admission

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// TLSHeaderSize is the length of the header of a TLS record.
const TLSHeaderSize = 5

const tlsMaxRecord = 16<<10 + 256

// ParseTLSHeader reads the header of a TLS record and gives the length of its body, 1 to tlsMaxRecord.
func ParseTLSHeader(header []byte) (length int, err error) {
	length = int(binary.BigEndian.Uint16(header[3:]))
	switch kind := header[0]; {
	case kind < 20 || kind > 23 || header[1] != 3 || header[2] > 4:
		return 0, errors.New("not a TLS record")
	case length == 0 || length > tlsMaxRecord:
		return 0, fmt.Errorf("a TLS record of %d bytes", length)
	}
	return length, nil
}
