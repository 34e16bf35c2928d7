package channel

import (
	"bytes"
	"context"
	"crypto/fips140"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
)

func isStrict() bool { return fips140.Enforced() }

// clientHello is what crypto/tls really sends for a session.
func clientHello(t testing.TB, p *pair) []byte {
	t.Helper()
	s, err := p.source.check(source)
	if err != nil {
		t.Fatal(err)
	}
	config, err := s.tlsConfig(s.Terms.Target)
	if err != nil {
		t.Fatal(err)
	}
	var hello []byte
	conn, peer := newMemoryPair(func(written []byte) [][]byte {
		hello = append(hello, written...)
		return nil
	}, nil)
	peer.Close()
	_ = tls.Client(conn, config).HandshakeContext(context.Background())
	return hello
}

func TestClientHelloOfCryptoTLSIsRead(t *testing.T) {
	p := newPair(t, nil)
	hello := clientHello(t, p)
	for name, chunked := range map[string][]byte{"in one record": hello, "in several": splitRecords(hello, 700)} {
		t.Run(name, func(t *testing.T) {
			rest := bytes.NewReader(append(bytes.Clone(chunked), "what follows"...))
			raw, sni, err := admission.ReadClientHello(rest)
			if err != nil || !bytes.Equal(raw, chunked) || rest.Len() != len("what follows") {
				t.Fatalf("read %d of %d bytes, %v", len(raw), len(chunked), err)
			}
			if id, err := admission.SessionOf(sni); err != nil || id != p.source.Terms.Session {
				t.Errorf("session %q of %q, %v", id, sni, err)
			}
		})
	}
}

// splitRecords spreads the handshake message of one TLS record over several.
func splitRecords(record []byte, size int) []byte {
	var out []byte
	for body := record[admission.TLSHeaderSize:]; len(body) > 0; {
		n := min(size, len(body))
		out = append(out, record[0], record[1], record[2], byte(n>>8), byte(n))
		out = append(out, body[:n]...)
		body = body[n:]
	}
	return out
}

func TestClientHelloThatIsNoneIsRefused(t *testing.T) {
	hello := clientHello(t, newPair(t, nil))
	change := func(at int, to byte) []byte {
		b := bytes.Clone(hello)
		b[at] = to
		return b
	}
	long := bytes.Clone(hello)
	for len(long) < admission.MaximumClientHello {
		long = append(long, 22, 3, 1, 0, 1, 0)
	}
	long[5+1], long[5+2] = 0, 0xff // a message that never ends
	for name, sent := range map[string][]byte{
		"nothing":              nil,
		"HTTP":                 []byte("GET / HTTP/1.1\r\n\r\n"),
		"a record of ours":     {0x43, 0, 0, 1, 0, 0, 0, 0},
		"an alert":             {21, 3, 3, 0, 2, 2, 40},
		"a ServerHello":        change(admission.TLSHeaderSize, 2),
		"cut short":            hello[:len(hello)-1],
		"too long a message":   change(admission.TLSHeaderSize+1, 1),
		"more in the record":   change(admission.TLSHeaderSize+3, hello[admission.TLSHeaderSize+3]-1),
		"broken lists":         change(admission.TLSHeaderSize+4+2+32, 0xff),
		"a message over 4 KiB": long,
		"an empty record":      {22, 3, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if _, sni, err := admission.ReadClientHello(bytes.NewReader(sent)); !errors.Is(err, ErrClientHello) {
				t.Errorf("server name %q, %v", sni, err)
			}
		})
	}
}

func TestServerNames(t *testing.T) {
	id := engine.NewID()
	name, err := admission.ServerName(id)
	if err != nil || len(name) != 32 {
		t.Fatalf("%q, %v", name, err)
	}
	if got, err := admission.SessionOf(name); got != id || err != nil {
		t.Errorf("%q: %q, %v", name, got, err)
	}
	for _, bad := range []string{"", name[:31], name + "0", strings.ToUpper("abcdef" + name[6:]), string(id), "g" + name[1:]} {
		if got, err := admission.SessionOf(bad); err == nil {
			t.Errorf("%q was taken for %q", bad, got)
		}
	}
}

func TestFeedStopsAtEachRecordAndAtTheLimit(t *testing.T) {
	record := append([]byte{23, 3, 3, 0, 10}, "0123456789"...)
	conn, peer := newMemoryPair(nil, nil)
	for range maximumHandshakeBytes / len(record) {
		if _, err := peer.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := peer.Write(record); err != nil {
		t.Fatal(err)
	}
	f := &feed{Conn: conn}
	for range maximumHandshakeBytes / len(record) {
		for _, want := range [][]byte{record[:5], record[5:]} {
			into := make([]byte, 1000)
			if n, err := f.Read(into); err != nil || !bytes.Equal(into[:n], want) {
				t.Fatalf("read %q, %v; want %q", into[:n], err, want)
			}
		}
	}
	if n, err := f.Read(make([]byte, 1000)); err == nil || n != 0 {
		t.Errorf("read %d bytes beyond the limit", n)
	}
}

func TestOpenBytes(t *testing.T) {
	o := Open{Flow: 0x0102030405060708, Stream: 1, Streams: 4, Service: engine.IDFromBytes([16]byte{0xaa, 15: 0xbb})}
	b, err := o.marshal()
	if want := "0102030405060708" + "0001" + "0004" + "aa0000000000000000000000000000bb"; err != nil || hex.EncodeToString(b) != want {
		t.Fatalf("%x, %v; want %s", b, err, want)
	}
	if got, err := parseOpen(b); err != nil || !reflect.DeepEqual(got, o) {
		t.Errorf("%+v, %v", got, err)
	}
	through := o
	through.Via = []engine.ID{engine.IDFromBytes([16]byte{1}), engine.IDFromBytes([16]byte{2})}
	passed, err := through.marshal()
	if want := append(bytes.Clone(b), append([]byte{0, 1, 0, 32, 1, 16: 0, 19: 0}, append([]byte{2}, make([]byte, 15)...)...)...); err != nil || !bytes.Equal(passed, want) {
		t.Errorf("%x, %v; want %x", passed, err, want)
	}
	if got, err := parseOpen(passed); err != nil || !reflect.DeepEqual(got, through) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, test := range map[string]struct {
		payload []byte
		want    error
	}{
		"cut short":            {b[:27], ErrRecord},
		"a second of 1":        {append(append(bytes.Clone(b[:8]), 0, 1, 0, 1), b[12:]...), ErrRecord},
		"101 at once":          {append(append(bytes.Clone(b[:8]), 0, 0, 0, 101), b[12:]...), ErrRecord},
		"the last of 2":        {append(append(bytes.Clone(b[:8]), 255, 255, 0, 2), b[12:]...), nil},
		"0 of 0":               {append(append(bytes.Clone(b[:8]), 0, 0, 0, 0), b[12:]...), ErrRecord},
		"half an extension":    {append(bytes.Clone(b), 0, 9, 0), ErrRecord},
		"extension cut short":  {append(bytes.Clone(b), 0, 9, 0, 2, 'x'), ErrRecord},
		"unknown extension":    {append(bytes.Clone(b), 0, 9, 0, 1, 'x'), errExtension},
		"unknown, then broken": {append(bytes.Clone(b), 0, 9, 0, 1, 'x', 0), ErrRecord},
		"via of no session":    {append(bytes.Clone(b), 0, 1, 0, 0), ErrRecord},
		"via of half a one":    {append(append(bytes.Clone(b), 0, 1, 0, 8), make([]byte, 8)...), ErrRecord},
		"via of too many":      {append(append(bytes.Clone(b), 0, 1, 0, 16*(MaximumVia+1)), make([]byte, 16*(MaximumVia+1))...), ErrRecord},
		"via twice":            {append(bytes.Clone(passed), passed[openSize:]...), ErrRecord},
		"kept":                 {append(bytes.Clone(b), 0, 2, 0, 0), nil},
		"kept, with a value":   {append(bytes.Clone(b), 0, 2, 0, 1, 0), ErrRecord},
		"kept twice":           {append(bytes.Clone(b), 0, 2, 0, 0, 0, 2, 0, 0), ErrRecord},
	} {
		if _, err := parseOpen(test.payload); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []Open{{Streams: 1, Service: o.Service, Via: make([]engine.ID, MaximumVia+1)}, {Streams: 1, Service: o.Service, Via: []engine.ID{"x"}}, {Streams: 1}, {Streams: 1, Stream: 1, Service: o.Service}, {Streams: 101, Service: o.Service}, {Service: o.Service}} {
		if _, err := bad.marshal(); err == nil {
			t.Errorf("%+v was written", bad)
		}
	}
}

func TestRefusedDetailIsCutBetweenCharacters(t *testing.T) {
	b := marshalRefused(ReasonOther, strings.Repeat("ü", 200))
	if len(b) > maximumRefused || !utf8.Valid(b[1:]) || len(b) < maximumRefused-2 {
		t.Errorf("%d bytes", len(b))
	}
	if _, err := parseRefused(nil); !errors.Is(err, ErrRecord) {
		t.Errorf("refused without a reason: %v", err)
	}
}

func FuzzClientHello(f *testing.F) {
	p := newPair(f, nil)
	hello := clientHello(f, p)
	f.Add(hello)
	f.Add(splitRecords(hello, 100))
	f.Add(hello[:100])
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{22, 3, 1, 0, 1, 1})
	f.Fuzz(func(t *testing.T, sent []byte) {
		r := bytes.NewReader(sent)
		raw, name, err := admission.ReadClientHello(r)
		if err != nil {
			if !errors.Is(err, ErrClientHello) {
				t.Errorf("error %v", err)
			}
			return
		}
		if len(raw) > admission.MaximumClientHello || !bytes.HasPrefix(sent, raw) || len(sent)-r.Len() != len(raw) {
			t.Errorf("%d bytes were kept of %d", len(raw), len(sent))
		}
		if id, err := admission.SessionOf(name); err == nil {
			if again, err := admission.ServerName(id); err != nil || again != name {
				t.Errorf("%q is %q, %v", name, again, err)
			}
		}
		// crypto/tls must not find another name in what it accepts.
		conn, peer := newMemoryPair(func([]byte) [][]byte { return nil }, nil)
		if err := peer.out.write(raw); err != nil {
			t.Fatal(err)
		}
		peer.Close()
		_ = tls.Server(conn, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName != strings.TrimSuffix(name, ".") && hello.ServerName != name {
				t.Errorf("crypto/tls reads the name %q, this package %q", hello.ServerName, name)
			}
			return nil, io.EOF
		}}).HandshakeContext(context.Background())
	})
}

// FuzzRecord feeds arbitrary bytes to a channel that is open.
func FuzzRecord(f *testing.F) {
	for _, v := range readVectors(f) {
		for _, r := range v.ToTarget.Records {
			f.Add([]byte(r.Record))
		}
	}
	src, _ := newOpenPair(f, smallSizes, nil, nil)
	genuine, err := src.out.sealer.seal(make([]byte, 300), typeData, []byte("genuine"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(genuine))
	f.Add([]byte{byte(typeData), 0x0f, 0xff, 0xff})
	f.Add([]byte{21, 3, 3, 0, 2, 2, 40})
	f.Fuzz(func(t *testing.T, sent []byte) {
		src, dst := newOpenPair(t, smallSizes, nil, nil)
		if err := src.conn.(*memoryConn).out.write(sent); err != nil {
			t.Fatal(err)
		}
		src.conn.(*memoryConn).out.finish(io.EOF)
		got, err := readAll(dst)
		if len(got) > 0 || err == nil || err == io.EOF {
			t.Errorf("forged bytes were read: %q, %v", got, err)
		}
		if dst.in.lent != nil {
			t.Error("a buffer is held after the failure")
		}
		if kind, n, err := parseHeader(sent, smallSizes); err == nil {
			if least, most := kind.bounds(smallSizes); n < least || n > most {
				t.Errorf("header %x gave %d bytes", sent[:headerSize], n)
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	b, err := openOf(7).marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(append(bytes.Clone(b), 0, 1, 0, 1, 'x'))
	f.Add(append(bytes.Clone(b), 0, 1, 0xff))
	f.Add(b[:20])
	f.Add(append([]byte{1}, "a reason"...))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if o, err := parseOpen(payload); err == nil {
			again, err := o.marshal()
			if err != nil || !bytes.Equal(again, payload) {
				t.Errorf("%x became %x, %v", payload, again, err)
			}
		} else if !errors.Is(err, ErrRecord) && !errors.Is(err, errExtension) {
			t.Errorf("error %v", err)
		}
		if refused, err := parseRefused(payload); err == nil {
			for _, r := range refused.Detail {
				if !unicode.IsPrint(r) {
					t.Errorf("detail %q", refused.Detail)
				}
			}
			if again, err := parseRefused(marshalRefused(refused.Reason, refused.Detail)); err != nil ||
				(len(refused.Detail) < maximumRefused && !reflect.DeepEqual(again, refused)) {
				t.Errorf("%+v became %+v, %v", refused, again, err)
			}
		}
	})
}
