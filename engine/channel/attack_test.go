package channel

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"reflect"
	"sync"
	"testing"

	"lockwire/engine/channel/admission"
)

// smallSizes make records of some hundred bytes, and a rekey within a short transfer.
var smallSizes = Sizes{Plaintext: 300, Interactive: 300, RekeyRecords: 4, RekeyBytes: 1 << 20}

// smallRecords are the plaintexts of a transfer, 64 to 300 bytes each.
func smallRecords(seed byte, sizes ...int) [][]byte {
	var out [][]byte
	for i, n := range sizes {
		out = append(out, bytes.Repeat([]byte{seed + byte(i)}, n))
	}
	return out
}

func newFlow(t testing.TB, change func(*pair)) *flow {
	return &flow{
		p: newPair(t, func(p *pair) {
			p.source.Sizes, p.target.Sizes = smallSizes, smallSizes
			if change != nil {
				change(p)
			}
		}),
		toTarget: smallRecords('a', 64, 300, 171),
		toSource: smallRecords('A', 100, 65),
	}
}

// again is the same flow before it ran.
func (f *flow) again() *flow {
	return &flow{p: f.p, toTarget: f.toTarget, toSource: f.toSource, joins: f.joins, link: f.link}
}

// check finds what must never happen, whatever the attack: a byte that was not sent, an end before the end, a flow that
// nobody asked for.
func (f *flow) check(number uint64) error {
	for _, side := range []struct {
		name string
		got  outcome
		sent [][]byte
	}{{"target", f.atTarget, f.toTarget}, {"source", f.atSource, f.toSource}} {
		sent := bytes.Join(side.sent, nil)
		if !bytes.HasPrefix(sent, side.got.data) {
			return fmt.Errorf("the %s read bytes that were not sent", side.name)
		}
		if side.got.err == io.EOF && len(side.got.data) != len(sent) {
			return fmt.Errorf("the %s took %d bytes for all of %d", side.name, len(side.got.data), len(sent))
		}
	}
	if f.delivered != nil && !reflect.DeepEqual(*f.delivered, openOf(number)) {
		return fmt.Errorf("a flow was opened that nobody asked for: %+v", *f.delivered)
	}
	return nil
}

// whole tells whether everything arrived.
func (f *flow) whole() bool {
	return f.dialled == nil && f.atTarget.err == io.EOF && f.atSource.err == io.EOF
}

// isHandshake tells TLS records from ours in what an end writes at once.
func isHandshake(written []byte) bool { return recordType(written[0]) < firstRecordType }

// flip changes one bit of byte n of what an end writes: of its handshake, or of the record with that index.
type flip struct {
	record int // -1 is the handshake
	n      int
	bit    int

	seen, records int
	done          bool
	unprotected   bool // the byte belongs to the version in a TLS record's header, which TLS does not authenticate
}

func (f *flip) tamper(written []byte) [][]byte {
	inHandshake := isHandshake(written)
	at := f.n
	if inHandshake {
		at -= f.seen
		f.seen += len(written)
	} else {
		f.records++
	}
	if (inHandshake && f.record != -1) || (!inHandshake && f.record != f.records-1) || at < 0 || at >= len(written) {
		return [][]byte{written}
	}
	f.done = true
	if inHandshake {
		for start := 0; start+admission.TLSHeaderSize <= len(written); {
			f.unprotected = f.unprotected || at == start+1 || at == start+2
			start += admission.TLSHeaderSize + int(written[start+3])<<8 + int(written[start+4])
		}
	}
	written[at] ^= 1 << f.bit
	return [][]byte{written}
}

func TestEachByteOfTheHandshakeFlipped(t *testing.T) {
	for _, direction := range []string{"source to target", "target to source"} {
		const workers = 2
		for worker := range workers {
			t.Run(fmt.Sprintf("%s %d", direction, worker), func(t *testing.T) {
				t.Parallel()
				bubble(t, func(t *testing.T) {
					base, flips, survived := newFlow(t, nil), 0, 0
					step := workers
					if raced {
						step *= 23
					}
					for n := worker; ; n += step {
						// Bit 1 of the version in the header of the ClientHello's record turns it into another one that is allowed there.
						attack := &flip{record: -1, n: n, bit: [...]int{n % 8, 1}[n/workers%2]}
						f := base.again()
						if direction == "source to target" {
							f.fromSource = attack.tamper
						} else {
							f.fromDest = attack.tamper
						}
						f.run(t, uint64(n))
						if err := f.check(uint64(n)); err != nil {
							t.Fatalf("byte %d: %v", n, err)
						}
						if !attack.done {
							break // beyond the handshake
						}
						flips++
						if f.delivered != nil && !attack.unprotected {
							t.Errorf("byte %d: the flow was opened all the same", n)
						}
						if attack.unprotected && f.delivered != nil {
							if survived++; !f.whole() {
								t.Errorf("byte %d: opened, but then: %v, %v, %v", n, f.dialled, f.atTarget.err, f.atSource.err)
							}
						}
					}
					t.Logf("%d flips, %d of them in a version that TLS does not look at", flips, survived)
					if least := 1000 / step; flips < least {
						t.Errorf("only %d bytes were flipped; want %d", flips, least)
					}
				})
			})
		}
	}
}

func TestEachByteOfTheFirstThreeRecordsFlipped(t *testing.T) {
	for _, fromSource := range []bool{true, false} {
		for record := range 3 {
			t.Run(fmt.Sprintf("from source %v, record %d", fromSource, record), func(t *testing.T) {
				t.Parallel()
				bubble(t, func(t *testing.T) {
					base, flips := newFlow(t, nil), 0
					step := 1
					if raced {
						step = 17
					}
					for n := 0; ; n += step {
						attack := &flip{record: record, n: n, bit: n % 8}
						f := base.again()
						if fromSource {
							f.fromSource = attack.tamper
						} else {
							f.fromDest = attack.tamper
						}
						f.run(t, uint64(n))
						if err := f.check(uint64(n)); err != nil {
							t.Fatalf("byte %d: %v", n, err)
						}
						if !attack.done {
							break
						}
						flips++
						reader := f.atSource
						if fromSource {
							reader = f.atTarget
						}
						switch {
						case fromSource && record == 0 && f.delivered != nil:
							t.Errorf("byte %d: the flow was delivered before its open was authentic", n)
						case !fromSource && record == 0 && f.dialled == nil:
							t.Errorf("byte %d: the source took a forged answer", n)
						case record > 0 && (reader.err == nil || reader.err == io.EOF):
							t.Errorf("byte %d: the reader noticed nothing", n)
						case record > 0 && len(reader.data) != len(bytes.Join(f.sent(fromSource)[:record-1], nil)):
							t.Errorf("byte %d: %d bytes were handed on", n, len(reader.data))
						}
					}
					if least := overhead / step; flips < least {
						t.Errorf("only %d bytes were flipped", flips)
					}
				})
			})
		}
	}
}

func (f *flow) sent(fromSource bool) [][]byte {
	if fromSource {
		return f.toTarget
	}
	return f.toSource
}

func TestRecordOfAnotherFlowOfTheSessionIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		base := newFlow(t, nil)
		var recorded [][]byte
		first := base.again()
		first.fromSource = func(written []byte) [][]byte {
			if !isHandshake(written) {
				recorded = append(recorded, bytes.Clone(written))
			}
			return [][]byte{written}
		}
		first.run(t, 1)
		if !first.whole() {
			t.Fatalf("the first flow failed: %v", first.dialled)
		}
		for at := range recorded {
			second, seen := base.again(), 0
			second.fromSource = func(written []byte) [][]byte {
				if isHandshake(written) {
					return [][]byte{written}
				}
				defer func() { seen++ }()
				if seen == at {
					return [][]byte{recorded[at]}
				}
				return [][]byte{written}
			}
			second.run(t, uint64(at)+2)
			if err := second.check(uint64(at) + 2); err != nil {
				t.Errorf("record %d: %v", at, err)
			}
			if second.whole() || (at == 0 && second.delivered != nil) {
				t.Errorf("record %d of another flow was taken", at)
			}
		}
	})
}

func TestRecordedFlowReplayed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newFlow(t, nil)
		var recorded [][]byte
		f.fromSource = func(written []byte) [][]byte {
			recorded = append(recorded, bytes.Clone(written))
			return [][]byte{written}
		}
		f.run(t, 1)
		if !f.whole() {
			t.Fatalf("the recorded flow failed: %v", f.dialled)
		}
		attacker, victim := newMemoryPair(nil, nil)
		server := Server{
			Lookup:  f.p.lookup,
			Handle:  func(context.Context, *Incoming) { t.Error("a replayed flow was delivered") },
			Refused: func(_ net.Addr, why error) { f.refused = why },
		}
		var serving sync.WaitGroup
		serving.Go(func() { server.serve(context.Background(), victim, admission.New(admission.DefaultBounds())) })
		for _, written := range recorded {
			if _, err := attacker.Write(written); err != nil {
				break
			}
		}
		serving.Wait()
		if f.refused == nil {
			t.Error("the replay was not noticed")
		}
	})
}
