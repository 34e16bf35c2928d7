package demonstration

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// tap stands between the two agents, as somebody on the network would: it hands on every byte and counts how often the
// marker goes by.
type tap struct {
	listener net.Listener
	to       string
	count    atomic.Int64

	mu      sync.Mutex
	open    map[net.Conn]bool
	closed  bool
	running sync.WaitGroup
}

func newTap(to string) (*tap, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	tap := &tap{listener: listener, to: to, open: map[net.Conn]bool{}}
	tap.running.Go(tap.accept)
	return tap, nil
}

func (t *tap) address() string { return t.listener.Addr().String() }
func (t *tap) seen() int64     { return t.count.Load() }
func (t *tap) reset()          { t.count.Store(0) }

func (t *tap) close() error {
	err := t.listener.Close()
	t.mu.Lock()
	t.closed = true
	for conn := range t.open {
		conn.Close()
	}
	t.mu.Unlock()
	t.running.Wait()
	return err
}

func (t *tap) accept() {
	for {
		near, err := t.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", t.to)
		if err != nil {
			near.Close()
			continue
		}
		if !t.keep(near, far) {
			return
		}
		t.running.Go(func() { t.carry(near, far) })
	}
}

// keep remembers the ends, so that close can end them.
func (t *tap) keep(ends ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, end := range ends {
		if t.closed {
			end.Close()
			continue
		}
		t.open[end] = true
	}
	return !t.closed
}

func (t *tap) forget(end net.Conn) {
	t.mu.Lock()
	delete(t.open, end)
	t.mu.Unlock()
	end.Close()
}

// carry hands both directions on until both have ended.
func (t *tap) carry(near, far net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { t.listen(near, far) })
	both.Go(func() { t.listen(far, near) })
	both.Wait()
	t.forget(near)
	t.forget(far)
}

// listen hands one direction on. A marker that two reads cut apart is found too: the end of each is kept for the next.
func (t *tap) listen(from, to net.Conn) {
	buffer := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := from.Read(buffer[kept:])
		if n > 0 {
			whole := buffer[:kept+n]
			t.count.Add(int64(bytes.Count(whole, []byte(marker))))
			if _, err := to.Write(whole[kept:]); err != nil {
				break
			}
			kept = min(len(whole), len(marker)-1)
			copy(buffer, whole[len(whole)-kept:])
		}
		if errors.Is(err, io.EOF) {
			to.(*net.TCPConn).CloseWrite()
			return
		}
		if err != nil {
			break
		}
	}
	from.Close() // an end that broke breaks the other
	to.Close()
}
