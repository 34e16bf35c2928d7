package session

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// side is one component of a test: its id, its ring and a one-time key of it.
type side struct {
	id     engine.ID
	ring   *KeyRing
	public OneTimePublic
}

func newSide(t *testing.T) side {
	t.Helper()
	ring := NewKeyRing()
	t.Cleanup(ring.DropAll)
	made, err := ring.Make(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return side{id: engine.NewID(), ring: ring, public: made[0]}
}

// bindingOf names a new session of an installation of its own.
func bindingOf(mode engine.Mode) Binding { return Binding{engine.NewID(), engine.NewID(), mode} }

func (s side) recipient() Recipient { return Recipient{Component: s.id, OneTime: s.public} }

// steps gives a clock that moves on by a second at each reading.
func steps(from time.Time) func() time.Time {
	return func() time.Time {
		from = from.Add(time.Second)
		return from
	}
}

var start = time.Date(2026, 5, 4, 22, 0, 0, 0, time.UTC)

func TestMintGivesBothEndsTheSameKey(t *testing.T) {
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		t.Run(mode.String(), func(t *testing.T) {
			source, target, of := newSide(t), newSide(t), bindingOf(mode)
			minted, err := Mint(of, source.recipient(), target.recipient(), steps(start))
			if err != nil {
				t.Fatal(err)
			}
			if !minted.Made.After(start) || !minted.Wiped.After(minted.Made) {
				t.Errorf("made %v and wiped %v are not in order", minted.Made, minted.Wiped)
			}
			a, err := source.ring.Open(minted.Source, of, source.id)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Destroy()
			b, err := target.ring.Open(minted.Target, of, target.id)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Destroy()
			if !a.Equal(b) {
				t.Error("the two ends have different keys")
			}
			again, err := Mint(of, newSide(t).recipient(), newSide(t).recipient(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			if string(again.Source.Bytes) == string(minted.Source.Bytes) {
				t.Error("two keys sealed alike")
			}
		})
	}
}

func TestASealedKeyOpensOnce(t *testing.T) {
	source, target, of := newSide(t), newSide(t), bindingOf(engine.Sealed)
	minted, err := Mint(of, source.recipient(), target.recipient(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := source.ring.Open(minted.Source, of, source.id)
	if err != nil {
		t.Fatal(err)
	}
	key.Destroy()
	if _, err := source.ring.Open(minted.Source, of, source.id); !errors.Is(err, ErrNoSuchKey) {
		t.Errorf("second opening: %v, want %v", err, ErrNoSuchKey)
	}
	if n := len(source.ring.seeds); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}

func TestASealedKeyOpensOnlyForWhatItWasSealedFor(t *testing.T) {
	of := bindingOf(engine.Sealed)
	for name, try := range map[string]func(s side, sealed SealedKey) (*secret.Key, error){
		"another session": func(s side, k SealedKey) (*secret.Key, error) {
			return s.ring.Open(k, Binding{of.Installation, engine.NewID(), of.Mode}, s.id)
		},
		"the same session of another installation": func(s side, k SealedKey) (*secret.Key, error) {
			return s.ring.Open(k, Binding{engine.NewID(), of.Session, of.Mode}, s.id)
		},
		"another component": func(s side, k SealedKey) (*secret.Key, error) {
			return s.ring.Open(k, of, engine.NewID())
		},
		"another mode": func(s side, k SealedKey) (*secret.Key, error) {
			return s.ring.Open(k, Binding{of.Installation, of.Session, engine.Plain}, s.id)
		},
		"cut short": func(s side, k SealedKey) (*secret.Key, error) {
			return s.ring.Open(SealedKey{k.OneTimeKey, k.Bytes[:len(k.Bytes)-1]}, of, s.id)
		},
		"another version": func(s side, k SealedKey) (*secret.Key, error) {
			k.Bytes[0]++
			return s.ring.Open(k, of, s.id)
		},
		"the other end's": func(s side, k SealedKey) (*secret.Key, error) {
			other, err := Mint(of, newSide(t).recipient(), newSide(t).recipient(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			return s.ring.Open(SealedKey{k.OneTimeKey, other.Target.Bytes}, of, s.id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSide(t)
			minted, err := Mint(of, s.recipient(), newSide(t).recipient(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			key, err := try(s, minted.Source)
			if !errors.Is(err, ErrSealed) {
				t.Errorf("%v, want %v", err, ErrSealed)
			}
			if key != nil {
				t.Error("a key came out")
			}
			if len(s.ring.seeds) != 0 {
				t.Error("the one-time key outlived its first use")
			}
		})
	}
}

func TestAnyFlippedBitOfASealedKeyIsNoticed(t *testing.T) {
	of := bindingOf(engine.Sealed)
	s := newSide(t)
	minted, err := Mint(of, s.recipient(), newSide(t).recipient(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	seed := s.ring.take(s.public.ID)
	defer seed.Destroy()
	for i := range minted.Source.Bytes {
		minted.Source.Bytes[i] ^= 1 << (i % 8)
		if key, err := open(seed, minted.Source.Bytes, of, s.id); !errors.Is(err, ErrSealed) {
			// The top bit of an X25519 public key is ignored by the algorithm, but not by the KEM, which hashes it.
			t.Errorf("byte %d: %v, %v", i, key, err)
		}
		minted.Source.Bytes[i] ^= 1 << (i % 8)
	}
	key, err := open(seed, minted.Source.Bytes, of, s.id)
	if err != nil {
		t.Fatalf("unaltered: %v", err)
	}
	key.Destroy()
}

func TestMintRefuses(t *testing.T) {
	s, other := newSide(t), newSide(t)
	wrongID := other.recipient()
	wrongID.OneTime.ID[0]++
	short := other.recipient()
	short.OneTime.Key = short.OneTime.Key[:100]
	garbled := other.recipient()
	garbled.OneTime.Key = make([]byte, PublicKeySize)
	for i := range garbled.OneTime.Key {
		garbled.OneTime.Key[i] = 0xff // coefficients above the modulus
	}
	garbled.OneTime.ID = oneTimeID(garbled.OneTime.Key)
	for name, c := range map[string]struct {
		of             Binding
		source, target Recipient
	}{
		"no session id":       {Binding{engine.NewID(), "", engine.Sealed}, s.recipient(), other.recipient()},
		"no installation":     {Binding{"", engine.NewID(), engine.Sealed}, s.recipient(), other.recipient()},
		"no mode":             {bindingOf(0), s.recipient(), other.recipient()},
		"no component":        {bindingOf(engine.Sealed), Recipient{OneTime: s.public}, other.recipient()},
		"one key for both":    {bindingOf(engine.Sealed), s.recipient(), Recipient{other.id, s.public}},
		"id of another key":   {bindingOf(engine.Sealed), s.recipient(), wrongID},
		"short public key":    {bindingOf(engine.Sealed), s.recipient(), short},
		"no point of the KEM": {bindingOf(engine.Sealed), s.recipient(), garbled},
	} {
		t.Run(name, func(t *testing.T) {
			minted, err := Mint(c.of, c.source, c.target, time.Now)
			if err == nil || minted.Source.Bytes != nil {
				t.Errorf("minted %d bytes, error %v", len(minted.Source.Bytes), err)
			}
		})
	}
}

func TestKeyRing(t *testing.T) {
	ring := NewKeyRing()
	defer ring.DropAll()
	made, err := ring.Make(0, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, public := range made {
		parsed, err := ParseOneTimePublic(public.Key)
		if err != nil || parsed.ID != public.ID {
			t.Errorf("parsed id %s, made %s, error %v", parsed.ID, public.ID, err)
		}
	}
	if _, err := ring.Make(0, MaxOneTimeKeys-2); !errors.Is(err, ErrRingFull) {
		t.Errorf("too many: %v", err)
	}
	if _, err := ring.Make(0, -1); err == nil {
		t.Error("made a negative number of keys")
	}
	ring.Drop(made[0].ID)
	ring.Drop(made[0].ID)
	if len(ring.seeds) != 2 {
		t.Errorf("%d keys after a drop, want 2", len(ring.seeds))
	}
	seed := ring.seeds[made[1].ID]
	ring.DropAll()
	if len(ring.seeds) != 0 || !seed.Destroyed() {
		t.Error("a key outlived DropAll")
	}
	if _, err := ParseOneTimePublic(made[0].Key[1:]); err == nil {
		t.Error("took a short public key")
	}
}

// What refills a ring may do so for a connection that is over by then. No key comes of it: the broker would never get it, or
// would keep one that is not here any more.
func TestNoKeysAreMadeForAnOldGeneration(t *testing.T) {
	ring := NewKeyRing()
	defer ring.DropAll()
	before := ring.Renew()
	present := ring.Renew()
	for name, make := range map[string]func() ([]OneTimePublic, error){
		"make":   func() ([]OneTimePublic, error) { return ring.Make(before, 1) },
		"refill": func() ([]OneTimePublic, error) { return ring.Refill(before, 6, 8) },
	} {
		if keys, err := make(); !errors.Is(err, ErrOldGeneration) || len(keys) != 0 || len(ring.seeds) != 0 {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
	for i, want := range []int{8, 0} {
		if keys, err := ring.Refill(present, 6, 8); err != nil || len(keys) != want {
			t.Errorf("refill %d made %d keys, %v", i, len(keys), err)
		}
	}
	ring.DropAll()
	if _, err := ring.Make(present, 1); !errors.Is(err, ErrOldGeneration) {
		t.Errorf("after the last connection: %v", err)
	}
}

// Keys are made without the lock, so that an offer can be opened meanwhile. What is made for a control stream that ends before is of no use.
func TestKeysThatAreBeingMadeGoWithTheirGeneration(t *testing.T) {
	ring := NewKeyRing()
	defer ring.DropAll()
	const full = 8
	generation := ring.Renew()
	var made sync.WaitGroup
	for range 4 {
		made.Go(func() {
			for range 20 {
				keys, err := ring.Refill(generation, full, full)
				if err != nil && !errors.Is(err, ErrOldGeneration) {
					t.Error(err)
				}
				for _, key := range keys[:len(keys)/2] {
					ring.Drop(key.ID)
				}
			}
		})
	}
	for range 10 {
		runtime.Gosched()
	}
	next := ring.Renew()
	made.Wait()
	ring.mu.Lock()
	held, making := len(ring.seeds), ring.making
	ring.mu.Unlock()
	if held != 0 || making != 0 {
		t.Errorf("the next generation begins with %d keys, and %d that are being made", held, making)
	}
	var all atomic.Int64
	for range 4 {
		made.Go(func() {
			keys, err := ring.Refill(next, full, full)
			if err != nil {
				t.Error(err)
			}
			all.Add(int64(len(keys)))
		})
	}
	made.Wait()
	if all.Load() != full {
		t.Errorf("four refills at once made %d keys, not %d", all.Load(), full)
	}
}
