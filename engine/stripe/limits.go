package stripe

import (
	"fmt"
	"time"
)

const (
	// A window is how many bytes of a direction may be on their way: sent, and not yet acknowledged as handed on. The receiver says how
	// large it is, from firstWindow on.
	firstWindow   = 128 << 10
	maximumWindow = 64 << 20
	// MaximumStreams is how many streams a flow may have at once.
	MaximumStreams = 100
	// MaximumSegment is the most bytes of a flow in one record. With its offset it fills a buffer of 256 KiB.
	MaximumSegment = 256<<10 - offsetSize
	// maximumPieces is how many records of a direction may be unacknowledged, and so how many pieces a receiver holds.
	maximumPieces = 1024
	// maximumLength is the most bytes that a flow may carry in one direction.
	maximumLength = 1 << 63

	// offsetSize is the length of an offset, before the bytes of a data record and in ack and end.
	offsetSize = 8
	// ackSize is that of an acknowledgement: an offset, the window in 4 bytes, and whether the reader waits for more.
	ackSize = offsetSize + 5

	// An ack is sent for so many bytes or a quarter of the window, for fewer where the reader waits, and for any after so long.
	ackBytes        = 1 << 20
	ackBytesWaiting = 8 << 10
	ackDelay        = 50 * time.Millisecond

	// leastUnsent is how much of what one stream sends may wait in the system at least, where it takes the longest records.
	leastUnsent = 128 << 10
	// leastTurn is the shortest record that a stream of several is given, where there is more to send.
	leastTurn = 4 << 10
)

// ErrProtocol is wrapped by the failure of a flow whose peer sent what the protocol does not allow.
var ErrProtocol = fmt.Errorf("the peer breaks the protocol of streams")

func violation(format string, arguments ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, arguments...))
}
