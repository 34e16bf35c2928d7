package channel

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// newOpenPair gives both ends of a channel that is open already, over memory, without a handshake.
func newOpenPair(t testing.TB, sizes Sizes, fromSource, fromTarget tamper) (src, dst *Conn) {
	t.Helper()
	p := newPair(t, func(p *pair) { p.source.Sizes, p.target.Sizes = sizes, sizes })
	first, second := newMemoryPair(fromSource, fromTarget)
	ekm := make([]byte, keySize)
	rand.Read(ekm)
	export := func(string, []byte, int) ([]byte, error) { return bytes.Clone(ekm), nil }
	open := func(conn *memoryConn, s Session, r role) *Conn {
		checked, err := s.check(r)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := deriveKeys(s.Terms, s.Secret.k, "", export)
		if err != nil {
			t.Fatal(err)
		}
		keys.chain.wipe()
		_ = conn.SetLinger(0)
		c := newConn(conn, &checked, r, "")
		if err := c.start(keys.directions); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Reset)
		return c
	}
	return open(first, p.source, source), open(second, p.target, target)
}

// cutter forwards the first n bytes and ends the connection there.
type cutter struct {
	conn *memoryConn
	how  error
	left int
	cut  bool
}

func (c *cutter) tamper(written []byte) [][]byte {
	if c.cut {
		return nil
	}
	if len(written) <= c.left {
		c.left -= len(written)
		return [][]byte{written}
	}
	c.cut = true
	if c.left > 0 {
		_ = c.conn.out.write(written[:c.left])
	}
	c.conn.out.finish(c.how)
	return nil
}

// cutAt sends records and end, cuts the connection after n bytes, and gives what the reader saw.
func cutAt(t testing.TB, sizes Sizes, records [][]byte, n int, how error) (got outcome, cut bool) {
	c := &cutter{how: how, left: n}
	src, dst := newOpenPair(t, sizes, c.tamper, nil)
	c.conn = src.conn.(*memoryConn)
	for _, record := range records {
		if _, err := src.Write(record); err != nil {
			break
		}
	}
	_ = src.CloseWrite()
	got.data, got.err = readAllInto(dst, make([]byte, sizes.Plaintext))
	if got.err == io.EOF {
		return got, c.cut
	}
	if _, err := dst.Read(make([]byte, 1)); err == nil || err == io.EOF {
		got.err = fmt.Errorf("a second Read gave %v", err)
	}
	if dst.in.opener.d.aead != nil || dst.out.sealer.d.aead != nil || !dst.in.opener.d.secret.Destroyed() || !dst.out.sealer.d.secret.Destroyed() {
		got.err = errors.New("the keys outlived the channel")
	}
	src.Reset()
	return got, c.cut
}

func readAllInto(c *Conn, into []byte) (data []byte, err error) {
	for {
		n, err := c.Read(into)
		data = append(data, into[:n]...)
		if err != nil {
			return data, err
		}
	}
}

func checkCut(t *testing.T, records [][]byte, n int, got outcome, cut bool) {
	t.Helper()
	sent := bytes.Join(records, nil)
	switch {
	case !bytes.HasPrefix(sent, got.data):
		t.Fatalf("cut at %d: bytes that were not sent", n)
	case cut && !errors.Is(got.err, ErrTruncated), cut && !errors.Is(got.err, io.ErrUnexpectedEOF):
		t.Fatalf("cut at %d: %d bytes, then %v", n, len(got.data), got.err)
	case !cut && (got.err != io.EOF || len(got.data) != len(sent)):
		t.Fatalf("not cut: %d of %d bytes, then %v", len(got.data), len(sent), got.err)
	}
}

func TestTransferOfSmallRecordsCutAtEveryByte(t *testing.T) {
	for _, how := range []error{io.EOF, syscall.ECONNRESET} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			t.Parallel()
			records := smallRecords('a', 64, 300, 171, 128, 255) // with a rekey after the third
			cuts := 0
			for n := 0; ; n++ {
				got, cut := cutAt(t, smallSizes, records, n, how)
				checkCut(t, records, n, got, cut)
				if !cut {
					break
				}
				cuts++
			}
			if want := 64 + 300 + 171 + 128 + 255 + (5+1+1)*overhead; cuts != want {
				t.Errorf("%d cuts; want %d", cuts, want)
			}
		})
	}
}

func TestTransferOfFullRecordsCutAt200Offsets(t *testing.T) {
	record := make([]byte, MaximumPlaintext)
	rand.Read(record)
	records := [][]byte{record, record}
	sizes := Sizes{Plaintext: MaximumPlaintext, Interactive: MaximumPlaintext}
	total := 2*(MaximumPlaintext+overhead) + overhead
	offsets := 200
	if raced {
		offsets = 20
	}
	for i := range offsets {
		n := total * i / offsets
		got, cut := cutAt(t, sizes, records, n, io.EOF)
		if !cut {
			t.Fatalf("offset %d was not cut", n)
		}
		checkCut(t, records, n, got, cut)
	}
}

func TestRecordsOutOfOrder(t *testing.T) {
	const count = 5
	for name, attack := range map[string]func(record int, at int, written []byte, kept *[]byte) [][]byte{
		"dropped": func(record, at int, written []byte, _ *[]byte) [][]byte {
			if record == at {
				return nil
			}
			return [][]byte{written}
		},
		"doubled": func(record, at int, written []byte, _ *[]byte) [][]byte {
			if record == at {
				return [][]byte{written, written}
			}
			return [][]byte{written}
		},
		"swapped with the next": func(record, at int, written []byte, kept *[]byte) [][]byte {
			switch record {
			case at:
				*kept = written
				return nil
			case at + 1:
				return [][]byte{written, *kept}
			}
			return [][]byte{written}
		},
		"repeated later": func(record, at int, written []byte, kept *[]byte) [][]byte {
			if record == at {
				*kept = written
			}
			if record == at+1 {
				return [][]byte{*kept, written}
			}
			return [][]byte{written}
		},
		"replaced by one of another flow": func(record, at int, written []byte, _ *[]byte) [][]byte {
			if record == at {
				return [][]byte{foreignRecord(written)}
			}
			return [][]byte{written}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for at := range count {
				records := smallRecords('a', 100, 100, 100, 100, 100)
				seen, kept := 0, []byte(nil)
				src, dst := newOpenPair(t, Sizes{Plaintext: 300, Interactive: 300}, func(written []byte) [][]byte {
					defer func() { seen++ }()
					return attack(seen, at, written, &kept)
				}, nil)
				for _, r := range records {
					if _, err := src.Write(r); err != nil {
						t.Fatal(err)
					}
				}
				if err := src.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				src.conn.(*memoryConn).out.finish(io.EOF)
				got, err := readAll(dst)
				if err == nil || err == io.EOF {
					t.Errorf("record %d: %d bytes, then %v", at, len(got), err)
				}
				if !bytes.HasPrefix(bytes.Join(records, nil), got) {
					t.Errorf("record %d: bytes out of order were delivered", at)
				}
				if name != "dropped" && !errors.Is(err, ErrRecord) {
					t.Errorf("record %d: %v", at, err)
				}
			}
		})
	}
}

// foreignRecord is a record of the same type and length as written, sealed for another flow of the same session at the
// same place.
func foreignRecord(written []byte) []byte {
	k, err := secret.New()
	if err != nil {
		panic(err)
	}
	sizes, _ := Sizes{}.withDefaults()
	var s sealer
	if err := s.d.start(engine.AES256GCM, sizes, k); err != nil {
		panic(err)
	}
	defer s.wipe()
	record, err := s.seal(make([]byte, len(written)), recordType(written[0]), make([]byte, len(written)-overhead))
	if err != nil {
		panic(err)
	}
	return record
}

func TestReflectedRecordIsRefused(t *testing.T) {
	var captured []byte
	src, dst := newOpenPair(t, smallSizes, func(written []byte) [][]byte {
		captured = written
		return nil
	}, nil)
	if _, err := src.Write([]byte("to the target")); err != nil {
		t.Fatal(err)
	}
	if err := dst.conn.(*memoryConn).out.write(captured); err != nil {
		t.Fatal(err)
	}
	if n, err := src.Read(make([]byte, 100)); n != 0 || !errors.Is(err, ErrRecord) {
		t.Errorf("the source read its own record: %d, %v", n, err)
	}
}

func TestOneRecordTooManyForAKeyIsRefused(t *testing.T) {
	for name, sizes := range map[string]Sizes{
		"records": {Plaintext: 300, Interactive: 300, RekeyRecords: 4},
		"bytes":   {Plaintext: 300, Interactive: 300, RekeyBytes: 300},
	} {
		t.Run(name, func(t *testing.T) {
			src, dst := newOpenPair(t, sizes, nil, nil)
			src.out.sealer.d.sizes = DefaultSizes() // a sender that never rekeys
			var err error
			for range 4 {
				if _, err = src.Write(make([]byte, 100)); err != nil {
					t.Fatal(err)
				}
			}
			read := 0
			for err == nil {
				var n int
				n, err = dst.Read(make([]byte, 300))
				read += n
			}
			if !errors.Is(err, ErrRecord) || read != 300 {
				t.Errorf("read %d bytes, then %v", read, err)
			}
		})
	}
}

func TestForbiddenHeadersAreRefusedBeforeTheirBodyIsRead(t *testing.T) {
	for name, header := range map[string][]byte{
		"unknown type":        {0x47, 0, 0, 1},
		"TLS alert":           {21, 3, 3, 0},
		"open when open":      {byte(typeOpen), 0, 0, openSize},
		"opened when open":    {byte(typeOpened), 0, 0, 0},
		"refused when open":   {byte(typeRefused), 0, 0, 1},
		"empty data":          {byte(typeData), 0, 0, 0},
		"too much data":       {byte(typeData), 0x10, 0, 1},
		"end with a body":     {byte(typeEnd), 0, 0, 1},
		"rekey with a body":   {byte(typeRekey), 0, 0, 1},
		"ping with a body":    {byte(typePing), 0, 0, 1},
		"the longest of them": {byte(typeData), 0xff, 0xff, 0xff},
	} {
		t.Run(name, func(t *testing.T) {
			src, dst := newOpenPair(t, Sizes{}, nil, nil)
			if err := src.conn.(*memoryConn).out.write(append(header, make([]byte, nonceSize+tagSize)...)); err != nil {
				t.Fatal(err)
			}
			if _, err := dst.Read(make([]byte, 10)); !errors.Is(err, ErrRecord) {
				t.Errorf("Read: %v", err)
			}
			if dst.in.lent != nil || dst.in.opener.d.aead != nil {
				t.Error("a buffer was taken, or the keys were kept")
			}
		})
	}
}
