//go:build goexperiment.runtimesecret && linux && (amd64 || arm64)

package secret

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
)

// scan counts how often needle, given inverted so that the search itself holds no copy, lies in this process's writable memory.
func scan(t *testing.T, inverted [16]byte) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skipf("cannot read the memory map: %v", err)
	}
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Skipf("cannot read the memory: %v", err)
	}
	defer memory.Close()
	// The window lies in a mapping of its own that the scan leaves out: it would find what it copies there.
	window, _, err := allocatePages(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") {
			continue
		}
		for ; from < to; from += uint64(len(window)) - 16 {
			n, err := memory.ReadAt(window[:min(uint64(len(window)), to-from)], int64(from))
			if err != nil && err != io.EOF {
				break
			}
			found += count(window[:n], inverted)
			clear(window)
		}
	}
	return found
}

func count(in []byte, inverted [16]byte) int {
	found := 0
	for {
		at := bytes.IndexByte(in, ^inverted[0])
		if at < 0 || len(in)-at < len(inverted) {
			return found
		}
		same := true
		for i, b := range inverted {
			same = same && in[at+i] == ^b
		}
		if same {
			found++
		}
		in = in[at+1:]
	}
}

// user holds what is derived from a key, as a channel does.
type user struct{ aead cipher.AEAD }

// TestNoCopyOfAKeyIsLeftAfterErase looks for the first half of a key's bytes: the AES key schedule begins with them.
func TestNoCopyOfAKeyIsLeftAfterErase(t *testing.T) {
	k := newKeyForTest(t)
	var inverted [16]byte
	u := new(user)
	err := k.Use(func(key []byte) {
		for i := range inverted {
			inverted[i] = ^key[i]
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Error(err)
			return
		}
		if u.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
			t.Error(err)
			return
		}
		u.aead.Seal(nil, nil, []byte("a record"), nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := scan(t, inverted); n < 2 {
		t.Fatalf("the scan finds %d copies of a key that is in use; want its own and the cipher's", n)
	}
	runtime.KeepAlive(u)
	u.aead = nil
	k.Destroy()
	if err := Erase(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := scan(t, inverted); n != 0 {
		t.Errorf("%d copies of the key are left", n)
	}
	if !Provable() {
		t.Error("Provable says no")
	}
}
