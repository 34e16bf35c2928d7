package stripe

import (
	"math/bits"
	"sync"
)

// largeBuffer holds a record of the most bytes, with its offset.
const largeBuffer = offsetSize + MaximumSegment

// Buffers are pooled by size, in powers of two up to largeBuffer. One of at most half the smallest is made as it is needed. So a
// record never holds more than twice its length.
const (
	smallestShift = 12
	largestShift  = 18
)

var pools [largestShift - smallestShift + 1]sync.Pool

// buffer is memory for one record's plaintext.
type buffer struct {
	bytes []byte
	whole *[]byte // what goes back to the pool; nil where it came from none
	class int
}

// takeBuffer gives a buffer of n bytes, at most largeBuffer.
func takeBuffer(n int) buffer {
	if n <= 1<<(smallestShift-1) {
		return buffer{bytes: make([]byte, n)}
	}
	class := max(bits.Len(uint(n-1)), smallestShift) - smallestShift
	whole, ok := pools[class].Get().(*[]byte)
	if !ok {
		made := make([]byte, 1<<(class+smallestShift))
		whole = &made
	}
	return buffer{(*whole)[:n], whole, class}
}

// give returns the memory. The buffer must not be used any more.
func (b *buffer) give() {
	if b.whole != nil {
		pools[b.class].Put(b.whole)
	}
	*b = buffer{}
}
