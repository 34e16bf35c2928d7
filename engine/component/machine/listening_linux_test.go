package machine

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestTheTableOfSocketsNamesWhoListens(t *testing.T) {
	for _, network := range []struct{ network, address string }{{"tcp4", "127.0.0.1:0"}, {"tcp4", "0.0.0.0:0"}, {"tcp6", "[::1]:0"}, {"tcp", "[::]:0"}} {
		listener, err := net.Listen(network.network, network.address)
		if err != nil {
			t.Logf("%s: %v", network.address, err)
			continue
		}
		own := listener.Addr().(*net.TCPAddr).AddrPort()
		open, err := ThisMachine{}.Listening(own.Port())
		listener.Close()
		closed, closedErr := ThisMachine{}.Listening(own.Port())
		if err != nil || closedErr != nil || !slices.Equal(open, []netip.AddrPort{own}) || len(closed) != 0 {
			t.Errorf("%s: %v, %v, then %v, %v", own, open, err, closed, closedErr)
		}
	}
}

const socketTitles = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

// failing is what is not to be read.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("read on") }

func TestOnlyTheSocketsThatListenAreRead(t *testing.T) {
	table := socketTitles +
		"   0: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n" +
		"   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n" +
		"   2: 0100007F:1F40 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
	found, err := readListening(io.MultiReader(strings.NewReader(table), failing{}), 8000)
	if err != nil || len(found) != 1 || found[0] != netip.MustParseAddrPort("0.0.0.0:8000") {
		t.Errorf("%v, %v", found, err)
	}
}

func TestATableOfSocketsThatCannotBeReadIsNotKnown(t *testing.T) {
	line := "   0: 00000000:0016 00000000:0000 0A 0 0 0 0 0 0 1\n"
	for name, table := range map[string]string{
		"no socket":  socketTitles + "what\n",
		"no address": socketTitles + "   0: 0000:0016 00000000:0000 0A\n",
		"endless":    socketTitles + strings.Repeat(line, maximumSocketTable/len(line)+1),
	} {
		if found, err := readListening(strings.NewReader(table), 22); err == nil {
			t.Errorf("%s: %d", name, len(found))
		}
	}
}
