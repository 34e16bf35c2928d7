package tryout

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// wholeFile sends one large file with each connection. The server keeps it and answers with its SHA-256.
type wholeFile struct {
	size, rate int64

	digest [sha256.Size]byte
	kept   volumes
}

// closesWriting is what a tool's connection does once all was sent.
type closesWriting interface{ CloseWrite() error }

func (w *wholeFile) prepare(folder string) (err error) {
	w.digest, err = makeFile(filepath.Join(folder, "to send"), w.size)
	return err
}

func (w *wholeFile) tool(ctx context.Context, conn io.ReadWriter, folder string) error {
	file, err := os.Open(filepath.Join(folder, "to send"))
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := paced(ctx, conn, file, w.rate); err != nil {
		return err
	}
	if err := conn.(closesWriting).CloseWrite(); err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(conn, sha256.Size+1))
	if err != nil {
		return err
	}
	if string(answer) != string(w.digest[:]) {
		return errors.New("the server got other bytes than were sent")
	}
	return nil
}

func (w *wholeFile) serve(conn io.ReadWriter, folder string) error {
	file, err := w.kept.create(folder)
	if err != nil {
		return err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(io.MultiWriter(file, digest), conn); err != nil {
		return errors.Join(err, file.Close(), os.Remove(file.Name())) // a transfer that was cut leaves no file behind
	}
	_, err = conn.Write(digest.Sum(nil))
	return err
}
