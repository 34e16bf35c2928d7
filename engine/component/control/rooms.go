package control

import "lockwire/engine/wire"

// Rooms is what a control stream serves: the sessions, routes and tests of one attachment.
type Rooms interface {
	// Hello adds to a hello the sessions that live and the one-time keys of the new stream. What the broker of the last stream made
	// anybody believe is forgotten.
	Hello(*wire.Hello) error
	// Welcomed takes the broker's answer to a hello, once the stream takes messages.
	Welcomed(*wire.Hello, *wire.Welcome)
	// Take carries out a message. It must not wait for the network. An error ends the stream.
	Take(*Stream, *wire.Down) error
	// Detached is called when a stream is over.
	Detached()
	// Changed is called when the component has attached, or cannot.
	Changed()
}
