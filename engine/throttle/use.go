package throttle

// Use is what a sending end made of its limit.
type Use struct {
	BytesPerSecond uint64
	// HeldBack tells that it would have sent more: it gets as large a share as the caps allow.
	HeldBack bool
}

const (
	// A session that used this part of its limit was held back by it.
	saturated = 0.9
	// Who is not held back keeps this part of what it uses more, to grow into, and at least this part of an equal share, to
	// begin with.
	growth      = 8
	idleDivisor = 64
)

// Used says what a sending end could use that moved some bytes per second under a limit, and some flow of which waits for the
// limit now, or not.
func Used(bytesPerSecond, limit uint64, waiting bool) Use {
	full := limit != Unlimited && float64(bytesPerSecond) >= saturated*float64(limit)
	return Use{bytesPerSecond, full || waiting}
}

// demand is how large a share the end is given where there is room; equal is an equal part of the lowest cap.
func (u Use) demand(equal uint64) uint64 {
	if u.HeldBack {
		return Unlimited
	}
	return max(add(u.BytesPerSecond, u.BytesPerSecond/growth), equal/idleDivisor, 1)
}

// add is a sum that stays at the top instead of wrapping round.
func add(a, b uint64) uint64 {
	if a > Unlimited-b {
		return Unlimited
	}
	return a + b
}

// less is a difference that stays at zero.
func less(a, b uint64) uint64 { return a - min(a, b) }
