package tryout

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"lockwire/engine"
)

const (
	// fileSize is that of the file that the tool sends, and fileRate how fast it reads it, in bytes a second: a transfer
	// takes long enough to be looked at, and leaves the machine most of its time.
	fileSize = 256 << 20
	fileRate = 10 << 20
	// pause is the time between two transfers. It is longer than the linger, so that each has a session of its own, and a rule
	// that was switched shows with the next one.
	pause = 3 * time.Second
	// keptFiles is how many received files are kept.
	keptFiles = 2
)

// startBackend runs a server that keeps each connection's bytes as a file and answers with their SHA-256.
func (t *Tryout) startBackend(ctx context.Context, folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	t.run("backend", func() error {
		defer context.AfterFunc(ctx, func() { listener.Close() })()
		for number := 0; ; number++ {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			if err != nil {
				return err
			}
			path := filepath.Join(folder, fmt.Sprintf("file-%03d", number))
			os.Remove(filepath.Join(folder, fmt.Sprintf("file-%03d", number-keptFiles)))
			t.running.Go(func() {
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				// A transfer that was cut leaves no file behind; the tool sees the error and sends again.
				if err := receive(conn, path); err != nil {
					os.Remove(path)
				}
			})
		}
	})
	return listener.Addr().String(), nil
}

func receive(conn net.Conn, path string) error {
	defer conn.Close()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(io.MultiWriter(file, digest), conn); err != nil {
		return err
	}
	_, err = fmt.Fprintf(conn, "%x", digest.Sum(nil))
	return err
}

// startTool makes a file and sends it over and over, as a backup tool does night after night.
func (t *Tryout) startTool(ctx context.Context, folder, listen string, log *slog.Logger) error {
	path := filepath.Join(folder, "files")
	digest, err := makeFile(path)
	if err != nil {
		return err
	}
	t.run("tool", func() error {
		for ctx.Err() == nil {
			if err := send(ctx, path, listen, digest); err != nil && ctx.Err() == nil {
				log.Info("the tool's transfer was interrupted; it sends again", "error", err)
			}
			_ = engine.Pause(ctx, pause)
		}
		return nil
	})
	return nil
}

// makeFile writes a file of random bytes and gives their SHA-256.
func makeFile(path string) (string, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(file, digest), rand.Reader, fileSize); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), file.Close()
}

// send sends the file once, and checks what the backend got.
func send(ctx context.Context, path, listen, digest string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	turn := time.NewTicker(time.Second / 10)
	defer turn.Stop()
	for {
		_, err := io.CopyN(conn, file, fileRate/10)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(conn, 2*sha256.Size))
	if err != nil {
		return err
	}
	if string(answer) != digest {
		return errors.New("the backend got other bytes than were sent")
	}
	return nil
}
