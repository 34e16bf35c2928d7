//go:build keyscan && goexperiment.runtimesecret && linux && (amd64 || arm64)

package channel

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
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
	for _, kind := range []string{"K", "secret", "key", "chain", "door"} {
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
	p.source.Secret.Destroy()
	p.target.Secret.Destroy()
	if err := secret.Erase(context.Background()); err != nil {
		t.Fatal(err)
	}
	if left := scanMemory(t, readTraces(t, path)); len(left) != 0 {
		t.Errorf("left after the end: %v", left)
	}
}

// TestMemoryHoldsNothingOfJoinsThatEnded is the claim of SPEC.md, section 12, as a scan: once flows have ended and a collection has
// run, what is left of a session is the present link of its chain, the door, and keys of numbers that were just skipped; and after
// Destroy and Erase nothing at all, wherever a join stood.
func TestMemoryHoldsNothingOfJoinsThatEnded(t *testing.T) {
	for _, kept := range []bool{false, true} {
		t.Run(fmt.Sprintf("connections kept %v", kept), func(t *testing.T) { scanJoinsThatEnded(t, kept) })
	}
}

func scanJoinsThatEnded(t *testing.T, kept bool) {
	path := filepath.Join(t.TempDir(), "keys")
	t.Setenv("LOCKWIRE_KEYSCAN", path)
	p := newPair(t, func(p *pair) {
		p.source.Sizes, p.target.Sizes = smallSizes, smallSizes
		if kept {
			p.source.Keep, p.target.Keep = new(rooms).keep, new(rooms).keep
		}
	})
	s := serve(t, Server{Lookup: p.lookup})
	through := func(number uint64) (src, dst *Conn) {
		src, dst = s.join(t, p, number)
		if _, err := src.Write(make([]byte, 10*smallSizes.Plaintext)); err != nil { // with some rekeys
			t.Fatal(err)
		}
		if _, err := io.ReadFull(dst, make([]byte, 10*smallSizes.Plaintext)); err != nil {
			t.Fatal(err)
		}
		return src, dst
	}
	for number := uint64(1); number <= 3; number++ {
		src, dst := through(number)
		if kept {
			endBoth(t, src, dst)
			if src.kept.Load() == nil || dst.kept.Load() == nil {
				t.Fatal("the connection is not kept")
			}
			continue
		}
		src.Reset()
		dst.Reset()
	}
	if err := secret.Erase(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"chain": 2, "door": 2} // one at each end; both ends are here
	if got := scanMemory(t, readTraces(t, path)); !maps.Equal(got, want) {
		t.Errorf("left of flows that ended: %v, want %v", got, want)
	}

	p.flight(t, openOf(4)) // skipped
	src, dst := through(5)
	if err := secret.Erase(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := scanMemory(t, readTraces(t, path))
	if got["chain"] != 2 || got["door"] != 2 || got["flow"] != 1 || got["secret"] == 0 || got["key"] == 0 || got["K"]+got["open"]+got["ekm"]+got["prk"] != 0 {
		t.Errorf("while a flow runs and a number is skipped: %v", got)
	}

	// One join waits at the target, another one at the source, when the secret ends.
	failed := make(chan error, 2)
	connect := func(number uint64, address string) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_, err = Connect(context.Background(), conn, p.source, openOf(number))
		}
		failed <- err
	}
	go connect(6, s.address)
	<-s.incoming
	listener, err := net.Listen("tcp", "127.0.0.1:0") // where nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go connect(7, listener.Addr().String())
	for p.source.Secret.Joins() < 6 {
		runtime.Gosched()
	}
	p.target.Secret.Destroy()
	p.source.Secret.Destroy()
	for range 2 {
		if err := <-failed; err == nil {
			t.Error("it has a channel")
		}
	}
	src.Reset()
	dst.Reset()
	if err := secret.Erase(context.Background()); err != nil {
		t.Fatal(err)
	}
	if left := scanMemory(t, readTraces(t, path)); len(left) != 0 {
		t.Errorf("left after the end: %v", left)
	}
}

// TestMemoryHoldsNothingOfTheFoundingsHandshake looks for the secrets of TLS itself, which with K would give the chain: a key log
// names them. They are found while the handshake's memory is not collected, and not after Erase.
func TestMemoryHoldsNothingOfTheFoundingsHandshake(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	checked, config := p.sourceTLS(t)
	kinds := make(map[[sha256.Size]byte]string)
	config.KeyLogWriter = keyLog(func(kind string, digest [sha256.Size]byte) { kinds[digest] = kind })
	conn := s.dial(t)
	go func() { _, _ = (<-s.incoming).Accept() }()
	c, err := checked.Secret.whileHandshaking(conn, func() (*Conn, error) {
		return establish(context.Background(), conn, func() *tls.Conn { return tls.Client(&feed{Conn: conn}, config) }, checked, source)
	})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = (&Proven{conn: c}).Open(context.Background(), openOf(1)); err != nil {
		t.Fatal(err)
	}
	defer c.Reset()
	config.KeyLogWriter = nil
	if len(kinds) < 4 {
		t.Fatalf("the key log named %v", kinds)
	}
	t.Logf("before a collection: %v", scanMemory(t, kinds))
	if err := secret.Erase(context.Background()); err != nil {
		t.Fatal(err)
	}
	if left := scanMemory(t, kinds); len(left) != 0 {
		t.Errorf("left of the handshake: %v", left)
	}
}

// keyLog is a tls.Config.KeyLogWriter that keeps digests only. It is called inside secret.Do, which erases what it makes of the line.
type keyLog func(kind string, digest [sha256.Size]byte)

func (k keyLog) Write(line []byte) (int, error) {
	fields := bytes.Fields(line)
	if value, err := hex.DecodeString(string(fields[2])); err == nil && len(value) == keySize {
		k(strings.Clone(string(fields[0])), sha256.Sum256(value))
	}
	return len(line), nil
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
	traced := count(kinds)
	for _, kind := range []string{"K", "ekm", "key", "prk", "secret", "chain", "door"} {
		if traced[kind] == 0 {
			t.Fatalf("no %s was traced: %v", kind, traced)
		}
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
