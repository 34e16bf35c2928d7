package channel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

func TestConnectionIsKeptForTheFlowsThatFollow(t *testing.T) {
	for _, cipher := range []engine.Cipher{engine.AES256GCM, engine.ChaCha20Poly1305} {
		bubble(t, func(t *testing.T) {
			f := keeping(t, func(p *pair) { p.setTerms(func(terms *Terms) { terms.Cipher = cipher }) })
			for number := uint64(2); number <= 9; number++ {
				f.mustJoin(t, number)
				f.link.holds(t, 2)
				time.Sleep(keptBySource - time.Second)
			}
			if f.link.dials != 1 {
				t.Errorf("%d connections were made", f.link.dials)
			}
			if got := f.p.source.Secret.Joins(); got != 8 {
				t.Errorf("%d numbers were taken for 8 joins", got)
			}
			f.link.endIdle(t)
			f.mustJoin(t, 10)
			if f.link.dials != 2 {
				t.Errorf("%d connections were made after one has ended", f.link.dials)
			}
			f.link.endIdle(t)
			if len(f.link.refused) > 0 {
				t.Errorf("reported: %v", f.link.refused)
			}
		})
	}
}

func TestConnectionIsNotKept(t *testing.T) {
	large := [][]byte{bytes.Repeat([]byte("x"), maximumOutlived+1)}
	for name, test := range map[string]struct {
		change func(*pair)
		flow   func(*flow)
		dials  int // for four flows
	}{
		"in plain mode":               {change: func(p *pair) { p.setTerms(func(terms *Terms) { terms.Mode = engine.Plain }) }, dials: 4},
		"where the source keeps none": {change: func(p *pair) { p.source.Keep = nil }, dials: 4},
		"where the target keeps none": {change: func(p *pair) { p.target.Keep = nil }, dials: 4},
		"where there is no room":      {change: func(p *pair) { p.source.Keep, p.target.Keep = noRoom, noRoom }, dials: 4},
		// The first flow's is kept for the second.
		"after much was sent to the target": {flow: func(f *flow) { f.toTarget = large }, dials: 3},
		"after much was sent to the source": {flow: func(f *flow) { f.toSource = large }, dials: 3},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keeping(t, test.change)
				if test.flow != nil {
					test.flow(f)
				}
				for number := uint64(2); number <= 4; number++ {
					f.mustJoin(t, number)
					f.link.holds(t, 0)
				}
				if f.link.dials != test.dials {
					t.Errorf("%d connections were made, not %d", f.link.dials, test.dials)
				}
			})
		})
	}
}

func noRoom(func()) (func(), bool) { return nil, false }

func TestFlowThatFailsLeavesNoConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keeping(t, nil)
		cut := f.again()
		cut.fromDest = func(written []byte) [][]byte {
			if recordType(written[0]) == typeEnd {
				return nil // and with it the connection ends
			}
			return [][]byte{written}
		}
		ctx, cancel := context.WithCancel(context.Background())
		cut.ctx = ctx
		time.AfterFunc(time.Second, func() { f.link.first.out.finish(syscall.ECONNRESET); f.link.second.out.finish(syscall.ECONNRESET) })
		cut.run(t, 2)
		cancel()
		if cut.atSource.err == io.EOF {
			t.Error("the source took a cut flow for a whole one")
		}
		f.link.holds(t, 0)
		f.mustJoin(t, 3)
	})
}

// The source has nobody to wait for once it has the target's end: its own end and the next flight may arrive together, or the flight when
// the target waits for the loss of the connection only.
func TestFlightFollowsTheEndAtOnce(t *testing.T) {
	for name, hold := range map[string]bool{"in one piece with it": true, "behind it": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keeping(t, nil)
				var held []byte
				gather := func(written []byte) [][]byte {
					switch recordType(written[0]) {
					case typeEnd:
						if hold {
							held = bytes.Clone(written)
							return nil
						}
					case typeJoin:
						whole := append(held, written...)
						held = nil
						return [][]byte{whole}
					}
					return [][]byte{written}
				}
				var ended []*flow
				for number := uint64(2); number <= 5; number++ {
					next := f.again()
					next.fromSource = gather
					next.run(t, number)
					ended = append(ended, next)
				}
				f.link.first.setTamper(nil)
				_ = f.link.first.out.write(held)
				synctest.Wait()
				for i, one := range ended {
					if !one.whole() {
						t.Errorf("flow %d: %v, %v, %v", i+2, one.dialled, one.atTarget.err, one.atSource.err)
					}
				}
				if f.link.dials != 1 {
					t.Errorf("%d connections were made", f.link.dials)
				}
			})
		})
	}
}

func TestDestroyClosesWhatIsKept(t *testing.T) {
	for name, end := range map[string]func(*flow) (*Secret, *memoryConn){
		"at the source": func(f *flow) (*Secret, *memoryConn) { return f.p.source.Secret, f.link.first },
		"at the target": func(f *flow) (*Secret, *memoryConn) { return f.p.target.Secret, f.link.second },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := keeping(t, nil)
				f.mustJoin(t, 2)
				f.link.holds(t, 2)
				secret, conn := end(f)
				if conn.linger != 0 {
					t.Error("a process that is killed would seem to close it in order")
				}
				secret.Destroy()
				if conn.linger != -1 {
					t.Error("it is reset, and may take away an end that was not read yet")
				}
				synctest.Wait()
				if n, err := f.link.first.Read(make([]byte, 1)); n != 0 || err == nil {
					t.Error("the connection is open")
				}
				if n, err := f.link.second.Read(make([]byte, 1)); n != 0 || err == nil {
					t.Error("the connection is open at the target")
				}
				next := f.again()
				next.run(t, 3)
				if next.delivered != nil || next.dialled == nil {
					t.Error("a flow joined")
				}
			})
		})
	}
}

func TestKeptConnectionGivesWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keeping(t, nil)
		for _, evict := range f.link.rooms.evict {
			evict()
		}
		f.link.holds(t, 0)
		f.mustJoin(t, 2)
		if f.link.dials != 2 {
			t.Errorf("%d connections were made", f.link.dials)
		}
		running := f.again()
		running.fromSource = func(written []byte) [][]byte {
			for _, evict := range slices.Clone(f.link.rooms.evict) { // a flow has taken it: nothing happens
				evict()
			}
			return [][]byte{written}
		}
		running.run(t, 3)
		if !running.whole() {
			t.Errorf("a flow was disturbed: %v, %v, %v", running.dialled, running.atTarget.err, running.atSource.err)
		}
	})
}

func TestAnEndKeepsABoundedNumber(t *testing.T) {
	for r, most := range map[role]int{source: maximumKept, target: maximumKeptAtTarget} {
		bubble(t, func(t *testing.T) {
			p := newPair(t, nil)
			secret, rooms := p.source.Secret, new(rooms)
			kept := make([]*kept, most+1)
			refused := 0
			for i := range kept {
				conn, _ := newMemoryPair(nil, nil)
				leave, _ := rooms.keep(nil)
				kept[i] = keptOf(secret, conn, leave)
				if !secret.keep(kept[i], r) {
					refused++
					leave()
				}
			}
			if got := rooms.count(); got != most || (r == target) != (refused == 1) {
				t.Errorf("role %d keeps %d, and refused %d", r, got, refused)
			}
			if r == source && kept[0].take() {
				t.Error("the one that was idle for longest is still there")
			}
			time.Sleep(keptByTarget)
			synctest.Wait()
			if got := rooms.count(); got != 0 {
				t.Errorf("%d are kept for ever", got)
			}
		})
	}
}

func keptOf(s *Secret, conn *memoryConn, leave func()) *kept {
	return &kept{of: s, conn: conn, leave: leave}
}

// No key of a flow is left while its connection is kept: not in the channel, and not in the session's secret.
func TestKeptConnectionHasNoKey(t *testing.T) {
	p := newPair(t, nil)
	rooms := new(rooms)
	p.source.Keep, p.target.Keep = rooms.keep, rooms.keep
	s := serve(t, Server{Lookup: p.lookup})
	for number := uint64(1); number <= 3; number++ {
		src, dst := s.join(t, p, number)
		endBoth(t, src, dst)
		for name, c := range map[string]*Conn{"source": src, "target": dst} {
			if c.kept.Load() == nil {
				t.Errorf("flow %d, %s: the connection is not kept", number, name)
			}
			if !c.in.opener.d.wiped || !c.out.sealer.d.wiped || c.in.opener.d.aead != nil || c.out.sealer.d.aead != nil {
				t.Errorf("flow %d, %s: keys are left", number, name)
			}
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, ErrReset) {
				t.Errorf("flow %d, %s: Read: %v", number, name, err)
			}
			c.Reset() // has no part in the connection any more
			if c.opening.flow != nil && number > 1 && name == "target" {
				t.Errorf("flow %d: the flow's key is left at the target", number)
			}
			if n := len(c.opening.of.unanswered); n != 0 {
				t.Errorf("flow %d, %s: %d connections count as unanswered", number, name, n)
			}
		}
	}
}

// endBoth ends a flow in order at both ends.
func endBoth(t *testing.T, src, dst *Conn) {
	t.Helper()
	for _, c := range []*Conn{src, dst} {
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []*Conn{src, dst} {
		if _, err := io.ReadAll(c); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTargetKeepsOnlyWhatTheSourceKeeps(t *testing.T) {
	for _, test := range []struct {
		asked  bool
		answer []byte
		keeps  bool
		want   error
	}{
		{true, nil, false, nil},
		{true, keepExtension[:], true, nil},
		{false, keepExtension[:], false, errExtension},
		{true, append(keepExtension[:], keepExtension[:]...), true, ErrRecord},
		{true, []byte{0, extensionKeep, 0, 1, 0}, false, ErrRecord},
	} {
		var c Conn
		if err := c.takeAnswer(Open{Keep: test.asked}, typeOpened, test.answer); !errors.Is(err, test.want) || c.keeps != test.keeps {
			t.Errorf("%+v: %v, and it is kept: %v", test, err, c.keeps)
		}
	}
}

func TestStreamIsNotKept(t *testing.T) {
	c := Conn{room: noRoom, terms: Terms{Mode: engine.Sealed}}
	for streams, keeps := range map[uint16]bool{1: true, 2: false} {
		if got := c.mayKeep(Open{Streams: streams}); got != keeps {
			t.Errorf("the source keeps one of %d streams: %v", streams, got)
		}
		if got := c.keepsFor(Open{Streams: streams, Keep: true}); (got != nil) != keeps || c.keeps != keeps {
			t.Errorf("the target keeps one of %d streams: %x", streams, got)
		}
	}
}
