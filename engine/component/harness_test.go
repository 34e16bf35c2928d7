package component

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/control"
	"lockwire/engine/enginetest/loopback"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

// patience is how long a test waits for what must happen; nothing is judged by how long it took.
const patience = 60 * time.Second

func rootsDER(t *testing.T, roots identity.Roots) [][]byte {
	t.Helper()
	var all [][]byte
	for rest := roots.PEM(); ; {
		block, more := pem.Decode(rest)
		if block == nil {
			return all
		}
		all, rest = append(all, block.Bytes), more
	}
}

// logBook keeps a log for a test to look for words in.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
	line chan struct{}
}

func newLogBook() *logBook { return &logBook{line: make(chan struct{}, 1)} }

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.line <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits until the log holds some words.
func (l *logBook) await(t *testing.T, words string) {
	t.Helper()
	late := time.After(patience)
	for !bytes.Contains([]byte(l.String()), []byte(words)) {
		select {
		case <-l.line:
		case <-late:
			t.Fatalf("the log never said %q; it says:\n%s", words, l)
		}
	}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("it did not come to this: %s", what)
		}
	}
}

// awaitAttached waits until both ends know that they are attached. The broker has their hello before they have its welcome.
func (p *pair) awaitAttached(t *testing.T) {
	t.Helper()
	for _, m := range []*runningAgent{p.source, p.target} {
		eventually(t, "a component is attached", func() bool { return m.Status().Attachments[0].Attached })
	}
}

// runningAgent is a component that runs in a test.
type runningAgent struct {
	*Component
	id     engine.ID
	folder string
	log    *logBook
	stop   func()
}

type option func(*Config)

// joined enrols a machine with the broker; its data folder is the test's.
func joined(t *testing.T, b *fakeBroker, name string, backends ...string) (folder string, id engine.ID) {
	t.Helper()
	folder = t.TempDir()
	got, err := control.Join(t.Context(), control.JoinOptions{Token: b.token(name), Folder: folder, AllowBackends: backends})
	if err != nil {
		t.Fatalf("join: %v", err)
	}
	return folder, got.ID
}

func run(t *testing.T, folder string, id engine.ID, options ...option) *runningAgent {
	t.Helper()
	m := &runningAgent{id: id, folder: folder, log: newLogBook()}
	config := Config{
		// Without the second that the real one waits between two collections; TestErasureIsTheRealOne has that.
		erase:  func(context.Context) error { runtime.GC(); return nil },
		Folder: folder, Listen: loopback.Address(t), Version: "test", Log: slog.New(slog.NewTextHandler(m.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, option := range options {
		option(&config)
	}
	var err error
	if m.Component, err = New(t.Context(), config); err != nil {
		t.Fatalf("new component: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	m.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("component ended with %v", err)
		}
	})
	t.Cleanup(func() {
		m.stop()
		if t.Failed() {
			t.Logf("log of %s:\n%s", id, m.log)
		}
	})
	return m
}

// eventLog keeps what components said to the broker until a test asks for it.
type eventLog struct {
	mu    sync.Mutex
	list  []any
	fresh chan struct{}
}

func newEventLog() *eventLog { return &eventLog{fresh: make(chan struct{}, 1)} }

func (l *eventLog) add(event any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, event)
	select {
	case l.fresh <- struct{}{}:
	default:
	}
}

// forget drops what was said so far.
func (l *eventLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = nil
}

// await waits for an event of type T that fits. Events of that type before it are dropped, all others stay.
func await[T any](t *testing.T, b *fakeBroker, fits func(T) bool) T {
	t.Helper()
	late := time.After(patience)
	for {
		if event, found := take(b.events, fits); found {
			return event
		}
		select {
		case <-b.events.fresh:
		case <-late:
			var none T
			t.Fatalf("no %T came", none)
		}
	}
}

func take[T any](l *eventLog, fits func(T) bool) (event T, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.list[:0]
	for _, one := range l.list {
		typed, ok := one.(T)
		switch {
		case !ok || found:
			kept = append(kept, one)
		case fits == nil || fits(typed):
			event, found = typed, true
		}
	}
	l.list = kept
	return event, found
}

// pair is a source and a target with one route between them and a backend behind the target.
type pair struct {
	b              *fakeBroker
	source, target *runningAgent
	route          *testRoute
	backend        *backend
}

// backend is a TCP server of the test: it answers each connection with what handle does.
type backend struct {
	net.Listener
	mu    sync.Mutex
	count int
}

func newBackend(t *testing.T, handle func(*net.TCPConn)) *backend {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{Listener: listener}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.count++
			b.mu.Unlock()
			running.Go(func() {
				defer conn.Close()
				handle(conn.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close(); running.Wait() })
	return b
}

func (b *backend) connections() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

// echo sends back what comes until the peer ends its direction.
func echo(conn *net.TCPConn) {
	_, _ = io.Copy(conn, conn)
	_ = conn.CloseWrite()
}

func newPair(t *testing.T, mode engine.Mode, changes ...func(*testRoute)) *pair {
	t.Helper()
	p, sourceFolder := newPairWithoutSource(t, mode, changes...)
	p.runSource(t, sourceFolder)
	return p
}

// newPairWithoutSource is a pair whose source is still to be run.
func newPairWithoutSource(t *testing.T, mode engine.Mode, changes ...func(*testRoute)) (p *pair, sourceFolder string) {
	t.Helper()
	return newPairBefore(t, echo, mode, changes...)
}

// newPairBefore is a pair before a backend that answers with what handle does; its source is still to be run.
func newPairBefore(t *testing.T, handle func(*net.TCPConn), mode engine.Mode, changes ...func(*testRoute)) (p *pair, sourceFolder string) {
	t.Helper()
	t.Parallel()
	p = &pair{b: newFakeBroker(t), backend: newBackend(t, handle)}
	sourceFolder, source := joined(t, p.b, "source")
	targetFolder, target := joined(t, p.b, "target", p.backend.Addr().String())
	p.route = &testRoute{id: engine.NewID(), name: "route", listen: loopback.Address(t), source: source, target: target, backend: p.backend.Addr().String(), mode: mode}
	for _, change := range changes {
		change(p.route)
	}
	p.b.routes[p.route.id] = p.route
	p.runTarget(t, targetFolder)
	return p, sourceFolder
}

// runTarget runs the target and waits until it is attached.
func (p *pair) runTarget(t *testing.T, folder string, options ...option) {
	t.Helper()
	p.target = run(t, folder, p.route.target, options...)
	await[*wire.Hello](t, p.b, nil)
}

// runSource runs the source and waits until its route listens.
func (p *pair) runSource(t *testing.T, folder string, options ...option) {
	t.Helper()
	p.source = run(t, folder, p.route.source, options...)
	await(t, p.b, func(s *wire.ListenerStates) bool { return len(s.GetStates()) == 1 && s.GetStates()[0].GetListening() })
}

// dial connects as a tool does.
func (p *pair) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", p.route.listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// mustRefuse connects as a tool does and expects a reset, which may come before connect has returned.
func (p *pair) mustRefuse(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp", p.route.listen)
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	mustBeReset(t, conn)
}

// roundTrip sends text and expects it back.
func roundTrip(t *testing.T, conn *net.TCPConn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatalf("send: %v", err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(conn, got); err != nil {
		t.Fatalf("receive: %v", err)
	}
	if string(got) != text {
		t.Fatalf("sent %q, got %q", text, got)
	}
}

// finish ends a flow in order and expects the other end's end.
func finish(t *testing.T, conn *net.TCPConn) {
	t.Helper()
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(conn); err != nil || len(rest) != 0 {
		t.Fatalf("the end of the flow: %d bytes, %v", len(rest), err)
	}
}

// mustBeReset expects an error on a connection, never a clean end.
func mustBeReset(t *testing.T, conn net.Conn) {
	t.Helper()
	_, err := io.ReadAll(conn)
	if err == nil {
		t.Fatal("the connection ended cleanly, and no error was seen")
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("nothing happened on the connection")
	}
}

// allotments are what the broker sends to put leases in force.
func allotments(all ...*wire.Allotment) *wire.Down {
	return &wire.Down{Message: &wire.Down_Allotments{Allotments: &wire.Allotments{Allotments: all}}}
}
