package stripe

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine/channel"
)

// hostile is a peer that sends what it likes over the first stream.
type hostile struct {
	t    *testing.T
	raw  Channel // its end
	flow *Flow   // the other one's
	// settle returns when the flow has taken all that was sent, and another opens another stream.
	settle  func()
	another func() (raw, own Channel)
}

// begin makes the flow that is attacked.
func (c *hostility) begin(t *testing.T, raw, own Channel) *hostile {
	o := Options{Most: 3}
	if c.source {
		o.Open = func(context.Context, uint16) (Channel, error) { return nil, io.EOF }
	}
	h := &hostile{t: t, raw: raw, flow: New(own, o)}
	go h.discard()
	return h
}

func (h *hostile) send(kind channel.Kind, number uint64, data ...byte) {
	h.t.Helper()
	plaintext := []byte(nil)
	if kind != channel.KindMore {
		plaintext = append(binary.BigEndian.AppendUint64(nil, number), data...)
	}
	if kind == channel.KindAck && len(data) == 0 {
		plaintext = append(binary.BigEndian.AppendUint32(plaintext, firstWindow), 1)
	}
	if err := h.raw.SendRecord(kind, plaintext); err != nil {
		h.t.Log("the flow is over: ", err)
	}
}

func (h *hostile) data(offset uint64, text string) { h.send(channel.KindData, offset, []byte(text)...) }

// discard takes what the flow sends.
func (h *hostile) discard() {
	for into := make([]byte, largeBuffer); ; {
		_, n, err := h.raw.NextRecord()
		if err != nil {
			return
		}
		if _, err := h.raw.TakeRecord(into[:n]); err != nil {
			return
		}
	}
}

// hostility is one thing that a hostile peer does.
type hostility struct {
	do     func(h *hostile)
	source bool  // the flow is the source
	want   error // of the flow
	stuck  bool  // not all that is sent is received, for a while
}

// hostilities are all of them, by name.
func hostilities() map[string]hostility {
	big := string(make([]byte, firstWindow/4))
	return map[string]hostility{
		"an overlap with the same bytes":          {do: func(h *hostile) { h.data(10, "abcdef"); h.data(8, "..abcdefgh"); h.data(0, "01234567..ab") }},
		"an overlap with other bytes":             {do: func(h *hostile) { h.data(10, "abcdef"); h.data(12, "cDe") }, want: ErrProtocol},
		"other bytes for what was read":           {do: func(h *hostile) { h.data(0, "abc"); h.flow.Read(make([]byte, 3)); h.data(0, "XYZd") }},
		"as many pieces as are allowed":           {do: func(h *hostile) { h.pieces(maximumPieces) }},
		"a piece more":                            {do: func(h *hostile) { h.pieces(maximumPieces + 1) }, want: ErrProtocol},
		"up to the window's end":                  {do: func(h *hostile) { h.data(firstWindow-3, "abc") }},
		"beyond the window":                       {do: func(h *hostile) { h.data(firstWindow-2, "abc") }, want: ErrProtocol},
		"far beyond":                              {do: func(h *hostile) { h.data(1<<63-1, "a") }, want: ErrProtocol},
		"past 2^63":                               {do: func(h *hostile) { h.data(1<<63, "a") }, want: ErrProtocol},
		"past 2^64":                               {do: func(h *hostile) { h.data(1<<64-1, "abc") }, want: ErrProtocol},
		"a window that is filled twice":           {do: func(h *hostile) { h.fill(big); h.fill(big) }, stuck: true},
		"two lengths":                             {do: func(h *hostile) { h.send(channel.KindEnd, 5); h.other().send(channel.KindEnd, 6) }, want: ErrProtocol},
		"the same length twice over a stream":     {do: func(h *hostile) { h.send(channel.KindEnd, 5); h.send(channel.KindEnd, 5) }, want: ErrProtocol},
		"a length below what was sent":            {do: func(h *hostile) { h.data(10, "abc"); h.send(channel.KindEnd, 12) }, want: ErrProtocol},
		"a length past 2^63":                      {do: func(h *hostile) { h.send(channel.KindEnd, 1<<63+1) }, want: ErrProtocol},
		"data beyond the length":                  {do: func(h *hostile) { h.send(channel.KindEnd, 2); h.data(0, "abc") }, want: ErrProtocol},
		"data again, after the end":               {do: func(h *hostile) { h.data(0, "abc"); h.send(channel.KindEnd, 3); h.data(0, "abc") }},
		"an acknowledgement of what was not sent": {do: func(h *hostile) { h.send(channel.KindAck, 1) }, want: ErrProtocol},
		"a reader in a third state":               {do: func(h *hostile) { h.send(channel.KindAck, 0, 0, 2, 0, 0, 2) }, want: ErrProtocol},
		"a larger window, and a smaller one":      {do: func(h *hostile) { h.send(channel.KindAck, 0, 0, 4, 0, 0, 1); h.send(channel.KindAck, 0, 0, 3, 0, 0, 1) }, want: ErrProtocol},
		"the largest window":                      {do: func(h *hostile) { h.send(channel.KindAck, 0, 4, 0, 0, 0, 1) }},
		"a window beyond that":                    {do: func(h *hostile) { h.send(channel.KindAck, 0, 4, 0, 0, 1, 1) }, want: ErrProtocol},
		"a window below the first":                {do: func(h *hostile) { h.send(channel.KindAck, 0, 0, 1, 0, 0, 1) }, want: ErrProtocol},
		"a smaller acknowledgement": {do: func(h *hostile) {
			h.flow.Commit(copy(h.flow.Buffer(), "abc"))
			h.settle()
			h.send(channel.KindAck, 3)
			h.send(channel.KindAck, 2)
		}, want: ErrProtocol},
		"one acknowledgement without end": {do: func(h *hostile) {
			for range maximumIdleRecords + 1 {
				h.send(channel.KindAck, 0)
			}
		}, want: ErrProtocol},
		"the source asks for a stream": {do: func(h *hostile) { h.send(channel.KindMore, 0) }, want: ErrProtocol},
		"the target asks for a stream": {do: func(h *hostile) { h.send(channel.KindMore, 0) }, source: true},
		"the target asks without end": {do: func(h *hostile) {
			for range maximumIdleRecords + 1 {
				h.send(channel.KindMore, 0)
			}
		}, source: true, want: ErrProtocol},
	}
}

func TestStreamHostile(t *testing.T) {
	for name, c := range hostilities() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				raw, own := newFakes()
				raw.out.capacity = 1 << 30
				h := c.begin(t, raw, own)
				defer h.flow.Wait()
				defer h.flow.Reset()
				h.settle = synctest.Wait
				h.another = func() (Channel, Channel) { return newFakes() }
				c.do(h)
				h.settle()
				if err := h.flow.Err(); c.want == nil && err != nil || !errors.Is(err, c.want) {
					t.Errorf("the flow: %v, want %v", err, c.want)
				}
				h.bounded()
			})
		})
	}
}

// pieces leaves out every second byte.
func (h *hostile) pieces(count int) {
	for n := range uint64(count) {
		h.data(1+2*n, "x")
	}
}

// fill sends all of the window but its first byte, in the largest records.
func (h *hostile) fill(big string) {
	for at := uint64(1); at < firstWindow; at += uint64(len(big)) {
		h.data(at, big[:min(uint64(len(big)), firstWindow-at)])
	}
}

// other is the same peer, over another stream.
func (h *hostile) other() *hostile {
	h.settle()
	raw, own := h.another()
	if _, err := h.flow.Admit(1, func() (Channel, error) { return own, nil }); err != nil {
		h.t.Fatal(err)
	}
	next := &hostile{t: h.t, raw: raw, flow: h.flow}
	go next.discard()
	return next
}

func (h *hostile) bounded() {
	h.t.Helper()
	h.flow.mu.Lock()
	defer h.flow.mu.Unlock()
	in := &h.flow.in
	held := 0
	for _, p := range in.pieces {
		held += cap(p.buffer.bytes)
	}
	if in.charged > firstWindow || len(in.pieces) > maximumPieces || held > 2*firstWindow {
		h.t.Errorf("%d bytes are charged, %d pieces hold %d", in.charged, len(in.pieces), held)
	}
}

// A hundred streams begin the largest record each and never send the rest.
func TestStreamHostileBeginsManyRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var peers []*fakeChannel
		stuck := func() *fakeChannel {
			raw, own := newFakes()
			own.stands = make(chan struct{})
			peers = append(peers, raw)
			return own
		}
		f := New(stuck(), Options{Most: MaximumStreams})
		defer f.Wait()
		defer f.Reset()
		for n := 1; n < MaximumStreams; n++ {
			if _, err := f.Admit(uint16(n), func() (Channel, error) { return stuck(), nil }); err != nil {
				t.Fatal(err)
			}
		}
		refuses := func(number uint16, want error) {
			t.Helper()
			_, err := f.Admit(number, func() (Channel, error) { t.Error("it was accepted"); return nil, io.EOF })
			if !errors.Is(err, want) {
				t.Errorf("stream %d: %v, want %v", number, err, want)
			}
		}
		refuses(MaximumStreams, ErrManyStreams)
		refuses(7, ErrStreamUsed)
		record := make([]byte, offsetSize+firstWindow/4)
		for _, peer := range peers {
			if err := peer.SendRecord(channel.KindData, record); err != nil {
				t.Fatal(err)
			}
		}
		for range MaximumStreams {
			synctest.Wait()
			f.mu.Lock()
			if f.in.charged > firstWindow {
				t.Fatalf("%d bytes are charged", f.in.charged)
			}
			f.mu.Unlock()
			time.Sleep(longestReceiving)
		}
		if err := f.Err(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after all have stood still: %v", err)
		}
	})
}

// TestIncomingPutsTogetherWhateverOrder cuts a flow into pieces that overlap, and brings them in any order.
func TestIncomingPutsTogetherWhateverOrder(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 11))
		data := randomBytes(random, 1+random.IntN(4000))
		type part struct{ from, to int }
		var parts []part
		for at := 0; at < len(data); {
			to := min(len(data), at+1+random.IntN(200))
			parts = append(parts, part{max(0, at-random.IntN(50)), to})
			at = to
		}
		for range random.IntN(20) {
			from := random.IntN(len(data))
			parts = append(parts, part{from, from + random.IntN(len(data)-from) + 0})
		}
		parts = slices.DeleteFunc(parts, func(p part) bool { return p.from == p.to })
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		in := incoming{window: firstWindow}
		var got []byte
		p := make([]byte, 300)
		for _, part := range parts {
			size := part.to - part.from
			if !in.charge(size) {
				t.Fatal("no room")
			}
			b := takeBuffer(offsetSize + size)
			copy(b.bytes[offsetSize:], data[part.from:part.to])
			if err := in.add(uint64(part.from), b.bytes[offsetSize:], b); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for random.IntN(2) == 0 {
				got = append(got, p[:in.copyTo(p[:1+random.IntN(len(p))])]...)
			}
		}
		for n := in.copyTo(p); n > 0; n = in.copyTo(p) {
			got = append(got, p[:n]...)
		}
		if !bytes.Equal(got, data) || in.charged != 0 || len(in.pieces) != 0 {
			t.Fatalf("seed %d: %d of %d bytes, %d charged, %d pieces", seed, len(got), len(data), in.charged, len(in.pieces))
		}
		if err := in.finish(uint64(len(data))); err != nil || !in.complete() {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}
