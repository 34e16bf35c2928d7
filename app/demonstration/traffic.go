package demonstration

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// marker stands in every block that is sent, so that somebody who can read the traffic finds it.
const marker = "LOCKWIRE-DEMONSTRATION-PLAINTEXT"

// blockSize is the size of the blocks that are sent, each with a marker at its beginning.
const blockSize = 256 << 10

// checksum is what one side knows of a transfer.
type checksum struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// send plays the backup tool: it sends so many bytes to the route's listener, says that this was all, and waits for what
// the backend got.
func send(ctx context.Context, address string, bytes int64, show *progress) (sent, arrived checksum, elapsed time.Duration, err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return sent, arrived, 0, fmt.Errorf("connect to the route: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer show.done()
	block := make([]byte, blockSize)
	rand.Read(block)
	copy(block, marker)
	digest := sha256.New()
	began := time.Now()
	for sent.Bytes < bytes {
		part := block[:min(int64(len(block)), bytes-sent.Bytes)]
		// Every block differs, so that one that was lost, doubled or swapped changes the digest.
		if len(part) > len(marker)+8 {
			for i := range 8 {
				part[len(marker)+i] = byte(sent.Bytes >> (8 * i))
			}
		}
		if _, err := conn.Write(part); err != nil {
			return sent, arrived, 0, fmt.Errorf("send: %w", err)
		}
		digest.Write(part)
		sent.Bytes += int64(len(part))
		show.at(sent.Bytes)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return sent, arrived, 0, fmt.Errorf("end of sending: %w", err)
	}
	sent.SHA256 = hex.EncodeToString(digest.Sum(nil))
	if err := json.NewDecoder(io.LimitReader(conn, 4096)).Decode(&arrived); err != nil {
		return sent, arrived, 0, fmt.Errorf("ask the backend what arrived: %w", err)
	}
	return sent, arrived, time.Since(began), nil
}

// BackendCommand is the command below this one under which the program runs Backend.
const BackendCommand = "backend"

// Backend plays the backup repository, in a process of its own: it writes where it listens to out, takes bytes, and answers with their
// SHA-256.
func Backend(ctx context.Context, out, errs io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	fmt.Fprintln(out, listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		if err := take(conn); err != nil {
			fmt.Fprintln(errs, "backend:", err)
		}
	}
}

// take takes one connection's bytes to their end.
func take(conn net.Conn) error {
	defer conn.Close()
	digest := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{digest}, struct{ io.Reader }{conn}, make([]byte, 1<<20))
	if err != nil {
		return err
	}
	return json.NewEncoder(conn).Encode(checksum{n, hex.EncodeToString(digest.Sum(nil))})
}
