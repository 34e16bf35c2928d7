package tunnel

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"lockwire/engine/network"
)

// tap is a firewall before the gateway's port that records all that passes, and hands on how each direction ended.
type tap struct {
	address string

	mu   sync.Mutex
	seen []*tapped
}

// tapped is one connection.
type tapped struct {
	toGateway, toClient recorded
}

// recorded is one direction of a connection.
type recorded struct {
	mu    sync.Mutex
	bytes bytes.Buffer
	whole bool // it ended in order
	over  bool
}

func newTap(t *testing.T, gateway string) *tap {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{address: listener.Addr().String()}
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() {
		stop()
		listener.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", gateway)
			if err != nil {
				client.Close()
				continue
			}
			seen := new(tapped)
			p.mu.Lock()
			p.seen = append(p.seen, seen)
			p.mu.Unlock()
			running.Go(func() {
				defer context.AfterFunc(ctx, func() { client.Close(); behind.Close() })()
				carry(client.(*net.TCPConn), behind.(*net.TCPConn), seen)
			})
		}
	})
	return p
}

func carry(client, gateway *net.TCPConn, seen *tapped) {
	network.SetReset(client)
	network.SetReset(gateway)
	var both sync.WaitGroup
	one := func(from, to *net.TCPConn, r *recorded) {
		p := make([]byte, 64<<10)
		for {
			n, err := from.Read(p)
			r.add(p[:n])
			if n > 0 {
				if _, failed := to.Write(p[:n]); failed != nil {
					err = failed
				}
			}
			switch {
			case err == io.EOF:
				r.end(true)
				_ = to.CloseWrite()
				return
			case err != nil:
				r.end(false)
				client.Close()
				gateway.Close()
				return
			}
		}
	}
	both.Go(func() { one(client, gateway, &seen.toGateway) })
	both.Go(func() { one(gateway, client, &seen.toClient) })
	both.Wait()
	network.SetOrderly(client)
	network.SetOrderly(gateway)
	client.Close()
	gateway.Close()
}

func (r *recorded) add(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes.Write(p)
}

func (r *recorded) end(whole bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.whole, r.over = whole, true
}

func (p *tap) connections() []*tapped {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*tapped(nil), p.seen...)
}

func (c *tapped) isOver() bool { return c.toGateway.isOver() && c.toClient.isOver() }

func (r *recorded) isOver() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over
}

// Types of TLS records.
const (
	recordCipherSpec = 20
	recordAlert      = 21
	recordHandshake  = 22
	recordData       = 23
)

// checkTLSOnly fails unless all bytes of a direction are records of one TLS 1.3 connection, to the last byte. Where the direction was reset
// its last record may be cut. server tells that it is the gateway's.
func checkTLSOnly(all []byte, whole, server bool) error {
	var encrypted bool
	for at := 0; at < len(all); {
		rest := all[at:]
		if len(rest) < 5 || len(rest) < 5+int(binary.BigEndian.Uint16(rest[3:])) {
			if !whole && (len(rest) < 3 || rest[1] == 3) && rest[0] >= recordCipherSpec && rest[0] <= recordData {
				return nil
			}
			return fmt.Errorf("byte %d of %d: the last record is not whole", at, len(all))
		}
		kind, version, length := rest[0], binary.BigEndian.Uint16(rest[1:]), int(binary.BigEndian.Uint16(rest[3:]))
		payload := rest[5 : 5+length]
		switch {
		case version != 0x0303 && !(version == 0x0301 && at == 0):
			return fmt.Errorf("byte %d: version %04x", at, version)
		case length == 0 || length > 1<<14+256:
			return fmt.Errorf("byte %d: a record of %d bytes", at, length)
		case at == 0 && kind != recordHandshake && !(server && kind == recordAlert):
			return fmt.Errorf("it begins with a record of type %d", kind)
		case at == 0 && kind == recordHandshake && server && !isServerHello13(payload):
			return errors.New("it does not begin with a ServerHello of TLS 1.3")
		case at == 0 && kind == recordHandshake && !server && payload[0] != 1:
			return errors.New("it does not begin with a ClientHello")
		case encrypted && kind != recordData && kind != recordCipherSpec:
			return fmt.Errorf("byte %d: a record of type %d behind encrypted ones", at, kind)
		case kind == recordCipherSpec && !bytes.Equal(payload, []byte{1}):
			return fmt.Errorf("byte %d: no change_cipher_spec", at)
		case kind != recordCipherSpec && kind != recordAlert && kind != recordHandshake && kind != recordData:
			return fmt.Errorf("byte %d: type %d", at, kind)
		}
		encrypted = encrypted || kind == recordData
		at += 5 + length
	}
	return nil
}

// isServerHello13 tells whether a handshake record begins with a ServerHello whose supported_versions says TLS 1.3.
func isServerHello13(p []byte) bool {
	if len(p) < 4+2+32+1 || p[0] != 2 {
		return false
	}
	p = p[4+2+32:]
	p = p[1+int(p[0]):] // session id
	p = p[2+1+2:]       // cipher suite, compression, length of the extensions
	for len(p) >= 4 {
		kind, length := binary.BigEndian.Uint16(p), int(binary.BigEndian.Uint16(p[2:]))
		if kind == 43 {
			return length == 2 && binary.BigEndian.Uint16(p[4:]) == 0x0304
		}
		p = p[4+length:]
	}
	return false
}

// checkAll checks every connection that passed, once all are over.
func (p *tap) checkAll(t *testing.T, plain string) {
	t.Helper()
	seen := p.connections()
	for i, c := range seen {
		eventually(t, fmt.Sprintf("connection %d is over", i), c.isOver)
		for _, direction := range []struct {
			name   string
			of     *recorded
			server bool
		}{{"to the gateway", &c.toGateway, false}, {"to the client", &c.toClient, true}} {
			all := direction.of.bytes.Bytes()
			if err := checkTLSOnly(all, direction.of.whole, direction.server); err != nil {
				t.Errorf("connection %d, %s: %v", i, direction.name, err)
			}
			if plain != "" && bytes.Contains(all, []byte(plain)) {
				t.Errorf("connection %d, %s: plaintext is seen", i, direction.name)
			}
		}
	}
	if len(seen) == 0 {
		t.Error("nothing passed")
	}
}

// The parser must be able to fail.
func TestTheParserFindsWhatIsNoTLS(t *testing.T) {
	record := func(kind byte, payload ...byte) []byte {
		return append([]byte{kind, 3, 3, 0, byte(len(payload))}, payload...)
	}
	hello := slices.Clip(record(recordHandshake, 1, 0, 0, 0))
	for name, c := range map[string]struct {
		bytes []byte
		whole bool
		good  bool
	}{
		"a handshake and data":            {append(hello, record(recordData, 9, 9)...), true, true},
		"one raw byte behind":             {append(append(hello, record(recordData, 9)...), 0), true, false},
		"one raw byte behind, reset":      {append(append(hello, record(recordData, 9)...), 0), false, false},
		"raw from the beginning":          {[]byte("GET / HTTP/1.0\r\n\r\n"), true, false},
		"raw behind the handshake":        {append(hello, "SSH-2.0-OpenSSH_9.9 and more of it"...), true, false},
		"a record cut by a reset":         {append(hello, record(recordData, 9, 9, 9)[:6]...), false, true},
		"a record cut by an end in order": {append(hello, record(recordData, 9, 9, 9)[:6]...), true, false},
		"a plain alert behind data":       {append(append(hello, record(recordData, 9)...), record(recordAlert, 1, 0)...), true, false},
		"of another version":              {append(hello, 23, 2, 0, 0, 1, 9), true, false},
	} {
		if err := checkTLSOnly(c.bytes, c.whole, false); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
