package secret

import (
	"fmt"
	"log/slog"
	"sync"
	"unsafe"
)

// chunkSize is how much memory is locked at a time: 2,048 keys. A process may usually lock 8 MiB, 128 chunks.
const chunkSize = 64 << 10

// slot is room for one key in locked memory.
type slot struct{ bytes *[Size]byte }

// arena hands out slots of locked pages. Locked pages are a resource of the process, as its heap is: a page of its own for
// every key would use up the usual limit with 2,048 keys.
type arena struct {
	mu   sync.Mutex
	free []*slot
	warn sync.Once
	// notLocked is why memory that was taken is not locked; nil while all of it is.
	notLocked error
	// allocate gives size bytes of zeroed memory outside the Go heap, not dumped, and locked unless notLocked says why not.
	allocate func(size int) (memory []byte, notLocked, err error)
}

// locked is the one arena of the process.
var locked = &arena{allocate: allocatePages}

// NotLocked says why memory that keys were given may reach the swap space; nil where all of it is locked.
func NotLocked() error {
	locked.mu.Lock()
	defer locked.mu.Unlock()
	return locked.notLocked
}

// take gives a slot full of zeros.
func (a *arena) take() (*slot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.free) == 0 {
		if err := a.grow(); err != nil {
			return nil, err
		}
	}
	last := len(a.free) - 1
	s := a.free[last]
	a.free[last] = nil
	a.free = a.free[:last]
	return s, nil
}

// grow adds one chunk. Chunks are never given back: what a busy hour needed, the next one will.
func (a *arena) grow() error {
	memory, notLocked, err := a.allocate(chunkSize)
	if err != nil {
		return fmt.Errorf("take memory for keys: %w", err)
	}
	if notLocked != nil {
		a.notLocked = notLocked
		a.warn.Do(func() {
			slog.Warn("memory that holds keys could not be locked and may reach the swap space; raise the limit of locked memory (LimitMEMLOCK, ulimit -l)",
				"error", notLocked)
		})
	}
	slots := make([]slot, len(memory)/Size)
	for i := range slots {
		slots[i].bytes = (*[Size]byte)(unsafe.Pointer(&memory[i*Size]))
		a.free = append(a.free, &slots[i])
	}
	return nil
}

// give wipes a slot and takes it back.
func (a *arena) give(s *slot) {
	clear(s.bytes[:])
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, s)
}
