package tryout

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// restore gets one large file back with each connection.
type restore struct {
	size, rate int64

	digest [sha256.Size]byte
}

// stored is the name of the file on the server.
const stored = "stored"

func (r *restore) prepare(folder string) (err error) {
	r.digest, err = makeFile(filepath.Join(folder, stored), r.size)
	return err
}

func (r *restore) tool(ctx context.Context, conn io.ReadWriter, folder string) error {
	file, err := create(filepath.Join(folder, "restored"))
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := conn.Write([]byte{0}); err != nil { // the request
		return err
	}
	digest := sha256.New()
	if _, err := paced(ctx, io.MultiWriter(file, digest), conn, r.rate); err != nil {
		return err
	}
	if [sha256.Size]byte(digest.Sum(nil)) != r.digest {
		return errors.New("the server gave other bytes than it has")
	}
	return file.Close()
}

func (r *restore) serve(conn io.ReadWriter, folder string) error {
	var request [1]byte
	if _, err := io.ReadFull(conn, request[:]); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(filepath.Dir(folder), sent, stored))
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(conn, file)
	return err
}
