package names

import (
	"context"
	"errors"
	"net/netip"
)

// Family is the kind of addresses that a question is about.
type Family int

const (
	IPv4 Family = 4
	IPv6 Family = 6
)

func (f Family) String() string {
	if f == IPv6 {
		return "IPv6"
	}
	return "IPv4"
}

// Resolver asks for the addresses of a host. It is safe for concurrent use and ends with the context.
type Resolver interface {
	// Lookup gives the addresses of one family; none where DNS says that there are none. ErrUnknownHost where it knows no such name, and
	// another error where it gave no answer.
	Lookup(ctx context.Context, host string, family Family) ([]netip.Addr, error)
}

// ErrUnknownHost says that DNS knows no such name.
var ErrUnknownHost = errors.New("DNS knows no such name")
