package tryout

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// traffic is one kind of backup: what the tool does over a connection, and what the server at its end does. Both work on real files in a
// folder of their own.
type traffic interface {
	// prepare makes what is sent or restored. It is done before the first connection.
	prepare(folder string) error
	// tool uses a connection as the backup tool, and checks what the server has got.
	tool(ctx context.Context, conn io.ReadWriter, folder string) error
	// serve is the other end.
	serve(conn io.ReadWriter, folder string) error
}

// turns of a second in which a paced transfer moves its bytes.
const turns = 10

// paced copies from one to the other, so many bytes a second, to the end or until ctx is done.
func paced(ctx context.Context, to io.Writer, from io.Reader, rate int64) (copied int64, err error) {
	turn := time.NewTicker(time.Second / turns)
	defer turn.Stop()
	for {
		n, err := io.CopyN(to, from, rate/turns)
		copied += n
		if err == io.EOF {
			return copied, nil
		}
		if err != nil {
			return copied, err
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return copied, ctx.Err()
		}
	}
}

// blockSize is that of the random bytes that files and streams are made of, over and over.
const blockSize = 4 << 20

// newBlock makes random bytes, which no compression on the way could make less.
func newBlock() []byte {
	block := make([]byte, blockSize)
	rand.Read(block)
	return block
}

// endless gives a block over and over.
type endless struct {
	block []byte
	at    int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.block[e.at:])
	e.at = (e.at + n) % len(e.block)
	return n, nil
}

// makeFile writes a file of that size, and gives its SHA-256.
func makeFile(path string, size int64) (digest [sha256.Size]byte, err error) {
	file, err := create(path)
	if err != nil {
		return digest, err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(file, sum), &endless{block: newBlock()}, size); err != nil {
		return digest, err
	}
	return [sha256.Size]byte(sum.Sum(nil)), file.Close()
}

func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
}

// keptVolumes is how many received files, or parts of a stream, are kept.
const keptVolumes = 2

// volumes names the files that a server keeps one after the other, and removes the old ones.
type volumes struct {
	mu   sync.Mutex
	next int
}

func (v *volumes) create(folder string) (*os.File, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	name := func(number int) string { return filepath.Join(folder, fmt.Sprintf("volume-%04d", number)) }
	os.Remove(name(v.next - keptVolumes))
	v.next++
	return create(name(v.next - 1))
}
