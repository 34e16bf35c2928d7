package session

import (
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"sync"

	"lockwire/engine"
	"lockwire/engine/secret"
)

const (
	// PublicKeySize is the length of a one-time public key: ML-KEM-768 (1,184 bytes), then X25519 (32 bytes).
	PublicKeySize = 1216
	// OneTimeIDSize is the length of the id of a one-time key.
	OneTimeIDSize = 16
	// MaxOneTimeKeys bounds how many unused keys a [KeyRing] holds: as many as a broker keeps of one component. Used ones are
	// replaced within a round trip.
	MaxOneTimeKeys = 64

	oneTimeIDLabel = "lockwire one-time key v1"
)

// kem is the hybrid key encapsulation of SPEC.md, also known as X-Wing.
func kem() hpke.KEM { return hpke.MLKEM768X25519() }

// OneTimeID names a one-time key: the first 16 bytes of SHA-256(label | public key). Both sides compute it from the public
// key, so that an id can never point to another key than the sender meant.
type OneTimeID [OneTimeIDSize]byte

// String writes the id in hexadecimal. It is no secret.
func (id OneTimeID) String() string { return hex.EncodeToString(id[:]) }

// OneTimePublic is the public half of a one-time key, which the component sends to the broker.
type OneTimePublic struct {
	ID  OneTimeID
	Key []byte // PublicKeySize bytes
}

// ParseOneTimePublic takes a public key that came from a component, and checks its length. Whether it can be sealed to only [Mint]
// tells, with a [OneTimeKeyError]: finding out takes more than all else about an attachment, and most keys are never used.
func ParseOneTimePublic(key []byte) (OneTimePublic, error) {
	if len(key) != PublicKeySize {
		return OneTimePublic{}, fmt.Errorf("one-time public key: it has %d bytes, not %d", len(key), PublicKeySize)
	}
	return OneTimePublic{ID: oneTimeID(key), Key: key}, nil
}

func oneTimeID(public []byte) (id OneTimeID) {
	h := sha256.New()
	h.Write([]byte(oneTimeIDLabel))
	h.Write(public)
	copy(id[:], h.Sum(nil))
	return id
}

// Errors of [KeyRing].
var (
	// ErrNoSuchKey: the one-time key was used before, dropped at a reconnect, or never made here.
	ErrNoSuchKey = errors.New("the one-time key is not here: it was used before, or dropped when the connection to the broker was lost")
	// ErrOldGeneration: the keys were for a control stream that is over.
	ErrOldGeneration = errors.New("one-time keys are made for the present connection to the broker only")
	// ErrRingFull: the ring holds [MaxOneTimeKeys] unused keys.
	ErrRingFull = errors.New("there are unused one-time keys enough")
	// ErrSealed: the sealed key was altered, was sealed to another key, or for another installation, session, component or mode.
	ErrSealed = errors.New("the sealed session key does not open")
)

// KeyRing holds a component's unused one-time private keys. Of each it keeps only the 32-byte seed, in locked memory.
// It is safe for concurrent use; [KeyRing.DropAll] must be called when it is no longer needed.
//
// The keys of one control stream are a generation. Component and broker number it alike, so that neither keeps keys that
// belong to another stream and that the other end does not have.
type KeyRing struct {
	mu         sync.Mutex
	generation uint64
	seeds      map[OneTimeID]*secret.Key
	making     int // how many keys of the present generation are being made, without the lock: an offer is opened meanwhile
}

// NewKeyRing makes an empty ring.
func NewKeyRing() *KeyRing { return &KeyRing{seeds: make(map[OneTimeID]*secret.Key)} }

// Make makes n one-time keys of the present generation and gives their public halves. It returns [ErrOldGeneration] for another
// one and [ErrRingFull] when the ring would hold more than [MaxOneTimeKeys], and has made none then.
func (r *KeyRing) Make(generation uint64, n int) ([]OneTimePublic, error) {
	return r.make(generation, func(int) int { return n })
}

// Refill makes as many keys of the present generation as bring the ring to full, where it holds fewer than low. Its errors are
// those of [KeyRing.Make].
func (r *KeyRing) Refill(generation uint64, low, full int) ([]OneTimePublic, error) {
	return r.make(generation, func(held int) int {
		if held >= low {
			return 0
		}
		return full - held
	})
}

// make makes as many keys as are missing of those that the ring holds and that are being made.
func (r *KeyRing) make(generation uint64, missing func(held int) int) ([]OneTimePublic, error) {
	n, err := r.beginMaking(generation, missing)
	if err != nil || n == 0 {
		return nil, err
	}
	made := make([]OneTimePublic, 0, n)
	seeds := make(map[OneTimeID]*secret.Key, n)
	var failed error
	for range n {
		seed, err := secret.New()
		if err != nil {
			failed = fmt.Errorf("make one-time key: %w", err)
			break
		}
		public, err := publicOf(seed)
		if err != nil {
			seed.Destroy()
			failed = fmt.Errorf("make one-time key: %w", err)
			break
		}
		id := oneTimeID(public)
		seeds[id] = seed
		made = append(made, OneTimePublic{ID: id, Key: public})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if generation != r.generation { // the control stream ended meanwhile
		failed = fmt.Errorf("make %d one-time keys: %w", n, ErrOldGeneration)
	} else {
		r.making -= n
	}
	if failed != nil {
		for _, seed := range seeds {
			seed.Destroy()
		}
		return nil, failed
	}
	maps.Copy(r.seeds, seeds)
	return made, nil
}

// beginMaking takes the room for the keys that are missing, and tells how many these are.
func (r *KeyRing) beginMaking(generation uint64, missing func(held int) int) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := len(r.seeds) + r.making
	n := missing(held)
	switch {
	case generation != r.generation:
		return 0, fmt.Errorf("make %d one-time keys: %w", n, ErrOldGeneration)
	case n < 0 || held+n > MaxOneTimeKeys:
		return 0, fmt.Errorf("make %d one-time keys: %w", n, ErrRingFull)
	}
	r.making += n
	return n, nil
}

// publicOf expands a seed to its public key.
func publicOf(seed *secret.Key) ([]byte, error) {
	public := make([]byte, PublicKeySize)
	var failed error
	err := seed.Use(func(bytes []byte) {
		secret.Trace("one-time key", bytes)
		private, err := kem().NewPrivateKey(bytes)
		if err != nil {
			failed = err
			return
		}
		copy(public, private.PublicKey().Bytes())
	})
	if err != nil {
		return nil, err
	}
	return public, failed
}

// Open takes the one-time key that sealed names, opens the session key with it and drops it, whether or not that works.
// What the key was sealed for must be what the component expects: the binding, and its own id.
// It returns [ErrNoSuchKey] or [ErrSealed]. The caller destroys the session key.
func (r *KeyRing) Open(sealed SealedKey, binding Binding, component engine.ID) (*secret.Key, error) {
	seed := r.take(sealed.OneTimeKey)
	if seed == nil {
		return nil, fmt.Errorf("open session key: %w", ErrNoSuchKey)
	}
	defer seed.Destroy()
	key, err := open(seed, sealed.Bytes, binding, component)
	if err != nil {
		return nil, fmt.Errorf("open session key: %w", err)
	}
	return key, nil
}

// Drop destroys the one-time key with that id, if it is here: for an offer that is refused unopened.
func (r *KeyRing) Drop(id OneTimeID) { r.take(id).Destroy() }

func (r *KeyRing) take(id OneTimeID) *secret.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	seed := r.seeds[id]
	delete(r.seeds, id)
	return seed
}

// DropAll destroys every unused key, and makes no more of the present generation.
func (r *KeyRing) DropAll() { r.Renew() }

// Renew destroys every unused key and begins the next generation, whose number it gives: at each reconnect, for the broker
// forgets the public halves of a lost connection.
func (r *KeyRing) Renew() (generation uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.generation++
	r.making = 0 // what is being made is of the generation before, and is destroyed
	for _, seed := range r.seeds {
		seed.Destroy()
	}
	clear(r.seeds)
	return r.generation
}
