package tryout

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// smallFiles sends many small files over one connection, as a copy of a user's documents. The server keeps each and says so before the
// next one comes.
type smallFiles struct {
	perSecond int
	lasts     time.Duration
}

const (
	// smallCount is how many small files there are, smallLeast and smallMost how large they are.
	smallCount = 200
	smallLeast = 2 << 10
	smallMost  = 64 << 10
	kept       = 'k' // the server's word for a file that it has
)

func smallName(number int) string { return fmt.Sprintf("document-%03d", number) }

func (s *smallFiles) prepare(folder string) error {
	block := newBlock()
	for number := range smallCount {
		size := smallLeast + number*number*(smallMost-smallLeast)/(smallCount*smallCount) // most are small
		from := number * smallMost % (blockSize - smallMost)
		if err := os.WriteFile(filepath.Join(folder, smallName(number)), block[from:from+size], 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s *smallFiles) tool(ctx context.Context, conn io.ReadWriter, folder string) error {
	turn := time.NewTicker(time.Second / time.Duration(s.perSecond))
	defer turn.Stop()
	for sent := range int(s.lasts/time.Second) * s.perSecond {
		content, err := os.ReadFile(filepath.Join(folder, smallName(sent%smallCount)))
		if err != nil {
			return err
		}
		head := binary.BigEndian.AppendUint32(nil, uint32(sent%smallCount))
		head = binary.BigEndian.AppendUint32(head, uint32(len(content)))
		if _, err := conn.Write(append(head, content...)); err != nil {
			return err
		}
		var answer [1]byte
		if _, err := io.ReadFull(conn, answer[:]); err != nil {
			return err
		}
		if answer[0] != kept {
			return errors.New("the server did not keep a file")
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return conn.(closesWriting).CloseWrite()
}

func (s *smallFiles) serve(conn io.ReadWriter, folder string) error {
	reader := bufio.NewReader(conn)
	for {
		var head [8]byte
		if _, err := io.ReadFull(reader, head[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		number, size := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
		if number >= smallCount || size > smallMost {
			return errors.New("this is no small file")
		}
		content := make([]byte, size)
		if _, err := io.ReadFull(reader, content); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, smallName(int(number))), content, 0o600); err != nil {
			return err
		}
		if _, err := conn.Write([]byte{kept}); err != nil {
			return err
		}
	}
}
