package channel

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

func TestDirectionsEndEachForItself(t *testing.T) {
	everyProtection(t, func(t *testing.T, change func(*pair)) {
		src, dst := connect(t, newPair(t, change))
		if err := src.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if n, err := dst.Read(make([]byte, 10)); n != 0 || err != io.EOF {
			t.Fatalf("Read after the peer's end: %d, %v", n, err)
		}
		if err := dst.Close(); !errors.Is(err, ErrNotEnded) {
			t.Errorf("Close with a direction open: %v", err)
		}
		if _, err := src.Read(make([]byte, 10)); !errors.Is(err, ErrTruncated) {
			t.Errorf("the source read %v from a channel that was reset", err)
		}
	})
}

func TestOtherDirectionGoesOnAfterAnEnd(t *testing.T) {
	everyProtection(t, func(t *testing.T, change func(*pair)) {
		src, dst := connect(t, newPair(t, change))
		if err := src.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if err := src.CloseWrite(); err != nil {
			t.Errorf("second CloseWrite: %v", err)
		}
		src.Buffer()
		if err := src.Commit(1); !errors.Is(err, ErrEnded) {
			t.Errorf("Commit after CloseWrite: %v", err)
		}
		if _, err := io.ReadAll(dst); err != nil {
			t.Fatal(err)
		}
		if _, err := dst.Write([]byte("still here")); err != nil {
			t.Fatal(err)
		}
		if err := dst.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(src); err != nil || string(got) != "still here" {
			t.Errorf("read %q, %v", got, err)
		}
		for _, c := range []*Conn{src, dst} {
			if err := c.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
	})
}

// TestConnectionThatTheKernelClosesIsNoCleanEnd closes the socket as the kernel does when it ends a killed process.
func TestLastBytesAndTheEndAreOneWriteAndOneRead(t *testing.T) {
	everyProtection(t, func(t *testing.T, change func(*pair)) {
		src, dst := connect(t, newPair(t, change))
		sent := make([]byte, 4096)
		rand.Read(sent)
		n := copy(src.Buffer(), sent)
		if err := src.Finish(n, false); err != nil {
			t.Fatal(err)
		}
		if err := src.Finish(0, false); err != nil {
			t.Errorf("a second end: %v", err)
		}
		if got := src.Stats().BytesOut; got != uint64(n) {
			t.Errorf("%d bytes were counted", got)
		}
		got := make([]byte, 2*len(sent))
		if n, err := dst.Read(got); !bytes.Equal(got[:n], sent) || err != io.EOF && !src.plain {
			t.Errorf("read %d bytes, %v", n, err)
		}
		if n, err := dst.Read(got); n != 0 || err != io.EOF {
			t.Errorf("read %d bytes, %v behind the end", n, err)
		}
		n = copy(dst.Buffer(), sent)
		if err := dst.Finish(n, true); err != nil {
			t.Fatal(err)
		}
		if err := dst.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(src); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
	})
}

// A key may be at its end before the last bytes, behind them, or nowhere near them.
func TestLastBytesAreRekeyedAsAllOthers(t *testing.T) {
	for records := uint64(2); records < 8; records++ {
		src, dst := connect(t, newPair(t, func(p *pair) {
			p.source.Sizes.RekeyRecords, p.target.Sizes.RekeyRecords = records, records
		}))
		if _, err := src.Write([]byte("first ")); err != nil {
			t.Fatal(err)
		}
		if err := src.Finish(copy(src.Buffer(), "last"), false); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(dst); err != nil || string(got) != "first last" {
			t.Errorf("keys of %d records: read %q, %v", records, got, err)
		}
	}
}

func TestConnectionThatTheKernelClosesIsNoCleanEnd(t *testing.T) {
	everyProtection(t, func(t *testing.T, change func(*pair)) {
		for _, killed := range []string{"source", "target"} {
			src, dst := connect(t, newPair(t, change))
			victim, other := src, dst
			if killed == "target" {
				victim, other = dst, src
			}
			if _, err := victim.Write([]byte("a part of it")); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 12)
			if _, err := io.ReadFull(other, got); err != nil {
				t.Fatal(err)
			}
			victim.conn.Close() // behind the channel's back: linger is what counts
			if n, err := other.Read(got); n != 0 || !errors.Is(err, ErrTruncated) || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s killed: Read gave %d, %v", killed, n, err)
			}
		}
	})
}

func TestResetUnblocksWipesAndIsSeenByThePeer(t *testing.T) {
	everyProtection(t, func(t *testing.T, change func(*pair)) {
		src, dst := connect(t, newPair(t, change))
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if _, err := src.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Errorf("Read of a channel that was reset: %v", err)
			}
		})
		waiting.Go(func() {
			for { // until the peer, which does not read, has taken all that it can
				src.Buffer()
				if err := src.Commit(1); err != nil {
					return
				}
			}
		})
		src.Reset()
		waiting.Wait()
		src.Reset()
		if err := src.CloseWrite(); err == nil {
			t.Error("CloseWrite after Reset")
		}
		if src.in.opener.d.aead != nil || src.out.sealer.d.aead != nil || !src.in.opener.d.secret.Destroyed() || !src.out.sealer.d.secret.Destroyed() {
			t.Error("keys outlived Reset")
		}
		var err error
		for err == nil {
			_, err = dst.Read(make([]byte, 100))
		}
		if !errors.Is(err, ErrTruncated) {
			t.Errorf("the peer read %v", err)
		}
	})
}

func TestKeysAreWipedAsDirectionsEnd(t *testing.T) {
	src, dst := connect(t, newPair(t, nil))
	if err := src.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(dst); err != nil {
		t.Fatal(err)
	}
	if !src.out.sealer.d.secret.Destroyed() || !dst.in.opener.d.secret.Destroyed() {
		t.Error("the ended direction's keys are there")
	}
	if src.in.opener.d.secret.Destroyed() || dst.out.sealer.d.secret.Destroyed() {
		t.Error("the other direction's keys are gone")
	}
}

func TestRekeyDropsTheOldSecretAndGoesOn(t *testing.T) {
	src, dst := newOpenPair(t, smallSizes, nil, nil)
	first, aead := src.out.sealer.d.secret, src.out.sealer.d.aead
	sent := make([]byte, 20*smallSizes.Plaintext)
	rand.Read(sent)
	if _, err := src.Write(sent); err != nil {
		t.Fatal(err)
	}
	if err := src.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(dst)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if !first.Destroyed() || src.out.sealer.d.aead == aead {
		t.Error("the old key is in use")
	}
	// 20 records of data, 3 between two rekeys, and the end.
	if s := dst.Stats(); s.RecordsIn != 20+6+1 || s.BytesIn != uint64(len(sent)) {
		t.Errorf("%+v", s)
	}
}

func TestRekeyByBytes(t *testing.T) {
	src, dst := newOpenPair(t, Sizes{Plaintext: 100, Interactive: 100, RekeyBytes: 250}, nil, nil)
	if _, err := src.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if err := src.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(dst); err != nil || len(got) != 1000 {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if s := dst.Stats(); s.RecordsIn != 10+4+1 {
		t.Errorf("%+v", s)
	}
}

func TestPingIsNotSeenByTheReader(t *testing.T) {
	src, dst := newOpenPair(t, smallSizes, nil, nil)
	for range 10 {
		if err := src.Ping(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := src.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := dst.WaitReadable(); err != nil {
		t.Fatal(err)
	}
	if n, err := dst.Read(make([]byte, 10)); n != 1 || err != nil {
		t.Errorf("Read: %d, %v", n, err)
	}
}

func TestRecordsThatCarryNothingAreBounded(t *testing.T) {
	for _, kind := range []recordType{typePing, typeRekey} {
		bubble(t, func(t *testing.T) {
			src, dst := newOpenPair(t, DefaultSizes(), nil, nil)
			send := func(kind recordType, n int) {
				t.Helper()
				for range n {
					if err := src.send(kind, nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			read := func() error {
				if _, err := src.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
				_, err := dst.Read(make([]byte, 10))
				return err
			}
			// As many as are allowed, again once data came, and again once a minute has passed.
			for range 2 {
				send(kind, maximumIdleRecords)
				if err := read(); err != nil {
					t.Fatal(err)
				}
			}
			send(kind, maximumIdleRecords)
			waited := make(chan error)
			go func() { waited <- dst.WaitReadable() }()
			time.Sleep(idleWindow) // of the bubble: it takes no time
			send(kind, maximumIdleRecords)
			synctest.Wait()
			if err := dst.failure(); err != nil {
				t.Fatal(err)
			}
			send(kind, 1)
			if err := <-waited; !errors.Is(err, ErrRecord) {
				t.Errorf("type %#x without end: %v", uint8(kind), err)
			}
			if err := src.Ping(); !errors.Is(err, syscall.EPIPE) {
				t.Errorf("the sender: %v", err)
			}
		})
	}
}

func TestBufferGrowsWhileAFlowStreamsAndShrinksAfter(t *testing.T) {
	src, dst := newOpenPair(t, Sizes{}, nil, nil)
	go func() { _, _ = io.Copy(io.Discard, dst) }()
	var sizes []int
	step := func(n int) {
		size := len(src.Buffer())
		sizes = append(sizes, size)
		if n < 0 {
			n = size
		}
		if err := src.Commit(n); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{10, -1, -1, -1, -1, 200 << 10, 10, 10, 10} {
		step(n)
	}
	const k = 1 << 10
	want := []int{16 * k, 16 * k, 64 * k, 256 * k, 256 * k, 256 * k, 256 * k, 64 * k, 16 * k}
	if fmt.Sprint(sizes) != fmt.Sprint(want) {
		t.Errorf("sizes %v; want %v", sizes, want)
	}
	src.Buffer()
	src.Release()
	if src.out.lent != nil {
		t.Error("the buffer was not taken back")
	}
}

func TestReadsInPiecesAndWhole(t *testing.T) {
	src, dst := newOpenPair(t, Sizes{}, nil, nil)
	sent := make([]byte, 100_000)
	rand.Read(sent)
	if _, err := src.Write(sent); err != nil {
		t.Fatal(err)
	}
	if err := src.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var got []byte
	piece := make([]byte, 7)
	for range 100 { // pieces of one record
		n, err := dst.Read(piece)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, piece[:n]...)
	}
	for {
		lent, err := dst.ReadRecord() // first the rest of that record
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, lent...)
	}
	if !bytes.Equal(got, sent) {
		t.Error("other bytes arrived")
	}
	if dst.in.lent != nil {
		t.Error("a buffer is held after the end")
	}
}

// TestIdleChannelHoldsNoBuffer looks at a reader that waits.
func TestIdleChannelHoldsNoBuffer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		src, dst := newOpenPair(t, Sizes{}, nil, nil)
		if _, err := src.Write(make([]byte, 100_000)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(dst, make([]byte, 100_000)); err != nil {
			t.Fatal(err)
		}
		waited := make(chan error)
		go func() { waited <- dst.WaitReadable() }()
		synctest.Wait()
		if dst.in.lent != nil || src.out.lent != nil {
			t.Error("an idle channel holds a buffer")
		}
		if err := src.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if err := <-waited; err != nil {
			t.Errorf("WaitReadable: %v", err)
		}
		if n, err := dst.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("Read: %d, %v", n, err)
		}
	})
}

func TestRecordsAllocateNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector makes pools forget")
	}
	for _, c := range ciphers {
		if c == engine.ChaCha20Poly1305 && isStrict() {
			continue
		}
		for _, size := range []int{100, 4 << 10} {
			s, o := newDirections(t, c, Sizes{})
			plaintext, wire, opened := make([]byte, size), make([]byte, size+overhead), make([]byte, size)
			if n := testing.AllocsPerRun(100, func() {
				record, err := s.seal(wire, typeData, plaintext)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := o.open(opened, record); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%v, %d bytes: %v allocations a record", c, size, n)
			}
		}
	}
}

func TestRandomNoncesDiffer(t *testing.T) {
	s, _ := newDirections(t, engine.AES256GCM, Sizes{})
	seen := make(map[[nonceSize]byte]bool)
	for range 1000 {
		record, err := s.seal(make([]byte, 1+overhead), typeData, []byte{1})
		if err != nil {
			t.Fatal(err)
		}
		seen[[nonceSize]byte(record[headerSize:])] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d nonces in 1000 records", len(seen))
	}
}

func TestDirectionsAndFlowsHaveKeysOfTheirOwn(t *testing.T) {
	p := newPair(t, nil)
	s := serve(t, Server{Lookup: p.lookup})
	seen := make(map[string]bool)
	for flow := range uint64(3) {
		src, dst := s.connect(t, p, flow)
		for _, d := range []*direction{&src.out.sealer.d, &src.in.opener.d} {
			_ = d.secret.Use(func(k []byte) { seen[string(k)] = true })
		}
		if !src.out.sealer.d.secret.Equal(dst.in.opener.d.secret) || !src.in.opener.d.secret.Equal(dst.out.sealer.d.secret) {
			t.Error("the ends disagree")
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d different secrets; want 6", len(seen))
	}
}

func TestKeyMayBeDestroyedWhileAFlowRuns(t *testing.T) {
	p := newPair(t, nil)
	src, dst := connect(t, p)
	p.source.Secret.Destroy()
	p.target.Secret.Destroy()
	if _, err := src.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := dst.Read(make([]byte, 10)); n != 1 || err != nil {
		t.Errorf("Read: %d, %v", n, err)
	}
}

func TestChaCha20IsRefusedInStrictFIPSMode(t *testing.T) {
	p := newPair(t, func(p *pair) { p.setTerms(func(t *Terms) { t.Cipher = engine.ChaCha20Poly1305 }) })
	_, err := p.source.check(source)
	if isStrict() != errors.Is(err, ErrCipher) {
		t.Errorf("strict %v: %v", isStrict(), err)
	}
}
