//go:build keyscan && goexperiment.runtimesecret && linux && (amd64 || arm64)

package channel

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lockwire/engine/secret"
)

// TestNoKeyOfAChannelIsLeftAfterErase takes the digests of all keys that a session and its channel make, and hashes every
// 32 bytes of this process's writable memory: while the channel is open the scan must find the keys in use, and after the
// end, Destroy and Erase none at all.
func TestNoKeyOfAChannelIsLeftAfterErase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	t.Setenv("LOCKWIRE_KEYSCAN", path)
	p := newPair(t, func(p *pair) { p.source.Sizes, p.target.Sizes = smallSizes, smallSizes })
	src, dst := connect(t, p)
	if _, err := src.Write(make([]byte, 10*smallSizes.Plaintext)); err != nil { // with some rekeys
		t.Fatal(err)
	}
	if _, err := io.ReadFull(dst, make([]byte, 10*smallSizes.Plaintext)); err != nil {
		t.Fatal(err)
	}

	kinds := readTraces(t, path)
	if err := secret.Erase(context.Background()); err != nil {
		t.Fatal(err)
	}
	inUse := scanMemory(t, kinds)
	for _, kind := range []string{"K", "secret", "key"} {
		if inUse[kind] == 0 {
			t.Errorf("no %s is found while the channel is open: the scan does not work", kind)
		}
	}
	if inUse["ekm"]+inUse["prk"] != 0 {
		t.Errorf("left over from the handshake: %v", inUse)
	}
	t.Logf("in use: %v", inUse)

	for _, c := range []*Conn{src, dst} {
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []*Conn{src, dst} {
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p.source.Key.Destroy()
	p.target.Key.Destroy()
	if err := secret.Erase(context.Background()); err != nil {
		t.Fatal(err)
	}
	if left := scanMemory(t, readTraces(t, path)); len(left) != 0 {
		t.Errorf("left after the end: %v", left)
	}
}

// readTraces gives the kind of each key's digest.
func readTraces(t *testing.T, path string) map[[sha256.Size]byte]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[[sha256.Size]byte]string)
	for line := range strings.Lines(string(text)) {
		var kind, digest string
		if _, err := fmt.Sscanf(line, "keyscan %s %s", &kind, &digest); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		b, err := hex.DecodeString(digest)
		if err != nil {
			t.Fatal(err)
		}
		kinds[[sha256.Size]byte(b)] = kind
	}
	if got := slices.Sorted(maps.Keys(count(kinds))); !slices.Equal(got, []string{"K", "ekm", "key", "prk", "secret"}) {
		t.Fatalf("traced: %v", got)
	}
	return kinds
}

func count(kinds map[[sha256.Size]byte]string) map[string]int {
	out := make(map[string]int)
	for _, kind := range kinds {
		out[kind]++
	}
	return out
}

// scanMemory counts the keys in this process's writable memory by kind.
func scanMemory(t *testing.T, kinds map[[sha256.Size]byte]string) map[string]int {
	t.Helper()
	mappings, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skipf("cannot read the memory map: %v", err)
	}
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Skipf("cannot read the memory: %v", err)
	}
	defer memory.Close()
	// A mapping made after the list of them: the scan does not find what it copies there.
	window, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(window)
	found, zeros := make(map[string]int), make([]byte, keySize)
	for line := range strings.Lines(string(mappings)) {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") {
			continue
		}
		for from < to {
			n, err := memory.ReadAt(window[:min(uint64(len(window)), to-from)], int64(from))
			if err != nil && err != io.EOF {
				break
			}
			secret.Do(func() {
				for at := 0; at+keySize <= n; at++ {
					if bytes.Equal(window[at:at+keySize], zeros) {
						continue
					}
					if kind, ok := kinds[sha256.Sum256(window[at:at+keySize])]; ok {
						found[kind]++
					}
				}
			})
			clear(window)
			if from += uint64(n); from < to {
				from -= keySize - 1
			}
		}
	}
	return found
}
