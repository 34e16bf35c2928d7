package stripe

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/secret"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// certificates are those of a source and a target.
var certificates = sync.OnceValue(func() (made [2]tls.Certificate) {
	for n := range made {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			panic(err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			panic(err)
		}
		made[n] = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	}
	return made
})

// sealed is a session that opens real channels over loopback, as the streams of its only flow.
type sealed struct {
	t        testing.TB
	session  channel.Session // the source's
	open     channel.Open
	incoming chan *channel.Incoming
	relay    *relay
	timeout  context.Context
}

// newSealed makes a session. It ends with the test, and after its flows.
func newSealed(t testing.TB, most int) *sealed {
	t.Helper()
	k, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	same, err := k.Clone()
	if err != nil {
		t.Fatal(err)
	}
	c := certificates()
	terms := channel.Terms{Installation: engine.NewID(), Session: engine.NewID(), Route: engine.NewID(), Mode: engine.Sealed, Cipher: engine.AES256GCM,
		Source: channel.KeyIDOf(c[0].Leaf), Target: channel.KeyIDOf(c[1].Leaf)}
	target := channel.Session{Terms: terms, Secret: channel.NewSecret(same), Certificate: c[1], Flows: new(channel.FlowNumbers)}
	s := &sealed{t: t, session: channel.Session{Terms: terms, Secret: channel.NewSecret(k), Certificate: c[0]},
		open: channel.Open{Flow: 1, Streams: uint16(most), Service: engine.NewID()}, incoming: make(chan *channel.Incoming)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.relay = newRelay(t, listener.Addr().String())
	server := channel.Server{
		Lookup: func(engine.ID) (*channel.Session, error) { return &target, nil },
		Handle: func(ctx context.Context, in *channel.Incoming) {
			select {
			case s.incoming <- in:
				<-ctx.Done() // the channel is the test's
			case <-ctx.Done():
			}
		},
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	var cancel func()
	s.timeout, cancel = context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		cancel()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		s.session.Secret.Destroy()
		target.Secret.Destroy()
	})
	return s
}

// stream opens the flow's channel of that number: the first one with a handshake, the others by joining.
func (s *sealed) stream(number int) (atSource, atTarget *channel.Conn) {
	accepted := make(chan error, 1)
	go func() {
		var err error
		select {
		case in := <-s.incoming:
			atTarget, err = in.Accept()
		case <-s.timeout.Done():
			err = s.timeout.Err()
		}
		accepted <- err
	}()
	conn, err := net.Dial("tcp", s.relay.address)
	if err != nil {
		s.t.Fatal(err)
	}
	open := s.open
	open.Stream = uint16(number)
	if atSource, err = channel.Connect(s.timeout, conn, s.session, open); err != nil {
		s.t.Fatal(err)
	}
	if err := <-accepted; err != nil {
		s.t.Fatal(err)
	}
	return atSource, atTarget
}

// joined makes both ends of the session's flow.
func (s *sealed) joined(o Options) *joined {
	j := &joined{}
	j.join(o, func(number int) (Channel, Channel) {
		a, b := s.stream(number)
		return a, b
	})
	return j
}

// relay passes TCP connections on, and breaks them where it is told to.
type relay struct {
	address string
	mu      sync.Mutex
	passed  []*relayed // in the order in which they came
}

// relayed is one connection and its way on. A limit is how many more bytes come from a side before both are reset.
type relayed struct {
	ends    [2]*net.TCPConn
	limited [2]atomic.Bool
	limits  [2]atomic.Int64
	flips   [2]atomic.Int64 // how many more blocks pass unchanged; 0 is all
}

func newRelay(t testing.TB, to string) *relay {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{address: listener.Addr().String()}
	var running sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		r.mu.Lock()
		for _, c := range r.passed {
			c.reset()
		}
		r.mu.Unlock()
		running.Wait()
	})
	running.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			c := &relayed{ends: [2]*net.TCPConn{near.(*net.TCPConn), far.(*net.TCPConn)}}
			r.mu.Lock()
			r.passed = append(r.passed, c)
			r.mu.Unlock()
			for side := range c.ends {
				running.Go(func() { c.pass(side) })
			}
		}
	})
	return r
}

// breakAfter resets the connection that came as number n once so many more bytes have come from a side.
func (r *relay) breakAfter(n, side int, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passed[n].limits[side].Store(bytes)
	r.passed[n].limited[side].Store(true)
}

// flip changes one bit of what comes from a side of the connection that came as number n, after some blocks.
func (r *relay) flip(n, side int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passed[n].flips[side].Store(10)
}

func (c *relayed) reset() {
	for _, end := range c.ends {
		_ = end.SetLinger(0)
		_ = end.Close()
	}
}

func (c *relayed) pass(from int) {
	block := make([]byte, 8<<10)
	for {
		n, err := c.ends[from].Read(block)
		if c.flips[from].Load() > 0 && n > 0 && c.flips[from].Add(-1) == 0 {
			block[n/2] ^= 1
		}
		breaks := false
		if c.limited[from].Load() {
			left := c.limits[from].Add(-int64(n))
			if breaks = left <= 0; breaks {
				n += int(left) // so many bytes arrive still, which may be a part of a record
			}
		}
		_, failed := c.ends[1-from].Write(block[:max(n, 0)])
		switch {
		case breaks || failed != nil || err != nil && err != io.EOF:
			c.reset()
			return
		case err == io.EOF:
			_ = c.ends[1-from].CloseWrite()
			return
		}
	}
}
