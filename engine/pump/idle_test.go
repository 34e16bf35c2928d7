package pump

import (
	"errors"
	"io"
	"sync/atomic"
	"testing"
)

// careful is a memory end that says what it holds and waits before it is read.
type careful struct {
	*memory
	t        *testing.T
	target   *careful
	lent     bool
	released int
	nothing  int // how many reads give nothing
}

func (c *careful) Buffer() []byte { c.lent = true; return c.memory.Buffer() }
func (c *careful) Commit(n int) error {
	c.lent = false
	return c.memory.Commit(n)
}
func (c *careful) Release() { c.lent = false; c.released++ }

func (c *careful) WaitReadable() error {
	if c.target.lent {
		c.t.Error("the pump holds a buffer while it waits")
	}
	return nil
}

func (c *careful) Read(p []byte) (int, error) {
	if c.nothing > 0 {
		c.nothing--
		return 0, nil
	}
	return c.memory.Read(p)
}

func TestQuietFlowHoldsNoBuffer(t *testing.T) {
	local, tool := memoryPair(4096, 1024)
	remote, backend := memoryPair(4096, 1024)
	near, far := &careful{memory: local, t: t, nothing: 3}, &careful{memory: remote, t: t}
	near.target, far.target = far, near
	one := &direction{name: "one way", source: near, target: far, live: new(atomic.Uint64), waits: new(Waits)}
	sent := make(chan error, 1)
	go func() {
		_, err := sendRandom(tool, 10_000)
		sent <- err
	}()
	drained := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, struct{ io.Reader }{backend})
		drained <- err
	}()
	if err := one.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-sent, <-drained); err != nil {
		t.Fatal(err)
	}
	if far.lent || far.released != 4 { // after each read that gave nothing, and after the end
		t.Errorf("a buffer is lent: %v; released %d times, want 4", far.lent, far.released)
	}
}

func TestEndThatGivesNothingForEverIsBroken(t *testing.T) {
	local, _ := memoryPair(4096, 1024)
	remote, _ := memoryPair(4096, 1024)
	near, far := &careful{memory: local, t: t, nothing: 1 << 30}, &careful{memory: remote, t: t}
	near.target, far.target = far, near
	one := &direction{name: "one way", source: near, target: far, live: new(atomic.Uint64), waits: new(Waits)}
	if err := one.run(t.Context()); !errors.Is(err, io.ErrNoProgress) || !errors.Is(err, ErrReset) {
		t.Errorf("run: %v, want io.ErrNoProgress", err)
	}
}

func TestTCPEndHoldsItsBufferOnlyWhileItIsLent(t *testing.T) {
	end, tool := tcpEnd(t)
	copy(end.Buffer(), "text")
	if end.buffer == nil {
		t.Fatal("nothing is lent")
	}
	if err := end.Commit(4); err != nil {
		t.Fatal(err)
	}
	expect(t, tool, "text")
	if end.buffer != nil {
		t.Error("the buffer is held after it was sent")
	}
	end.Buffer()
	end.Release()
	if end.buffer != nil {
		t.Error("the buffer is held after it was released")
	}
}
