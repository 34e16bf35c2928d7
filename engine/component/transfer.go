package component

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
	"time"

	"lockwire/engine/channel"
	"lockwire/engine/component/machine"
	"lockwire/engine/pump"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// A test of a route moves bytes through a session of its own, over the same endpoints, channel and limits as a tool's. The
// target has no backend then: it takes the bytes itself and answers, through the channel,
//
//	bytes  0-7   how many bytes came, big-endian
//	bytes  8-15  nanoseconds of processor time that the target's agent took meanwhile, big-endian
//	bytes 16-47  SHA-256 of the bytes
//
// The processor time of both ends is that of the whole agent during the transfer, the two hashes included.
const transferReplySize = 8 + 8 + sha256.Size

const (
	maximumTransfers     = 4
	maximumTransferBytes = 1 << 40
	// transferTimeout bounds a whole test.
	transferTimeout = 10 * time.Minute
	testOver        = "the test is over"
)

// transfer begins a test that the broker asks for, and answers it.
func (a *attachment) transfer(s *stream, order *wire.Transfer) {
	answer := func(result *wire.TransferResult, err error) {
		result.Transfer = order.GetTransfer()
		if err != nil {
			result.Problem = machine.Sentence(err.Error())
		}
		s.send(&wire.Up{Message: &wire.Up_TransferResult{TransferResult: result}})
	}
	select {
	case a.transfers <- struct{}{}:
	default:
		answer(&wire.TransferResult{}, errors.New("this machine runs too many tests already"))
		return
	}
	a.start(func() {
		defer func() { <-a.transfers }()
		result := &wire.TransferResult{}
		answer(result, a.runTransfer(order, result))
	})
}

func (a *attachment) runTransfer(order *wire.Transfer, result *wire.TransferResult) error {
	id, err := wire.ParseID(order.GetRoute())
	if err != nil {
		return err
	}
	route := a.routes.get(id)
	switch {
	case route == nil:
		return errors.New("this machine is not a source of the route")
	case order.GetBytes() > maximumTransferBytes:
		return fmt.Errorf("a test moves at most %d bytes", int64(maximumTransferBytes))
	}
	ctx, cancel := context.WithTimeout(route.life, transferTimeout)
	defer cancel()
	f, err := a.openTestFlow(ctx, order, false)
	if errors.Is(err, errNotSameMachine) {
		f, err = a.openTestFlow(ctx, order, true)
	}
	if err != nil {
		return err
	}
	defer f.s.order(session.CutOrdered, testOver)
	defer f.close()
	defer context.AfterFunc(ctx, f.cancel)()
	result.Session = wire.IDBytes(f.s.id)
	result.Endpoint = f.s.stats().Endpoint
	return f.sendTest(order.GetBytes(), result)
}

// openTestFlow asks for a session of the test's own and opens its only flow.
func (a *attachment) openTestFlow(ctx context.Context, order *wire.Transfer, notSame bool) (*flow, error) {
	s, err := a.requests.ask(ctx, &wire.SessionRequest{Route: order.GetRoute(), NotSameMachine: notSame, Transfer: order.GetTransfer()})
	if err != nil {
		return nil, err
	}
	if !s.offer.test || string(wire.IDBytes(s.offer.route)) != string(order.GetRoute()) {
		s.order(session.CutOrdered, "the offer does not fit the request")
		return nil, errors.New("the broker offered a session that is no test of the route")
	}
	f, err := s.openFlow(ctx, nil)
	if err != nil {
		s.order(session.CutOrdered, "the test failed: "+machine.Sentence(err.Error()))
		return nil, err
	}
	return f, nil
}

// sendTest moves the bytes and compares what both ends saw.
func (f *flow) sendTest(size uint64, result *wire.TransferResult) error {
	end, err := f.remoteEnd()
	if err != nil {
		return err
	}
	defer context.AfterFunc(f.ctx, end.Reset)()
	began, before := f.s.a.clock.Now(), f.s.a.c.spent()
	sum := sha256.New()
	if err := f.sendRandom(end, size, sum); err != nil {
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
	result.ElapsedNanoseconds = int64(f.s.a.clock.Now().Sub(began))
	result.SourceCpuNanoseconds = int64(f.s.a.c.spent() - before)
	result.Bytes = binary.BigEndian.Uint64(reply)
	result.TargetCpuNanoseconds = int64(binary.BigEndian.Uint64(reply[8:]))
	if result.Bytes != size || !bytes.Equal(reply[16:], sum.Sum(nil)) {
		return fmt.Errorf("what arrived (%d bytes) is not what was sent (%d bytes)", result.Bytes, size)
	}
	f.channel.PlainEnded()
	return end.Close()
}

// sendRandom sends bytes that no compression and no repetition makes easier: a random block, numbered anew each time.
func (f *flow) sendRandom(end pump.End, size uint64, sum hash.Hash) error {
	block := make([]byte, 256<<10)
	rand.Read(block) // never fails
	turns := f.s.limiter.Flow()
	for sent := uint64(0); sent < size; {
		binary.BigEndian.PutUint64(block, sent)
		buffer := end.Buffer()
		n := min(len(block), len(buffer))
		if burst := turns.Burst(); burst > 0 {
			n = min(n, burst)
		}
		n = int(min(uint64(n), size-sent))
		copy(buffer, block[:n])
		if err := turns.Wait(f.ctx, n); err != nil {
			return err
		}
		if err := end.Commit(n); err != nil {
			return err
		}
		sum.Write(block[:n])
		sent += uint64(n)
		f.s.counters.ToRemote.Add(uint64(n))
	}
	return end.CloseWrite()
}

// sink takes the bytes of a test at the target and answers what came.
func (s *liveSession) sink(f *flow, in *channel.Incoming) {
	defer s.order(session.CutOrdered, testOver) // a test has one flow
	defer f.close()
	var err error
	if f.channel, err = in.Accept(); err != nil {
		return
	}
	s.opened(f.channel.Stats().Group, "")
	if err := f.takeTest(); err != nil {
		s.log.Info("a test of the route broke off", "reason", err.Error())
	}
}

func (f *flow) takeTest() error {
	end, err := f.remoteEnd()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(f.ctx, transferTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, end.Reset)()
	before := f.s.a.c.spent()
	sum := sha256.New()
	buffer := make([]byte, channel.MaximumPlaintext+64)
	reader := &endReader{end: end}
	count := uint64(0)
	for {
		n, err := reader.Read(buffer)
		sum.Write(buffer[:n])
		count += uint64(n)
		f.s.counters.ToLocal.Add(uint64(n))
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	reply := binary.BigEndian.AppendUint64(nil, count)
	reply = binary.BigEndian.AppendUint64(reply, uint64(f.s.a.c.spent()-before))
	reply = sum.Sum(reply)
	copy(end.Buffer(), reply)
	if err := end.Commit(len(reply)); err != nil {
		return err
	}
	if err := end.CloseWrite(); err != nil {
		return err
	}
	f.channel.PlainEnded()
	return end.Close()
}

// endReader reads an end of a pump as an io.Reader, which never returns without bytes.
type endReader struct{ end pump.End }

func (r *endReader) Read(p []byte) (int, error) {
	for {
		n, err := r.end.Read(p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if waiter, ok := r.end.(pump.Waiter); ok {
			if err := waiter.WaitReadable(); err != nil {
				return 0, err
			}
		}
	}
}

// spent is the processor time that the program has taken so far; 0 where the system does not say, or it says nothing of the
// component alone.
func (c *Component) spent() time.Duration {
	if c.config.ProcessShared {
		return 0
	}
	usage, err := c.config.System.Usage()
	if err != nil {
		return 0
	}
	return usage.CPU
}
