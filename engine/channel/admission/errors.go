package admission

import "errors"

var (
	// ErrBusy is the error of a connection that gave way to others, or found too many of them.
	ErrBusy = errors.New("too many connections that have proved nothing yet")
	// ErrClientHello is the error of a connection that did not begin with a usable ClientHello in time.
	ErrClientHello = errors.New("no usable ClientHello")
)
