package channel

import "sync"

// A buffer is room for the plaintext of one record, or for one record on the wire. Buffers are pooled by size and held only
// while they are full or being filled: a channel that waits for its peer holds none.
type buffer struct {
	bytes []byte // class + overhead long
	class int
}

// classes are the plaintext sizes for which there are buffers.
var classes = [...]int{2 << 10, 16 << 10, 64 << 10, 256 << 10, MaximumPlaintext}

// buffers are shared by all channels of the process, as the heap is.
var buffers [len(classes)]sync.Pool

// takeBuffer gives a buffer for at least n bytes of plaintext; n is at most MaximumPlaintext.
func takeBuffer(n int) *buffer {
	for class, size := range classes {
		if n > size {
			continue
		}
		if b, ok := buffers[class].Get().(*buffer); ok {
			return b
		}
		return &buffer{bytes: make([]byte, size+overhead), class: class}
	}
	panic("channel: no record is that long")
}

// give returns the buffer to its pool; nil is allowed.
func (b *buffer) give() {
	if b != nil {
		buffers[b.class].Put(b)
	}
}
