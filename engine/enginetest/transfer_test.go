package enginetest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// transfer sends numbered blocks to a backend that echoes them, and reads them back, until it is told to finish or its connection breaks.
type transfer struct {
	conn    *net.TCPConn
	ending  atomic.Bool
	blocks  atomic.Uint64 // that came back
	running sync.WaitGroup
	sent    uint64 // by the sender; read once running is over
	broken  error  // why it ended at the receiver, where it was not in order; read once running is over
	unsent  error  // likewise at the sender: the system tells one of the two that the connection was reset
	wrong   error  // a byte that is not what was sent; read once running is over
}

// A transfer is never idle, and slow enough that all else on a busy machine gets on: transferAhead blocks are on their way at the most, and one
// is sent each transferPace.
const (
	transferBlock = 16 << 10
	transferAhead = 8
	transferPace  = 10 * time.Millisecond
)

func beginTransfer(t *testing.T, conn *net.TCPConn) *transfer {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(2 * Patience)); err != nil {
		t.Fatal(err)
	}
	x := &transfer{conn: conn}
	x.running.Go(x.send)
	x.running.Go(x.receive)
	t.Cleanup(func() {
		conn.Close()
		x.running.Wait()
	})
	return x
}

// number fills a block with what no other block holds.
func number(block []byte, n uint64) {
	for i := 0; i < len(block); i += 8 {
		binary.BigEndian.PutUint64(block[i:], n<<16|uint64(i))
	}
}

func (x *transfer) send() {
	block := make([]byte, transferBlock)
	for !x.ending.Load() {
		time.Sleep(transferPace)
		if x.sent >= x.blocks.Load()+transferAhead {
			continue
		}
		number(block, x.sent)
		if _, err := x.conn.Write(block); err != nil {
			x.unsent = err
			return
		}
		x.sent++
	}
	_ = x.conn.CloseWrite()
}

func (x *transfer) receive() {
	defer x.ending.Store(true)
	got, want := make([]byte, transferBlock), make([]byte, transferBlock)
	for n := uint64(0); ; n++ {
		read, err := io.ReadFull(x.conn, got)
		number(want, n)
		if string(got[:read]) != string(want[:read]) {
			x.wrong = fmt.Errorf("block %d came back with other bytes", n)
			return
		}
		switch {
		case err == io.EOF:
			return
		case err != nil:
			x.broken = err
			return
		}
		x.blocks.Add(1)
	}
}

// goesOn waits until a few more blocks have come back.
func (x *transfer) goesOn(t *testing.T, when string) {
	t.Helper()
	from := x.blocks.Load()
	for deadline := time.Now().Add(Patience); x.blocks.Load() <= from+transferAhead; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: the transfer stands still after %d blocks", when, x.blocks.Load())
		}
	}
}

// finish ends the transfer in order, which must be whole.
func (x *transfer) finish(t *testing.T) {
	t.Helper()
	x.ending.Store(true)
	x.running.Wait()
	if err := errors.Join(x.wrong, x.broken, x.unsent); err != nil || x.sent != x.blocks.Load() {
		t.Errorf("%d of %d blocks came back: %v", x.blocks.Load(), x.sent, err)
	}
}

// breaks waits until the connection ends, which must be with an error and without a wrong byte.
func (x *transfer) breaks(t *testing.T) {
	t.Helper()
	x.running.Wait()
	if x.wrong != nil || x.broken == nil && x.unsent == nil {
		t.Errorf("the transfer ended in order, or with wrong bytes: %v", x.wrong)
	}
}
