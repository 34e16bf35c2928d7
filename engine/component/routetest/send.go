package routetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"lockwire/engine/component/route"
	"lockwire/engine/pump"
	"lockwire/engine/wire"
)

// send moves the bytes and compares what both ends saw.
func (t *Transfers) send(f *route.Flow, size uint64, result *wire.TransferResult) error {
	end, err := f.Remote()
	if err != nil {
		return err
	}
	defer context.AfterFunc(f.Context, end.Reset)()
	began, before := t.Clock.Now(), t.Spent()
	sum := sha256.New()
	if err := sendRandom(f, end, size, sum); err != nil {
		return fmt.Errorf("the test broke off while sending: %w", err)
	}
	reply := make([]byte, transferReplySize)
	reader := &endReader{end: end}
	if _, err := io.ReadFull(reader, reply); err != nil {
		return fmt.Errorf("the target did not say what arrived: %w", err)
	}
	if _, err := reader.Read(make([]byte, 1)); err != io.EOF {
		return errors.New("the target's answer does not end in order")
	}
	result.ElapsedNanoseconds = int64(t.Clock.Now().Sub(began))
	result.SourceCpuNanoseconds = int64(t.Spent() - before)
	result.Bytes = binary.BigEndian.Uint64(reply)
	result.TargetCpuNanoseconds = int64(binary.BigEndian.Uint64(reply[8:]))
	if result.Bytes != size || !bytes.Equal(reply[16:], sum.Sum(nil)) {
		return fmt.Errorf("what arrived (%d bytes) is not what was sent (%d bytes)", result.Bytes, size)
	}
	f.Ended()
	return end.Close()
}

// sendRandom sends bytes that no compression and no repetition makes easier: a random block, numbered anew each time.
func sendRandom(f *route.Flow, end pump.End, size uint64, sum hash.Hash) error {
	block := make([]byte, 256<<10)
	rand.Read(block) // never fails
	turns := f.Session.Turns()
	for sent := uint64(0); sent < size; {
		binary.BigEndian.PutUint64(block, sent)
		buffer := end.Buffer()
		n := min(len(block), len(buffer))
		if burst := turns.Burst(); burst > 0 {
			n = min(n, burst)
		}
		n = int(min(uint64(n), size-sent))
		copy(buffer, block[:n])
		if err := turns.Wait(f.Context, n); err != nil {
			return err
		}
		if err := end.Commit(n); err != nil {
			return err
		}
		sum.Write(block[:n])
		sent += uint64(n)
		f.Session.Counters.ToRemote.Add(uint64(n))
	}
	return end.CloseWrite()
}
