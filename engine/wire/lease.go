package wire

import (
	"fmt"
	"math"
)

const (
	// NoLimit stands, outside of messages, for a lease without a limit.
	NoLimit = math.MaxUint64
	// maximumLeaseNumber leaves room above any number that a component may claim to have been told.
	maximumLeaseNumber = 1 << 62
	// AllotmentsAtOnce keeps a message of allotments below the size that the wire allows.
	AllotmentsAtOnce = 2000
)

// NewLease makes a lease; limit is in bytes per second, or NoLimit.
func NewLease(number, limit uint64) *Lease {
	lease := &Lease{Number: number}
	if limit != NoLimit {
		lease.Limit = &limit
	}
	return lease
}

// Terms gives the number and the limit of a lease. One that is absent has no number and no limit.
func (l *Lease) Terms() (number, limit uint64, err error) {
	if l.GetNumber() > maximumLeaseNumber {
		return 0, 0, fmt.Errorf("%w: a lease with the number %d", ErrMalformed, l.GetNumber())
	}
	if l == nil || l.Limit == nil {
		return l.GetNumber(), NoLimit, nil
	}
	return l.GetNumber(), l.GetLimit(), nil
}
