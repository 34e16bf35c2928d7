package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// bytesOf copies a key's bytes, which only a test may do.
func bytesOf(t *testing.T, k *Key) []byte {
	t.Helper()
	var out []byte
	if err := k.Use(func(key []byte) { out = bytes.Clone(key) }); err != nil {
		t.Fatal(err)
	}
	return out
}

func newKeyForTest(t *testing.T) *Key {
	t.Helper()
	k, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Destroy)
	return k
}

func TestNewKeysAreRandomAndDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		seen[string(bytesOf(t, newKeyForTest(t)))] = true
	}
	if len(seen) != 100 || seen[string(make([]byte, Size))] {
		t.Errorf("%d different keys in 100, zero among them: %v", len(seen), seen[string(make([]byte, Size))])
	}
}

func TestFromBytesTakesTheKeyAndWipesItsSource(t *testing.T) {
	source := bytes.Repeat([]byte{7}, Size)
	k, err := FromBytes(source)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Destroy()
	if !bytes.Equal(bytesOf(t, k), bytes.Repeat([]byte{7}, Size)) {
		t.Error("the key has other bytes")
	}
	if !bytes.Equal(source, make([]byte, Size)) {
		t.Error("the source was not wiped")
	}
	short := []byte{1, 2, 3}
	if _, err := FromBytes(short); err == nil || !bytes.Equal(short, make([]byte, 3)) {
		t.Errorf("3 bytes: %v, left %v", err, short)
	}
}

func TestDestroyWipesTheMemory(t *testing.T) {
	k := newKeyForTest(t)
	memory := k.slot.bytes
	if *memory == [Size]byte{} {
		t.Fatal("the key is all zeros")
	}
	k.Destroy()
	k.Destroy()
	if *memory != [Size]byte{} {
		t.Error("the memory still holds the key")
	}
	if !k.Destroyed() {
		t.Error("Destroyed says no")
	}
	if err := k.Use(func([]byte) { t.Error("Use gave a destroyed key") }); !errors.Is(err, ErrDestroyed) {
		t.Errorf("Use: %v", err)
	}
	if _, err := k.Clone(); !errors.Is(err, ErrDestroyed) {
		t.Errorf("Clone: %v", err)
	}
	(*Key)(nil).Destroy()
	new(Key).Destroy()
}

func TestDestroyWaitsForUse(t *testing.T) {
	k := newKeyForTest(t)
	inUse, destroyed := make(chan struct{}), make(chan struct{})
	go func() {
		<-inUse
		k.Destroy()
		close(destroyed)
	}()
	_ = k.Use(func(key []byte) {
		before := bytes.Clone(key)
		close(inUse)
		for range 100 {
			runtime.Gosched()
		}
		if !bytes.Equal(before, key) {
			t.Error("the key was wiped under its user")
		}
	})
	<-destroyed
}

func TestForgottenKeyIsWiped(t *testing.T) {
	memory := func() *[Size]byte {
		k, err := New()
		if err != nil {
			t.Fatal(err)
		}
		return k.slot.bytes
	}()
	for range 10_000 { // cleanups run some time after the collection that finds the key
		runtime.GC()
		locked.mu.Lock()
		wiped := *memory == [Size]byte{}
		locked.mu.Unlock()
		if wiped {
			return
		}
		runtime.Gosched()
	}
	t.Error("the memory still holds the key")
}

func TestEqual(t *testing.T) {
	one, other := newKeyForTest(t), newKeyForTest(t)
	same, err := one.Clone()
	if err != nil {
		t.Fatal(err)
	}
	if !one.Equal(same) || !one.Equal(one) || one.Equal(other) {
		t.Error("Equal is wrong")
	}
	same.Destroy()
	if one.Equal(same) || same.Equal(one) || same.Equal(same) {
		t.Error("a destroyed key equals one")
	}
}

func TestKeysAreUsedFromManyGoroutines(t *testing.T) {
	one, other := newKeyForTest(t), newKeyForTest(t)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 200 {
				one.Equal(other)
				other.Equal(one)
				k, err := New()
				if err != nil {
					t.Error(err)
					return
				}
				k.Destroy()
			}
		})
	}
	running.Go(one.Destroy)
	running.Wait()
}

func TestKeyIsChangedWhereItLies(t *testing.T) {
	k, err := FromBytes(bytes.Repeat([]byte{1}, Size))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Destroy()
	var before, after *byte
	if err := k.Change(func(key []byte) {
		before = &key[0]
		copy(key, bytes.Repeat([]byte{2}, Size))
	}); err != nil {
		t.Fatal(err)
	}
	if err := k.Use(func(key []byte) {
		if after = &key[0]; !bytes.Equal(key, bytes.Repeat([]byte{2}, Size)) {
			t.Errorf("it holds %x", key)
		}
	}); err != nil || before != after {
		t.Errorf("it moved, or %v", err)
	}
	k.Destroy()
	if err := k.Change(func([]byte) { t.Error("called for a key that is gone") }); !errors.Is(err, ErrDestroyed) {
		t.Errorf("Change of a destroyed key: %v", err)
	}
}

func TestKeyNeverPrintsItself(t *testing.T) {
	key := bytes.Repeat([]byte{0xc3}, Size)
	k, err := FromBytes(bytes.Clone(key))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Destroy()
	holder := struct {
		Key   *Key
		Other string
	}{k, "seen"}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%c", "%p", "%T"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", k, holder)
	}
	fmt.Fprint(&out, k, holder, fmt.Errorf("%v", k), k.String(), k.GoString())
	fmt.Fprintf(&out, "%+v %#v", copyOf(k), copyOf(k)) // a mistake that go vet finds must not leak either
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("text", "key", k, "holder", holder)
	log = slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("json", "key", k, "holder", holder)
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	if text, err := k.MarshalText(); err != nil {
		t.Error(err)
	} else {
		out.Write(text)
	}
	if _, err := k.MarshalBinary(); err == nil {
		t.Error("MarshalBinary worked")
	}
	for _, form := range []string{"c3c3", "C3C3", "195 195", "195,195", "w8PD", `\xc3`, "0xc3", "11000011 1100", string(key[:4])} {
		if strings.Contains(out.String(), form) {
			t.Errorf("%q is in what was printed", form)
		}
	}
	if !strings.Contains(string(encoded), Redacted) || !strings.Contains(string(encoded), "seen") {
		t.Errorf("JSON: %s", encoded)
	}
}

// copyOf copies the struct past go vet.
func copyOf(k *Key) any {
	var out any = struct {
		slot *slot
	}{k.slot}
	return out
}
