package tryout

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// stream sends bytes without an end that is known beforehand, as a dump of a database or a copy to tape. The server keeps them in volumes,
// and answers how many there were.
type stream struct {
	rate  int64
	lasts time.Duration

	block []byte
	kept  volumes
}

// volumeSize is that of one volume.
const volumeSize = 16 << 20

func (s *stream) prepare(string) error {
	s.block = newBlock()
	return nil
}

func (s *stream) tool(ctx context.Context, conn io.ReadWriter, _ string) error {
	size := int64(s.lasts/time.Second) * s.rate
	sent, err := paced(ctx, conn, io.LimitReader(&endless{block: s.block}, size), s.rate)
	if err != nil {
		return err
	}
	if err := conn.(closesWriting).CloseWrite(); err != nil {
		return err
	}
	var got uint64
	if err := binary.Read(conn, binary.BigEndian, &got); err != nil {
		return err
	}
	if got != uint64(sent) {
		return fmt.Errorf("the server got %d bytes of %d", got, sent)
	}
	return nil
}

func (s *stream) serve(conn io.ReadWriter, folder string) error {
	got := uint64(0)
	for {
		n, err := s.volume(conn, folder)
		got += uint64(n)
		if errors.Is(err, io.EOF) {
			return binary.Write(conn, binary.BigEndian, got)
		}
		if err != nil {
			return err
		}
	}
}

// volume keeps one volume; io.EOF tells that it is the last.
func (s *stream) volume(conn io.Reader, folder string) (int64, error) {
	file, err := s.kept.create(folder)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return io.CopyN(file, conn, volumeSize)
}
