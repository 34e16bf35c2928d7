package calibrate

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/pump"
	"lockwire/engine/secret"
)

// direct moves bytes over loopback without Lockwire between: what feeding and taking cost by themselves.
func direct(ctx context.Context, flows int, w *watch) (uint64, error) {
	return throughFlows(ctx, flows, w, pair)
}

// plain and sealed move bytes through whole channels of that mode.
func (o *Options) plain(ctx context.Context, flows int, w *watch) (uint64, error) {
	return o.throughChannels(ctx, flows, w, engine.Plain)
}

func (o *Options) sealed(ctx context.Context, flows int, w *watch) (uint64, error) {
	return o.throughChannels(ctx, flows, w, engine.Sealed)
}

// throughChannels makes a session of this process with itself and opens its flows.
func (o *Options) throughChannels(ctx context.Context, flows int, w *watch, mode engine.Mode) (uint64, error) {
	session, err := newSession(mode, o.Cipher)
	if err != nil {
		return 0, err
	}
	defer session.target.Secret.Destroy()
	defer session.source.Secret.Destroy()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	life, end := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer end()
	server := &channel.Server{
		Lookup: func(id engine.ID) (*channel.Session, error) {
			if id != session.target.Terms.Session {
				return nil, channel.ErrNoSession
			}
			return &session.target, nil
		},
		Handle: func(life context.Context, in *channel.Incoming) { session.serve(life, in) },
	}
	running.Go(func() { _ = server.Serve(life, listener) })
	return throughFlows(ctx, flows, w, func(ctx context.Context) (tool, backend net.Conn, err error) {
		return session.openFlow(ctx, life, &running, listener.Addr().String())
	})
}

// ownSession is a session of which both ends are here, and no broker knows.
type ownSession struct {
	source, target channel.Session
	nextFlow       atomic.Uint64
	backends       sync.Map // flow number -> net.Conn
}

func newSession(mode engine.Mode, cipher engine.Cipher) (*ownSession, error) {
	terms := channel.Terms{Installation: engine.NewID(), Session: engine.NewID(), Route: engine.NewID(), Mode: mode, Cipher: cipher}
	var s ownSession
	for _, end := range []struct {
		session *channel.Session
		id      *engine.KeyID
	}{{&s.source, &terms.Source}, {&s.target, &terms.Target}} {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
		if err != nil {
			return nil, err
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		*end.id = channel.KeyIDOf(certificate)
		end.session.Certificate = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
	}
	key, err := secret.New()
	if err != nil {
		return nil, err
	}
	other, err := key.Clone()
	if err != nil {
		key.Destroy()
		return nil, err
	}
	s.source.Secret, s.target.Secret, s.target.Flows = channel.NewSecret(key), channel.NewSecret(other), new(channel.FlowNumbers)
	s.source.Terms, s.target.Terms = terms, terms
	return &s, nil
}

// openFlow opens a flow and gives the connections that a tool and a backend would have.
func (s *ownSession) openFlow(ctx, life context.Context, running *sync.WaitGroup, at string) (tool, backend net.Conn, err error) {
	tool, local, err := pair(ctx)
	if err != nil {
		return nil, nil, err
	}
	remote, backend, err := pair(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, tool.Close(), local.Close())
	}
	number := s.nextFlow.Add(1)
	s.backends.Store(number, remote)
	fail := func(err error) (net.Conn, net.Conn, error) {
		s.backends.Delete(number)
		return nil, nil, errors.Join(err, tool.Close(), local.Close(), remote.Close(), backend.Close())
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
	if err != nil {
		return fail(err)
	}
	opened, err := channel.Connect(ctx, conn, s.source, channel.Open{Flow: number, Streams: 1, Service: s.source.Terms.Route})
	if err != nil {
		return fail(err)
	}
	running.Go(func() { carry(life, local, opened) })
	return tool, backend, nil
}

// serve takes a flow at the target's end and connects it to its backend.
func (s *ownSession) serve(life context.Context, in *channel.Incoming) {
	remote, found := s.backends.LoadAndDelete(in.Open().Flow)
	if !found {
		_ = in.Refuse(channel.ReasonSessionOver, "")
		return
	}
	opened, err := in.Accept()
	if err != nil {
		_ = remote.(net.Conn).Close()
		return
	}
	carry(life, remote.(net.Conn), opened)
}

// carry pumps as an agent does, and ends with the flow. How it ends is seen by the bytes that arrive.
func carry(ctx context.Context, conn net.Conn, opened *channel.Conn) {
	local, err := pump.NewTCP(conn.(*net.TCPConn))
	if err != nil {
		opened.Reset()
		_ = conn.Close()
		return
	}
	var remote pump.End = opened
	if raw, ok := opened.Plain(); ok {
		if remote, err = pump.NewTCP(raw); err != nil {
			local.Reset()
			opened.Reset()
			return
		}
	}
	_, _ = pump.Run(ctx, local, remote, pump.Options{})
}

// throughFlows opens so many flows, feeds them for the time of the watch, and gives how many bytes have come out when all have
// ended.
func throughFlows(ctx context.Context, flows int, w *watch, open func(context.Context) (tool, backend net.Conn, err error)) (uint64, error) {
	var tools, backends []net.Conn
	defer func() {
		for _, conn := range append(tools, backends...) {
			_ = conn.Close()
		}
	}()
	for range flows {
		tool, backend, err := open(ctx)
		if err != nil {
			return 0, err
		}
		tools, backends = append(tools, tool), append(backends, backend)
	}
	feeding, cancel := w.start(ctx)
	defer cancel()
	var total atomic.Uint64
	var moving sync.WaitGroup
	failed := make(chan error, 2*flows)
	for i := range flows {
		moving.Go(func() {
			if err := feed(feeding, tools[i]); err != nil {
				failed <- err
			}
		})
		moving.Go(func() {
			n, err := take(backends[i])
			total.Add(n)
			if err != nil {
				failed <- err
			}
			_ = backends[i].Close() // so that the other direction ends too
		})
	}
	moving.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
		return total.Load(), nil
	}
}

// patience is how long a flow may stand still before the calibration is given up.
const patience = 5 * time.Second

// feed writes until ctx is done, ends the direction in order and waits for the other end to do so too.
func feed(ctx context.Context, tool net.Conn) error {
	block := make([]byte, recordSize)
	rand.Read(block) // never fails
	for ctx.Err() == nil {
		if err := tool.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if _, err := tool.Write(block); err != nil {
			return err
		}
	}
	if err := tool.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	_, err := tool.Read(block[:1])
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("the flow did not end in order: %w", err)
}

// take reads until the end.
func take(backend net.Conn) (count uint64, err error) {
	block := make([]byte, recordSize)
	for {
		if err := backend.SetDeadline(time.Now().Add(patience)); err != nil {
			return count, err
		}
		n, err := backend.Read(block)
		count += uint64(n)
		if errors.Is(err, io.EOF) {
			return count, nil
		}
		if err != nil {
			return count, err
		}
	}
}

// pair gives the two ends of a TCP connection over loopback.
func pair(ctx context.Context) (near, far net.Conn, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	near, err = (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	for {
		if far, err = listener.Accept(); err != nil {
			return nil, nil, errors.Join(err, near.Close())
		}
		if far.RemoteAddr().String() == near.LocalAddr().String() {
			return near, far, nil
		}
		_ = far.Close() // a stranger who found the port first
	}
}
