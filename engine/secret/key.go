package secret

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
)

// Size is the length of a key in bytes.
const Size = 32

// ErrDestroyed is returned by [Key.Use] and [Key.Clone] when the key was destroyed before.
var ErrDestroyed = errors.New("the key was destroyed")

// Redacted is what a key gives wherever it is printed, logged or encoded.
const Redacted = "[secret]"

// Key is a secret of 32 bytes in locked memory. It is made by [New] or [FromBytes], used by any number of goroutines, and
// must be destroyed by its owner. It cannot be copied by assignment; pass the pointer. The zero Key is a destroyed one.
type Key struct {
	mu      sync.RWMutex
	slot    *slot // nil once destroyed. Behind a pointer, so that not even a printed copy of the struct shows the bytes.
	cleanup runtime.Cleanup
}

// Reserve makes a key of zeros, to be filled by [Key.Change]. A caller that derives keys inside [Do] reserves them before: what is
// allocated inside is dear, and a Key itself holds no secret.
func Reserve() (*Key, error) { return newKey(func([]byte) {}) }

// New makes a key from the system's random source. It fails only when the system gives no memory.
func New() (*Key, error) {
	return newKey(func(to []byte) {
		Do(func() { rand.Read(to) }) // never fails: crypto/rand ends the program where the system has no randomness
	})
}

// FromBytes moves source, which must be [Size] bytes long, into locked memory. Source is wiped in every case, also when
// FromBytes fails.
func FromBytes(source []byte) (*Key, error) {
	defer clear(source)
	if len(source) != Size {
		return nil, fmt.Errorf("a key has %d bytes, not %d", Size, len(source))
	}
	return newKey(func(to []byte) { Do(func() { copy(to, source) }) })
}

func newKey(fill func(to []byte)) (*Key, error) {
	s, err := locked.take()
	if err != nil {
		return nil, err
	}
	fill(s.bytes[:])
	k := &Key{slot: s}
	// A net for a key whose owner forgot it: the slot is wiped when the collector finds the key unreachable.
	k.cleanup = runtime.AddCleanup(k, locked.give, s)
	return k, nil
}

// Use calls f with the key's bytes, inside [Do]. f must neither change nor keep them: after Destroy the same memory belongs
// to another key. f must not destroy the key that it was called with. Use returns [ErrDestroyed], without calling f, when
// the key is gone.
func (k *Key) Use(f func(key []byte)) error {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.with(f)
}

// Change calls f with the key's bytes, inside [Do], as Use does; f may write over them. So a key goes one step along a chain
// without a second slot. It waits for calls of Use and keeps others waiting.
func (k *Key) Change(f func(key []byte)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.with(f)
}

// with calls f with the key's bytes. k.mu is held.
func (k *Key) with(f func(key []byte)) error {
	if k.slot == nil {
		return ErrDestroyed
	}
	bytes := k.slot.bytes[:]
	Do(func() { f(bytes) })
	return nil
}

// Clone copies the key into a slot of its own, which the caller must destroy too. It returns [ErrDestroyed] when the key is gone.
func (k *Key) Clone() (*Key, error) {
	var clone *Key
	var err error
	if used := k.Use(func(key []byte) {
		clone, err = newKey(func(to []byte) { copy(to, key) })
	}); used != nil {
		return nil, used
	}
	return clone, err
}

// Equal compares two keys in constant time. A destroyed key equals none, not even itself.
func (k *Key) Equal(other *Key) bool {
	equal := false
	Do(func() {
		// One lock at a time: two goroutines that compare two keys crosswise must not wait for each other.
		var mine [Size]byte
		if k.Use(func(key []byte) { copy(mine[:], key) }) != nil {
			return
		}
		_ = other.Use(func(key []byte) { equal = subtle.ConstantTimeCompare(mine[:], key) == 1 })
		clear(mine[:])
	})
	return equal
}

// Destroyed tells whether Destroy was called.
func (k *Key) Destroyed() bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.slot == nil
}

// Destroy overwrites the key's bytes. It waits for calls of Use that are still running; further calls do nothing. A nil key may be
// destroyed.
func (k *Key) Destroy() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.slot == nil {
		return
	}
	k.cleanup.Stop()
	locked.give(k.slot)
	k.slot = nil
}

// String gives [Redacted].
func (k *Key) String() string { return Redacted }

// GoString gives [Redacted].
func (k *Key) GoString() string { return Redacted }

// Format writes [Redacted], whatever the verb.
func (k *Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, Redacted) }

// LogValue gives [Redacted].
func (k *Key) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText gives [Redacted]; encoding/json and encoding/xml use it too.
func (k *Key) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON gives [Redacted] as a JSON string.
func (k *Key) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalBinary fails: a key is never encoded.
func (k *Key) MarshalBinary() ([]byte, error) { return nil, errors.New("a key cannot be encoded") }
