package admission

import "time"

// Bounds limit what connections that have proved nothing can take from a machine.
type Bounds struct {
	// HelloWait is how long a connection may take for its ClientHello, and HandshakeWait for the rest up to open.
	HelloWait     time.Duration
	HandshakeWait time.Duration
	// Waiting is how many connections may wait for a handshake slot at once, silent ones included, and WaitingPerAddress how many
	// of one address. The oldest one that has not sent its ClientHello gives way to a new one: a good peer sends it at once.
	Waiting           int
	WaitingPerAddress int
	// WaitingPerSession is how many that named one session may wait for a slot. Somebody who saw its id on the wire must not
	// fill the queue of all sessions.
	WaitingPerSession int
	// Handshakes is how many handshakes run at once: the slots. The other two bound those of one session and of one address.
	// One address gets at most three quarters of what one session may have, of slots and of the queue: somebody who saw the
	// session's id cannot keep its source out.
	Handshakes           int
	HandshakesPerSession int
	HandshakesPerAddress int
}

// HandshakeWait is how long a handshake may take, the wait for its slot and for open included.
const HandshakeWait = 10 * time.Second

// DefaultBounds are those of the protocol.
func DefaultBounds() Bounds {
	return Bounds{
		HelloWait:            2 * time.Second,
		HandshakeWait:        HandshakeWait,
		Waiting:              2048,
		WaitingPerAddress:    256,
		WaitingPerSession:    256,
		Handshakes:           256,
		HandshakesPerSession: 8,
		HandshakesPerAddress: 32,
	}
}

func (b Bounds) withDefaults() Bounds {
	d := DefaultBounds()
	for _, field := range []struct{ value, standard *int }{
		{&b.Waiting, &d.Waiting},
		{&b.WaitingPerAddress, &d.WaitingPerAddress},
		{&b.WaitingPerSession, &d.WaitingPerSession},
		{&b.Handshakes, &d.Handshakes},
		{&b.HandshakesPerSession, &d.HandshakesPerSession},
		{&b.HandshakesPerAddress, &d.HandshakesPerAddress},
	} {
		if *field.value <= 0 {
			*field.value = *field.standard
		}
	}
	if b.HelloWait <= 0 {
		b.HelloWait = d.HelloWait
	}
	if b.HandshakeWait <= 0 {
		b.HandshakeWait = d.HandshakeWait
	}
	return b
}
