package page

import (
	"context"

	"lockwire/engine"
)

// OtherBroker is a broker elsewhere in which this user is enrolled as an administrator.
type OtherBroker struct {
	Installation engine.ID
	Address      string // HOST:PORT
	Name         string // the administrator's, there
}

// OtherBrokers opens windows on brokers elsewhere, beside this one.
type OtherBrokers struct {
	// Known lists those in which this user is enrolled.
	Known func() ([]OtherBroker, error)
	// Enrol makes this user an administrator with a token, and says of which installation.
	Enrol func(ctx context.Context, token string) (engine.ID, error)
	// Open opens a window on the broker of an installation.
	Open func(installation engine.ID) error
}
