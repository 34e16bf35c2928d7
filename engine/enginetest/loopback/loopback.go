// Package loopback finds addresses for tests to listen on.
package loopback

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// The ports lie below those that systems give to connections and to listeners that ask for any port, and above those of
// services. They come in blocks: a process takes a block by listening on its first port until it ends, and gives out the others
// in turn. So no other test gets an address between the moment at which it is found free and the moment at which somebody
// listens there, nor while a program that is started again has let go of it.
const (
	lowest    = 20_480 // those of host.FreeAddress lie below
	blockSize = 256
	blocks    = 48
)

// block is this process's.
var block struct {
	sync.Mutex
	first int
	last  int // the port that was given out last, counted from first
	taken net.Listener
}

// FreeAddress finds an address on 127.0.0.1 that nothing listens on. No other process gets it while this one runs, and this
// one only after all others of its block.
func FreeAddress() (string, error) {
	block.Lock()
	defer block.Unlock()
	if block.taken == nil {
		if err := takeBlock(); err != nil {
			return "", err
		}
	}
	for range blockSize - 1 {
		block.last = block.last%(blockSize-1) + 1
		listener, err := net.Listen("tcp", address(block.first+block.last))
		if err == nil {
			return listener.Addr().String(), listener.Close()
		}
	}
	return "", fmt.Errorf("all ports from %d to %d are taken", block.first+1, block.first+blockSize-1)
}

// Address is FreeAddress for a test.
func Address(t testing.TB) string {
	t.Helper()
	address, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// takeBlock looks for a block that no process has.
func takeBlock() error {
	for _, number := range rand.Perm(blocks) {
		first := lowest + number*blockSize
		if listener, err := net.Listen("tcp", address(first)); err == nil {
			block.first, block.taken = first, listener
			return nil
		}
	}
	return errors.New("every block of ports is taken by a test")
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
