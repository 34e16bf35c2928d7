//go:build linux

package hosts

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// keyScanVariable names the file to which a program built with the tag keyscan writes the SHA-256 of every key that it makes.
const keyScanVariable = "LOCKWIRE_KEYSCAN"

// digest is the SHA-256 of a key of 32 bytes. The tests never see a key itself.
type digest = [sha256.Size]byte

// keySize is how many bytes a key has.
const keySize = 32

// madeKey is a key that a program said it made.
type madeKey struct {
	kind   string
	digest digest
}

// readKeys reads what a program wrote of its keys. None where it made none.
func readKeys(t *testing.T, path string) []madeKey {
	t.Helper()
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var keys []madeKey
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		words := strings.Fields(lines.Text()) // keyscan KIND… SHA256
		key := madeKey{}
		if len(words) < 3 || words[0] != "keyscan" {
			t.Fatalf("%s: %q", path, lines.Text())
		}
		if n, err := hex.Decode(key.digest[:], []byte(words[len(words)-1])); err != nil || n != len(key.digest) {
			t.Fatalf("%s: %q: %v", path, lines.Text(), err)
		}
		key.kind = strings.Join(words[1:len(words)-1], " ")
		keys = append(keys, key)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return keys
}

// wanted are the digests that a scan looks for.
type wanted struct {
	all map[digest]bool
	// first tells by the first two bytes whether a digest may be among them, so that the map is seldom asked.
	first [1 << 16]bool
}

func newWanted(keys ...[]madeKey) *wanted {
	w := &wanted{all: map[digest]bool{}}
	for _, some := range keys {
		for _, key := range some {
			w.all[key.digest] = true
			w.first[uint(key.digest[0])<<8|uint(key.digest[1])] = true
		}
	}
	return w
}

// sightings count how often each key was found.
type sightings map[digest]int

// scan hashes every window of 32 bytes, whatever its alignment, and counts those that are a key.
//
// Two kinds of windows cannot be a key and are not hashed, which leaves out most of a process's memory (zeroes, pointers, text):
//
//   - eight or more of its bytes are zero: a random key is like that with probability below C(32,8)/256^8 < 2^-40
//   - no byte has its top bit set: 2^-32
//
// With a few hundred keys the chance that this hides one is below one in ten million.
//
// Under the race detector it would take several times as long, and no other goroutine has the memory.
//
//go:norace
func (w *wanted) scan(memory []byte, found sightings) {
	const tooManyZeroes = 8
	zeroes, high := 0, 0
	for at, b := range memory {
		if b == 0 {
			zeroes++
		}
		high += int(b >> 7)
		if at >= keySize {
			gone := memory[at-keySize]
			if gone == 0 {
				zeroes--
			}
			high -= int(gone >> 7)
		}
		if at < keySize-1 || zeroes >= tooManyZeroes || high == 0 {
			continue
		}
		sum := sha256.Sum256(memory[at-keySize+1 : at+1])
		if w.first[uint(sum[0])<<8|uint(sum[1])] && w.all[sum] {
			found[sum]++
		}
	}
}

// scanText looks for keys in what people or files may hold them as: raw, in hexadecimal and in base64, wherever one begins.
func (w *wanted) scanText(text []byte, found sightings) {
	w.scan(text, found)
	for at := range text {
		if window := text[at:]; len(window) >= 2*keySize {
			w.decoded(found, window[:2*keySize], hex.Decode)
		}
		// 32 bytes are 43 characters, with a padding that does not matter.
		if window := text[at:]; len(window) >= 43 {
			w.decoded(found, window[:43], base64.RawStdEncoding.Decode)
			if bytes.ContainsAny(window[:43], "-_") {
				w.decoded(found, window[:43], base64.RawURLEncoding.Decode)
			}
		}
	}
}

func (w *wanted) decoded(found sightings, text []byte, decode func(to, from []byte) (int, error)) {
	var key [keySize + 1]byte
	if n, err := decode(key[:], text); err == nil && n == keySize {
		if sum := sha256.Sum256(key[:keySize]); w.all[sum] {
			found[sum]++
		}
	}
}

// scanned is what the scan of a process's memory came to.
type scanned struct {
	sightings
	bytes int // that were read and not left out as empty pages
}

// scanProcess looks for keys in all memory that a process can write to.
func scanProcess(t *testing.T, p *process, w *wanted) scanned {
	t.Helper()
	runs := memoryOf(t, p)
	work := make(chan []byte)
	all := scanned{sightings: sightings{}}
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			found := sightings{}
			for run := range work {
				w.scan(run, found)
			}
			mu.Lock()
			defer mu.Unlock()
			for key, times := range found {
				all.sightings[key] += times
			}
		})
	}
	for _, run := range runs {
		all.bytes += len(run)
		work <- run
	}
	close(work)
	workers.Wait()
	// A program of ours without a few megabytes would be another process.
	if all.bytes < 1<<20 {
		t.Fatalf("only %d bytes of %s were scanned", all.bytes, p.name)
	}
	return all
}

// memoryOf copies all memory that a process can write to, but for empty pages. The process stands still meanwhile, so that nothing moves
// past it, and no longer: the others would take one that is silent for dead.
func memoryOf(t *testing.T, p *process) (runs [][]byte) {
	t.Helper()
	if err := p.signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.signal(syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	}()
	eventually(t, ioWithin, p.name+" stands still", func() error {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
		if err != nil {
			return err
		}
		if state := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); state[0] != "T" {
			return fmt.Errorf("its state is %s", state[0])
		}
		return nil
	})
	regions, err := writable(p.pid)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	for _, r := range regions {
		some, err := readRegion(memory, r)
		if err != nil {
			t.Errorf("memory of %s at %x: %v", p.name, r.from, err)
		}
		runs = append(runs, some...)
	}
	return runs
}

// region is a part of a process's memory. Its keys may begin anywhere in it and end up to keySize-1 bytes behind it.
type region struct{ from, to, end int64 }

// regionSize is how much is read at once.
const regionSize = 4 << 20

// writable gives what a process can write to, in pieces.
func writable(pid int) ([]region, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	var all []region
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) < 5 || !strings.HasPrefix(fields[1], "rw") {
			continue
		}
		first, last, _ := strings.Cut(fields[0], "-")
		from, err := strconv.ParseInt(first, 16, 64)
		if err != nil {
			return nil, err
		}
		end, err := strconv.ParseInt(last, 16, 64)
		if err != nil {
			return nil, err
		}
		for ; from < end; from += regionSize {
			all = append(all, region{from, min(from+regionSize, end), end})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("process %d has no memory that it can write to", pid)
	}
	return all, nil
}

const pageSize = 4096

var emptyPage = make([]byte, pageSize)

// readRegion gives each run of pages that are not empty.
func readRegion(memory io.ReaderAt, r region) (runs [][]byte, err error) {
	// A key may lie across the border to the next region; its last bytes are read here too.
	buffer := make([]byte, min(r.to+keySize-1, r.end)-r.from)
	if n, err := memory.ReadAt(buffer, r.from); err != nil {
		return nil, fmt.Errorf("read %d of %d bytes: %w", n, len(buffer), err)
	}
	for at := 0; at < len(buffer); {
		if isEmpty(buffer[at:min(at+pageSize, len(buffer))]) {
			at += pageSize
			continue
		}
		end := at + pageSize
		for end < len(buffer) && !isEmpty(buffer[end:min(end+pageSize, len(buffer))]) {
			end += pageSize
		}
		// A key that begins in the last page and ends in zeroes: those zeroes count too.
		end = min(end+keySize-1, len(buffer))
		start := max(at-keySize+1, 0) // and one that begins in zeroes
		runs = append(runs, bytes.Clone(buffer[start:end]))
		at = (end + pageSize - 1) / pageSize * pageSize
	}
	return runs, nil
}

func isEmpty(page []byte) bool { return bytes.Equal(page, emptyPage[:len(page)]) }
