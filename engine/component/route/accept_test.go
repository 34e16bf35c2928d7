package route

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"lockwire/engine/component/live"
	"lockwire/engine/component/machine"
)

// endingListener ends the work of the attachment just as a connection comes.
type endingListener struct {
	net.Listener
	end func()
}

func (l *endingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	l.end()
	return conn, err
}

// A connection that comes while the agent stops is reset, and not left open in silence.
func TestConnectionThatComesAtTheEndIsReset(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	work := live.NewWork()
	log := slog.New(slog.DiscardHandler)
	clock := machine.SystemClock{}
	flows := NewFlows(Config{Host: &live.Host{Log: log, Lines: machine.NewLogLimiter(clock), Clock: clock, Work: work}}, NewDials())
	r := &Route{flows: flows, waiting: make(chan struct{}, MaximumWaiting)}
	r.rename("backup")
	r.Life = t.Context()
	tool, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	r.accept(&endingListener{listener, func() { work.Finish(live.ErrStopped) }})
	if err := tool.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := tool.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the tool reads %v, and no reset", err)
	}
	if len(r.waiting) != 0 {
		t.Error("it is still counted as waiting")
	}
}
