package machine

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"lockwire/engine"
)

// maximumSocketTable bounds what is read of a table of sockets: some 27,000 listening ones.
const maximumSocketTable = 4 << 20

// Listening implements System.
func (ThisMachine) Listening(port uint16) ([]netip.AddrPort, error) {
	var all []netip.AddrPort
	for _, path := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(path, "6") {
			continue // a system without IPv6
		}
		if err != nil {
			return nil, err
		}
		found, err := readListening(file, port)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, netip.AddrPort.Compare)
	return slices.Compact(all), nil
}

// readListening reads the sockets that listen on a port. The kernel lists all that listen before any other, so that the rest,
// which can be long, is not read.
func readListening(table io.Reader, port uint16) ([]netip.AddrPort, error) {
	const listening = "0A"
	limited := &io.LimitedReader{R: table, N: maximumSocketTable}
	lines := bufio.NewScanner(limited)
	lines.Scan() // the titles
	var found []netip.AddrPort
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 {
			return nil, fmt.Errorf("the line %q is not a socket", lines.Text())
		}
		if fields[3] != listening {
			return found, nil
		}
		local, err := parseSocket(fields[1])
		if err != nil {
			return nil, err
		}
		if local.Port() == port {
			found = append(found, local)
		}
	}
	if limited.N <= 0 {
		return nil, fmt.Errorf("more than %d bytes of sockets", maximumSocketTable)
	}
	return found, lines.Err()
}

// parseSocket reads an address as the kernel writes it: 32-bit words in the machine's order, in hexadecimal, and the port.
func parseSocket(text string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(text, ":")
	words, err := hex.DecodeString(host)
	number, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(words) != 4 && len(words) != 16 {
		return netip.AddrPort{}, fmt.Errorf("%q is not an address of a socket", text)
	}
	for i := 0; i < len(words); i += 4 {
		binary.NativeEndian.PutUint32(words[i:], binary.BigEndian.Uint32(words[i:]))
	}
	address, _ := netip.AddrFromSlice(words)
	return netip.AddrPortFrom(engine.PlainAddress(address), uint16(number)), nil
}
