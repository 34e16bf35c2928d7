package channel

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/network"
)

// A number is used up by an open that is authentic, even where nothing comes of it.
func TestFlowNumberIsUsedOnceItsOpenIsAuthentic(t *testing.T) {
	good, err := openOf(7).marshal()
	if err != nil {
		t.Fatal(err)
	}
	badStreams := slices.Clone(good)
	binary.BigEndian.PutUint16(badStreams[8:], 1)
	for name, request := range map[string][]byte{
		"unknown extension":       append(slices.Clone(good), 0x77, 0x77, 0, 0),
		"extension is cut short":  append(slices.Clone(good), 0, 1, 0, 16, 1),
		"stream is not in bounds": badStreams,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, nil)
			s := serve(t, Server{Lookup: p.lookup})
			defer s.stop()
			ask := func(request []byte) error {
				proven, err := Handshake(context.Background(), s.dial(t), p.source)
				if err != nil {
					t.Fatal(err)
				}
				defer proven.Close()
				if err := proven.conn.send(typeOpen, request); err != nil {
					t.Fatal(err)
				}
				kind, answer, err := proven.conn.receiveOne(nil, typeOpened, typeRefused)
				if err != nil {
					return err
				}
				if kind == typeOpened {
					return nil
				}
				refused, err := parseRefused(answer)
				if err != nil {
					return err
				}
				return refused
			}
			if err := ask(request); err == nil {
				t.Fatal("it was accepted")
			}
			var refused *RefusedError
			if err := ask(good); !errors.As(err, &refused) || refused.Reason != ReasonFlowUsed {
				t.Errorf("the number again: %v", err)
			}
		})
	}
}

// The header decides, not the 12 bytes of the nonce: a peer that sends no more than it must not keep the channel waiting.
func TestTypePlaceAndLengthAreJudgedAtFourBytes(t *testing.T) {
	headers := map[string][]byte{
		"an unknown type":          {0x47, 0, 0, 0},
		"a type of the opening":    {byte(typeOpened), 0, 0, 0},
		"data of no bytes":         {byte(typeData), 0, 0, 0},
		"data of too many bytes":   {byte(typeData), 0x10, 0, 1},
		"an end that carries data": {byte(typeEnd), 0, 0, 1},
	}
	for name, header := range headers {
		t.Run("in a flow, "+name, func(t *testing.T) {
			src, dst := connect(t, newPair(t, nil))
			if _, err := src.conn.Write(header); err != nil {
				t.Fatal(err)
			}
			dst.conn.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := dst.Read(make([]byte, 10)); !errors.Is(err, ErrRecord) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("in the opening, "+name, func(t *testing.T) {
			p := newPair(t, nil)
			s := serve(t, Server{Lookup: p.lookup})
			defer s.stop()
			proven, err := Handshake(context.Background(), s.dial(t), p.source)
			if err != nil {
				t.Fatal(err)
			}
			defer proven.Close()
			if _, err := proven.conn.conn.Write(header); err != nil {
				t.Fatal(err)
			}
			if why := <-s.refused; !errors.Is(why, ErrRecord) {
				t.Errorf("got %v", why)
			}
		})
	}
}

func TestWhatFollowsTheEndFailsTheChannel(t *testing.T) {
	for name, together := range map[string]bool{"with it": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			src, dst := connect(t, newPair(t, nil))
			end, err := src.out.sealer.seal(make([]byte, overhead), typeEnd, nil)
			if err != nil {
				t.Fatal(err)
			}
			if together {
				end = append(end, byte(typePing))
			}
			if _, err := src.conn.Write(end); err != nil {
				t.Fatal(err)
			}
			_, err = dst.Read(make([]byte, 10))
			if !together {
				if err != io.EOF {
					t.Fatalf("read %v", err)
				}
				if _, err := src.conn.Write([]byte{byte(typePing)}); err != nil {
					t.Fatal(err)
				}
				err = dst.Watch()
			}
			if !errors.Is(err, ErrRecord) {
				t.Errorf("got %v", err)
			}
			if err := dst.CloseWrite(); err == nil {
				t.Error("the channel goes on")
			}
		})
	}
}

// The peer ended its direction and is gone: nobody reads any more, and this end has nothing to send.
func TestLossAfterTheEndIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(src, dst *Conn) error
		want error
	}{
		"it resets": {func(src, _ *Conn) error { src.Reset(); return nil }, ErrTruncated},
		"it closes before this end has ended": {func(src, _ *Conn) error {
			network.SetOrderly(src.conn)
			return src.conn.Close()
		}, ErrTruncated},
		"it closes after both have ended": {func(src, dst *Conn) error {
			if err := dst.CloseWrite(); err != nil {
				return err
			}
			if _, err := src.Read(make([]byte, 1)); err != io.EOF {
				return err
			}
			return src.Close()
		}, nil},
		"the flow is over": {func(_, dst *Conn) error { dst.Unwatch(); return nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			src, dst := connect(t, newPair(t, nil))
			if err := src.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if _, err := dst.Read(make([]byte, 1)); err != io.EOF {
				t.Fatal(err)
			}
			watched := make(chan error, 1)
			go func() { watched <- dst.Watch() }()
			if err := c.lose(src, dst); err != nil {
				t.Fatal(err)
			}
			if err := <-watched; !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// Bytes that come between the end of the watch and the answer would pass for the flow's first ones in plain mode.
func TestWhatArrivesJustBeforeTheAnswerFailsTheChannel(t *testing.T) {
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		p := newPair(t, func(p *pair) { p.setTerms(func(terms *Terms) { terms.Mode = mode }) })
		s := serve(t, Server{Lookup: p.lookup})
		proven, err := Handshake(context.Background(), s.dial(t), p.source)
		if err != nil {
			t.Fatal(err)
		}
		request, err := openOf(1).marshal()
		if err != nil {
			t.Fatal(err)
		}
		if err := proven.conn.send(typeOpen, request); err != nil {
			t.Fatal(err)
		}
		in := <-s.incoming
		_ = in.conn.conn.SetReadDeadline(time.Unix(1, 0)) // as the answer does first
		in.watching.Wait()
		if _, err := proven.conn.conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		for !network.Readable(in.conn.conn) {
		}
		if _, err := in.Accept(); !errors.Is(err, ErrRecord) {
			t.Errorf("%v: accepted with %v", mode, err)
		}
		proven.Close()
		s.stop()
	}
}
