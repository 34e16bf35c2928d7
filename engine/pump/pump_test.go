package pump

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"
)

// outcome is what Run returned.
type outcome struct {
	Result
	err error
}

// start runs a flow and returns where its outcome arrives.
func start(ctx context.Context, local, remote End, o Options) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		result, err := Run(ctx, local, remote, o)
		done <- outcome{result, err}
	}()
	return done
}

// randomBytes sends n random bytes, then ends the direction, and returns their hash.
func sendRandom(p peer, n int64) ([]byte, error) {
	hash := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(p, hash)}, io.LimitReader(rand.Reader, n), make([]byte, 64<<10)); err != nil {
		return nil, err
	}
	return hash.Sum(nil), p.CloseWrite()
}

func TestBothDirectionsArriveWholeAndCounted(t *testing.T) {
	for _, kind := range kinds {
		for _, size := range []struct{ toRemote, toLocal int64 }{{0, 0}, {1, 0}, {100, 100_000}, {24<<20 + 17, 9<<20 + 3}} {
			t.Run(kind.name, func(t *testing.T) {
				local, tool := kind.local(t)
				remote, backend := kind.remote(t)
				var counters Counters
				done := start(t.Context(), local, remote, Options{Counters: &counters})

				var sent, got [2][]byte
				var work errgroup.Group
				for i, way := range []struct {
					from, to peer
					size     int64
				}{{tool, backend, size.toRemote}, {backend, tool, size.toLocal}} {
					work.Go(func() (err error) { sent[i], err = sendRandom(way.from, way.size); return err })
					work.Go(func() error {
						hash := sha256.New()
						_, err := io.Copy(hash, struct{ io.Reader }{way.to})
						got[i] = hash.Sum(nil)
						return err
					})
				}
				if err := work.Wait(); err != nil {
					t.Fatal(err)
				}
				end := <-done
				if end.err != nil {
					t.Fatalf("run: %v", end.err)
				}
				if !bytes.Equal(sent[0], got[0]) || !bytes.Equal(sent[1], got[1]) {
					t.Error("what arrived is not what was sent")
				}
				want := Result{Direction{uint64(size.toRemote), Ordered}, Direction{uint64(size.toLocal), Ordered}}
				if end.Result != want {
					t.Errorf("result %+v, want %+v", end.Result, want)
				}
				if a, b := counters.ToRemote.Load(), counters.ToLocal.Load(); a != want.ToRemote.Bytes || b != want.ToLocal.Bytes {
					t.Errorf("counters %d and %d, want %d and %d", a, b, want.ToRemote.Bytes, want.ToLocal.Bytes)
				}
			})
		}
	}
}

func TestDirectionThatEndsLeavesTheOtherOpen(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			local, tool := kind.local(t)
			remote, backend := kind.remote(t)
			done := start(t.Context(), local, remote, Options{})

			send(t, tool, "question")
			if err := tool.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(backend); err != nil || string(got) != "question" {
				t.Fatalf("backend read %q, %v", got, err)
			}
			for range 3 { // the other way still works, in several turns
				send(t, backend, "answer")
				expect(t, tool, "answer")
			}
			if err := backend.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(tool); err != nil || len(got) != 0 {
				t.Fatalf("tool read %q, %v; want the end", got, err)
			}
			if end := <-done; end.err != nil || end.ToLocal.Ending != Ordered || end.ToRemote.Ending != Ordered {
				t.Errorf("ended %+v", end)
			}
		})
	}
}

func TestMessagesCrossAtOnce(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			local, tool := kind.local(t)
			remote, backend := kind.remote(t)
			done := start(t.Context(), local, remote, Options{})
			message := string(bytes.Repeat([]byte("m"), 100))
			for range 200 { // nothing follows a message until it has crossed: one held back would stop the test
				send(t, tool, message)
				expect(t, backend, message)
				send(t, backend, message)
				expect(t, tool, message)
			}
			tool.CloseWrite()
			backend.CloseWrite()
			if end := <-done; end.err != nil {
				t.Error(end.err)
			}
		})
	}
}

func TestResetReachesTheOtherSide(t *testing.T) {
	for _, kind := range kinds {
		for _, from := range []string{"tool", "backend"} {
			t.Run(kind.name+", by the "+from, func(t *testing.T) {
				local, tool := kind.local(t)
				remote, backend := kind.remote(t)
				done := start(t.Context(), local, remote, Options{})
				breaker, other := tool, backend
				if from == "backend" {
					breaker, other = backend, tool
				}
				send(t, breaker, "begun")
				expect(t, other, "begun")
				reset(t, breaker)
				if _, err := io.ReadAll(other); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the other side read %v, want a reset", err)
				}
				end := <-done
				if !errors.Is(end.err, ErrReset) || end.ToLocal.Ending != Reset || end.ToRemote.Ending != Reset {
					t.Errorf("ended %+v", end)
				}
			})
		}
	}
}

func TestTruncatedStreamResetsTheOtherSide(t *testing.T) {
	for _, kind := range []struct {
		name string
		end  func(testing.TB) (End, peer)
	}{{"memory", memoryKind(4096, 1024)}, {"TCP", tcpKind}} {
		t.Run("to "+kind.name, func(t *testing.T) {
			local, tool := kind.end(t)
			remote, channel := memoryPair(4096, 1024)
			done := start(t.Context(), local, remote, Options{})
			send(t, channel, "half a fi")
			expect(t, tool, "half a fi")
			channel.cut()
			if got, err := io.ReadAll(tool); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("tool read %q, %v; want a reset", got, err)
			}
			end := <-done
			if !errors.Is(end.err, ErrTruncated) || !errors.Is(end.err, io.ErrUnexpectedEOF) {
				t.Errorf("run: %v, want ErrTruncated", end.err)
			}
			if end.ToLocal != (Direction{9, Truncated}) || end.ToRemote.Ending != Reset {
				t.Errorf("ended %+v", end.Result)
			}
		})
	}
}

func TestTruncatedAfterTheOtherDirectionEnded(t *testing.T) {
	local, tool := tcpEnd(t)
	remote, channel := memoryPair(4096, 1024)
	done := start(t.Context(), local, remote, Options{})
	if err := tool.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(channel); err != nil || len(got) != 0 {
		t.Fatalf("channel read %q, %v", got, err)
	}
	channel.cut()
	if _, err := io.ReadAll(tool); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("tool read %v, want a reset", err)
	}
	if end := <-done; end.ToRemote.Ending != Ordered || end.ToLocal.Ending != Truncated {
		t.Errorf("ended %+v", end.Result)
	}
}

func TestCancelResetsBothSides(t *testing.T) {
	why := errors.New("cut by an administrator")
	for _, kind := range kinds {
		for _, state := range []string{"idle", "blocked in a send"} {
			t.Run(kind.name+", "+state, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				local, tool := kind.local(t)
				remote, backend := kind.remote(t)
				done := start(ctx, local, remote, Options{})
				send(t, tool, "begun")
				expect(t, backend, "begun")
				seen := make(chan error, 2)
				watch := func(p peer) {
					_, err := io.Copy(io.Discard, struct{ io.Reader }{p})
					seen <- err
				}
				if state == "idle" {
					go watch(tool)
				} else {
					go func() { // nobody reads: the flow stands still with full buffers until it is cut
						for {
							if _, err := tool.Write(make([]byte, 1<<20)); err != nil {
								seen <- err
								return
							}
						}
					}()
				}
				cancel(why)
				end := <-done
				go watch(backend)
				if !errors.Is(end.err, ErrCancelled) || !errors.Is(end.err, why) {
					t.Errorf("run: %v, want ErrCancelled and its cause", end.err)
				}
				for range 2 {
					if err := <-seen; !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
						t.Errorf("a side saw %v, want a reset", err)
					}
				}
			})
		}
	}
}

func TestSlowReaderGetsEverything(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			local, tool := kind.local(t)
			remote, backend := kind.remote(t)
			if conn, ok := backend.(*net.TCPConn); ok {
				if err := conn.SetReadBuffer(64 << 10); err != nil {
					t.Fatal(err)
				}
			}
			done := start(t.Context(), local, remote, Options{})
			const size = 3 << 20
			var sum []byte
			var work errgroup.Group
			work.Go(func() (err error) { sum, err = sendRandom(tool, size); return err })
			hash := sha256.New()
			if _, err := io.CopyBuffer(struct{ io.Writer }{hash}, struct{ io.Reader }{backend}, make([]byte, 1500)); err != nil {
				t.Fatal(err)
			}
			if err := work.Wait(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(sum, hash.Sum(nil)) {
				t.Error("what arrived is not what was sent")
			}
			backend.CloseWrite()
			if end := <-done; end.err != nil || end.ToRemote.Bytes != size {
				t.Errorf("ended %+v", end)
			}
		})
	}
}

func send(t testing.TB, p peer, text string) {
	t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, p peer, text string) {
	t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(p, got); err != nil || string(got) != text {
		t.Fatalf("read %q, %v; want %q", got, err, text)
	}
}
