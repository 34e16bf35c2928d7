package pump

import (
	"errors"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/network"
)

// informed is a memory end whose system says what the test wants.
type informed struct {
	*memory
	mu   sync.Mutex
	last time.Time // of the last acknowledgement
	info network.Info
}

func (i *informed) Info() (network.Info, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	info := i.info
	info.SinceAcknowledged = time.Since(i.last)
	return info, true
}

func (i *informed) set(info network.Info) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.info, i.last = info, time.Now()
}

func TestAPeerThatAcknowledgesNothingForAMinuteEndsTheFlow(t *testing.T) {
	for _, side := range []string{"local", "remote"} {
		t.Run(side, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, tool := memoryPair(4096, 1024)
				far, backend := memoryPair(4096, 1024)
				local, remote := &informed{memory: near}, &informed{memory: far}
				local.set(network.Info{})
				remote.set(network.Info{})
				done := start(t.Context(), local, remote, Options{})
				time.Sleep(time.Hour) // an idle flow is left alone
				dying := local
				if side == "remote" {
					dying = remote
				}
				began := time.Now()
				dying.set(network.Info{Unacknowledged: true})
				end := <-done
				if !errors.Is(end.err, ErrDead) || !errors.Is(end.err, ErrReset) || !strings.Contains(end.err.Error(), side+" end") {
					t.Errorf("run: %v", end.err)
				}
				if took := time.Since(began); took < DefaultSilence || took > DefaultSilence+2*longestLook {
					t.Errorf("it took %v", took)
				}
				for _, p := range []*memory{tool, backend} {
					if _, err := p.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
						t.Errorf("a side saw %v", err)
					}
				}
			})
		})
	}
}

func TestASlowReceiverIsNotDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, tool := memoryPair(4096, 1024)
		far, backend := memoryPair(4096, 1024)
		remote := &informed{memory: far}
		done := start(t.Context(), near, remote, Options{})
		for range 100 { // its system answers each probe of the closed window, 50 s apart
			remote.set(network.Info{Unacknowledged: true})
			time.Sleep(50 * time.Second)
		}
		remote.set(network.Info{})
		tool.CloseWrite()
		backend.CloseWrite()
		if end := <-done; end.err != nil {
			t.Error(end.err)
		}
	})
}

func TestAConnectionThatTheSystemGaveUpEndsTheFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, _ := memoryPair(4096, 1024)
		far, _ := memoryPair(4096, 1024)
		local := &informed{memory: near}
		done := start(t.Context(), local, far, Options{})
		local.set(network.Info{Closed: true})
		if end := <-done; !errors.Is(end.err, ErrReset) || errors.Is(end.err, ErrDead) {
			t.Errorf("run: %v", end.err)
		}
	})
}

func TestAHalfClosedFlowThatIsQuietForItsTimeEnds(t *testing.T) {
	for _, limit := range []time.Duration{0, 10 * time.Minute} {
		want := limit
		if limit == 0 {
			want = time.Hour
		}
		synctest.Test(t, func(t *testing.T) {
			local, tool := memoryPair(4096, 1024)
			remote, backend := memoryPair(4096, 1024)
			done := start(t.Context(), local, remote, Options{HalfClosed: limit})
			time.Sleep(24 * time.Hour) // while both directions are open it may be quiet
			tool.CloseWrite()
			if _, err := io.ReadAll(backend); err != nil {
				t.Fatal(err)
			}
			for range 50 { // what still carries something lives
				time.Sleep(want - want/4)
				send(t, backend, "answer")
				expect(t, tool, "answer")
			}
			began := time.Now()
			end := <-done
			if !errors.Is(end.err, ErrHalfClosed) || !strings.Contains(end.err.Error(), "--half-closed") {
				t.Errorf("run: %v", end.err)
			}
			if took := time.Since(began); took < want || took > want+want/4 {
				t.Errorf("limit %v: it took %v", want, took)
			}
		})
	}
}

// A tool, or a backend, that ends its direction and is then killed: nobody reads its connection, and nothing is sent to it.
func TestALossAfterTheEndResetsTheOtherSide(t *testing.T) {
	for _, kind := range kinds {
		for _, from := range []string{"tool", "backend"} {
			t.Run(kind.name+", of the "+from, func(t *testing.T) {
				local, tool := kind.local(t)
				remote, backend := kind.remote(t)
				breaker, other, end := tool, backend, local
				if from == "backend" {
					breaker, other, end = backend, tool, remote
				}
				if _, ok := end.(Watcher); !ok {
					t.Skip("an end without a Watch")
				}
				done := start(t.Context(), local, remote, Options{})
				send(t, breaker, "all")
				if err := breaker.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(other); err != nil || string(got) != "all" {
					t.Fatalf("read %q, %v", got, err)
				}
				reset(t, breaker)
				outcome := <-done
				if !errors.Is(outcome.err, ErrReset) {
					t.Errorf("run: %v", outcome.err)
				}
				if _, err := other.Write([]byte("x")); err == nil {
					t.Error("the other side was not reset")
				}
			})
		}
	}
}

// probed is a memory end that tells when it is to be probed.
type probed struct {
	*memory
	asked chan struct{}
}

func (p *probed) KeepAlive() { close(p.asked) } // a second call panics

func TestOnlyAFlowThatLastsIsProbed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		local, tool := memoryPair(1000, 100)
		remote, far := memoryPair(1000, 100)
		ends := []*probed{{local, make(chan struct{})}, {remote, make(chan struct{})}}
		ended := start(t.Context(), ends[0], ends[1], Options{})
		time.Sleep(longestLook - 1)
		synctest.Wait()
		for _, end := range ends {
			select {
			case <-end.asked:
				t.Error("it is probed at once")
			default:
			}
		}
		time.Sleep(2 * longestLook)
		for _, end := range ends {
			<-end.asked
		}
		for _, p := range []peer{tool, far} {
			_ = p.CloseWrite()
		}
		<-ended
	})
}
