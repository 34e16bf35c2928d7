// Package loopback finds addresses for tests to listen on.
package loopback

import (
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports lie below those that systems give to connections and to listeners that ask for any port, and above those of
// services: what was found free is not given to somebody else before the test listens there.
const (
	lowest  = 16_384
	highest = 32_767
)

// FreeAddress finds an address on 127.0.0.1 that nothing listens on.
func FreeAddress() (string, error) {
	const tries = 100
	var failed error
	for range tries {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(highest-lowest+1)))
		listener, err := net.Listen("tcp", address)
		if err == nil {
			return address, listener.Close()
		}
		failed = err
	}
	return "", failed
}
