package stripe

import (
	"bytes"
	"slices"
)

// piece is a part of a flow that has arrived and was not read yet.
type piece struct {
	offset uint64
	bytes  []byte // in buffer
	buffer buffer
	charge int // what counts for it until it was read to its end
}

func (p *piece) end() uint64 { return p.offset + uint64(len(p.bytes)) }

// incoming is what one end receives of a flow: the pieces beyond what was read, in order and without overlaps. It waits for nothing and
// has no lock.
type incoming struct {
	read    uint64 // all before was given to the reader
	handed  uint64 // all before was passed on by the reader
	acked   uint64 // what the peer was told last
	window  uint64 // how much beyond that it may send, as it was told
	highest uint64 // end of the furthest byte that has arrived
	length  uint64 // of the whole, once the peer has ended it
	ended   bool

	pieces  []piece
	charged uint64 // bytes held, and of records that are being received
}

// charge takes n bytes for a record that is about to be received; false where they do not fit. Honest peers have no more than the
// window on their way, so that only what is sent a second time can fail to fit, and only for a while.
func (i *incoming) charge(n int) bool {
	if i.charged+uint64(n) > i.window {
		return false
	}
	i.charged += uint64(n)
	return true
}

func (i *incoming) uncharge(n int) { i.charged -= uint64(n) }

// add takes a record's bytes, which were charged and are the end of b. It owns b from now on.
func (i *incoming) add(offset uint64, data []byte, b buffer) error {
	size, end := len(data), offset+uint64(len(data))
	keep, err := i.place(offset, data)
	if err != nil || len(keep) == 0 {
		i.uncharge(size)
		b.give()
		return err
	}
	whole := len(keep) == 1 && len(keep[0].bytes) == size
	if whole {
		keep[0].buffer, keep[0].charge = b, size
	} else { // what is held is no larger than what counts for it
		for k := range keep {
			part := takeBuffer(len(keep[k].bytes))
			copy(part.bytes, keep[k].bytes)
			keep[k] = piece{keep[k].offset, part.bytes, part, len(part.bytes)}
			size -= len(part.bytes)
		}
		i.uncharge(size)
		b.give()
	}
	for _, p := range keep {
		at, _ := slices.BinarySearchFunc(i.pieces, p.offset, func(held piece, offset uint64) int {
			if held.offset < offset {
				return -1
			}
			return 1
		})
		i.pieces = slices.Insert(i.pieces, at, p)
	}
	i.highest = max(i.highest, end)
	return nil
}

// place checks a record against what may be sent and gives the parts of it that are new. Of a byte that is held or was read the first
// copy counts; a held one must be the same.
func (i *incoming) place(offset uint64, data []byte) ([]piece, error) {
	if offset > maximumLength || uint64(len(data)) > maximumLength-offset {
		return nil, violation("a byte beyond 2^63")
	}
	end := offset + uint64(len(data))
	switch {
	case end > i.acked+i.window:
		return nil, violation("bytes up to %d, beyond the window's end at %d", end, i.acked+i.window)
	case i.ended && end > i.length:
		return nil, violation("bytes up to %d of a flow that ends at %d", end, i.length)
	}
	var fresh []piece
	add := func(from, to uint64) {
		if from < to {
			fresh = append(fresh, piece{offset: from, bytes: data[from-offset : to-offset]})
		}
	}
	next := max(offset, i.read)
	for _, held := range i.pieces {
		if held.end() <= next {
			continue
		}
		if held.offset >= end || next >= end {
			break
		}
		add(next, min(held.offset, end))
		from, to := max(held.offset, next), min(held.end(), end)
		if from < to && !bytes.Equal(held.bytes[from-held.offset:to-held.offset], data[from-offset:to-offset]) {
			return nil, violation("the bytes at %d came twice, and differ", from)
		}
		next = max(next, to)
	}
	add(next, end)
	if len(i.pieces)+len(fresh) > maximumPieces {
		return nil, violation("more than %d pieces wait for one that is missing", maximumPieces)
	}
	return fresh, nil
}

// finish takes the peer's word on the flow's length.
func (i *incoming) finish(length uint64) error {
	switch {
	case i.ended && length != i.length:
		return violation("it ends the flow at %d and at %d", i.length, length)
	case length > maximumLength:
		return violation("a flow of %d bytes", length)
	case length < i.highest:
		return violation("it ends the flow at %d, and has sent bytes up to %d", length, i.highest)
	}
	i.ended, i.length = true, length
	return nil
}

// readable tells whether the next byte is here, or the end.
func (i *incoming) readable() bool {
	return len(i.pieces) > 0 && i.pieces[0].offset == i.read || i.complete()
}

// complete tells whether all was read.
func (i *incoming) complete() bool { return i.ended && i.read == i.length }

// copyTo gives the next bytes, as far as they are here.
func (i *incoming) copyTo(p []byte) (n int) {
	for n < len(p) && len(i.pieces) > 0 && i.pieces[0].offset == i.read {
		first := &i.pieces[0]
		moved := copy(p[n:], first.bytes)
		n += moved
		i.read += uint64(moved)
		if moved == len(first.bytes) {
			i.uncharge(first.charge)
			first.buffer.give()
			i.pieces[0] = piece{}
			i.pieces = i.pieces[1:]
			continue
		}
		first.offset += uint64(moved)
		first.bytes = first.bytes[moved:]
	}
	return n
}

// drop frees what was not read.
func (i *incoming) drop() {
	for k := range i.pieces {
		i.uncharge(i.pieces[k].charge)
		i.pieces[k].buffer.give()
	}
	i.pieces = nil
}
