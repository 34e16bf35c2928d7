package network

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a listener whose accepts fail or succeed as the script says, and that is closed after it.
type scripted struct {
	net.Listener
	script []error
}

func (s *scripted) Accept() (net.Conn, error) {
	if len(s.script) == 0 {
		return nil, net.ErrClosed
	}
	err := s.script[0]
	s.script = s.script[1:]
	if err != nil {
		return nil, err
	}
	conn, other := net.Pipe()
	other.Close()
	return conn, nil
}

func TestAcceptPausesLongerAfterEachFailureAndBeginsAnewAfterASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("too many open files")
		script := append(slices.Repeat([]error{full}, 10), nil, full, nil)
		var pauses []time.Duration
		last := time.Now()
		failures := 0
		a := Acceptor{Listener: &scripted{script: script}, Failed: func(err error) {
			if !errors.Is(err, full) {
				t.Errorf("told of %v", err)
			}
			if failures++; failures > 1 {
				pauses = append(pauses, time.Since(last))
			}
			last = time.Now()
		}}
		for range 2 {
			if _, err := a.Accept(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.Accept(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a closed listener gives %v", err)
		}
		ms := time.Millisecond
		want := []time.Duration{5 * ms, 10 * ms, 20 * ms, 40 * ms, 80 * ms, 160 * ms, 320 * ms, 640 * ms, time.Second, time.Second}
		if !slices.Equal(pauses, want) {
			t.Errorf("paused %v, want %v", pauses, want)
		}
		if since := time.Since(last); since != 5*ms {
			t.Errorf("the first pause after a success is %v", since)
		}
	})
}

func TestAcceptEndsWithItsContextWhileItPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("the agent stops")
		ctx, cancel := context.WithCancelCause(t.Context())
		a := Acceptor{Listener: &scripted{script: []error{errors.New("too many open files"), nil}}}
		done := make(chan error, 1)
		go func() {
			_, err := a.Accept(ctx)
			done <- err
		}()
		synctest.Wait()
		cancel(why)
		if err := <-done; !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
	})
}
